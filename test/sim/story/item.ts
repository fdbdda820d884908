// What befalls a world, as a list that a seed decides: faults with their time, and what platform and operators do. Everything
// that an item chooses it draws from a stream of its own, so that the list can be made shorter without changing the rest.
import { faults, type Fault } from '../event.ts';
import { Rng } from '../kernel/rng.ts';
import { minute } from '../world/shape.ts';
import { actionNames, actionWeights, type ActionName } from '../actions/names.ts';

export type Item =
  | {
      readonly id: number;
      readonly kind: 'fault';
      readonly fault: Fault;
      readonly fromMs: number;
      readonly toMs: number;
    }
  | { readonly id: number; readonly kind: 'action'; readonly action: ActionName; readonly atMs: number };

export interface Plan {
  /** How long things befall the world, in milliseconds. Then it is left alone. */
  readonly eventfulMs: number;
  readonly items: readonly Item[];
}

/** Where things begin: what was connected is connected again. */
const calmBeforeMs = 12 * minute;

/** Those that wait for a point in a round: one comes while they last. */
const waitsForRound: ReadonlySet<Fault> = new Set(['coordinator-pause']);

/** @param roundMs time between passes: faults last some of them. */
export function planOf(seed: number, roundMs: number): Plan {
  const rng = new Rng(seed, 'plan');
  const rounds = rng.int(9, 20);
  const eventfulMs = calmBeforeMs + rounds * roundMs;
  const items: Item[] = [];
  const any = (leastMs: number): number => rng.int(leastMs, Math.round(eventfulMs - roundMs));
  const kinds = rng.shuffled(faults).slice(0, rng.int(1, 6));
  for (const fault of kinds)
    for (let n = rng.int(1, 3); n > 0; n--) {
      const fromMs = any(calmBeforeMs);
      const lastsMs = rng.share() ** 2 * 6 * roundMs + (waitsForRound.has(fault) ? 1.2 * roundMs : 2000);
      const toMs = Math.min(eventfulMs, Math.round(fromMs + lastsMs));
      items.push({ id: items.length, kind: 'fault', fault, fromMs, toMs });
    }
  // Orphans early, so that there is time to stop them.
  for (let n = rng.int(2, 6); n > 0; n--)
    items.push({
      id: items.length,
      kind: 'action',
      action: 'delete',
      atMs: rng.int(0, Math.round(eventfulMs / 2)),
    });
  for (let n = rng.int(6, 24); n > 0; n--) {
    const action = weighted(rng);
    items.push({ id: items.length, kind: 'action', action, atMs: any(0) });
  }
  return { eventfulMs, items };
}

function weighted(rng: Rng): ActionName {
  const total = actionNames.reduce((sum, name) => sum + actionWeights[name], 0);
  let left = rng.share() * total;
  for (const name of actionNames) {
    left -= actionWeights[name];
    if (left < 0) return name;
  }
  return 'delete';
}
