// One check's view of a ground: opened readers, scans, and servos that are taken away at the end, whatever happens.
import { systemClock } from '@servo-auditor/proto/clock.ts';
import { parseId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Target } from '../act/actor.ts';
import type { Depth } from '../scan/runtime/port.ts';
import {
  scan,
  type ActivityMemory,
  type Inventory,
  type Quarantined,
  type ServoFacts,
} from '../scan/scan.ts';
import type { Ground, HostVerb, Opened, ServoVerb } from './ground.ts';

export interface StageLimits {
  /** How long one reading may take, in milliseconds. */
  readonly maxScanMs: number;
  /** How long anything may take to come true, in milliseconds. */
  readonly patienceMs: number;
  /** How many servos make many. */
  readonly many: number;
}

export const usualLimits: StageLimits = { maxScanMs: 20_000, patienceMs: 20_000, many: 1000 };

/** Says why a check fails. */
export class Unfit extends Error {
  override readonly name = 'Unfit';
}

export function want(holds: boolean, message: () => string): asserts holds {
  if (!holds) throw new Unfit(message());
}

const pollMs = 50;
/** Servos that are made or taken away at the same time. */
const atOnce = 8;

export class Stage {
  readonly ground: Ground;
  readonly limits: StageLimits;
  opened: Opened;
  /** Servos that count as quarantined, as a journal would know them. */
  quarantined: Quarantined[] = [];
  readonly #clock = systemClock(0, 1);
  readonly #uids = new Set<string>();
  readonly #undo: HostVerb[] = [];
  #activity: ActivityMemory = new Map();

  constructor(ground: Ground, limits: StageLimits) {
    this.ground = ground;
    this.limits = limits;
    this.opened = ground.open();
  }

  /** Like an agent that has just started. */
  reopen(): void {
    this.opened.runtime.close?.();
    this.opened = this.ground.open();
    this.#activity = new Map();
  }

  async servo(verb: ServoVerb, uid: string): Promise<void> {
    this.#uids.add(uid);
    await this.ground.servo(verb, uid);
  }

  /** Makes many, some at a time. */
  async make(uids: readonly string[]): Promise<void> {
    for (let i = 0; i < uids.length; i += atOnce)
      await Promise.all(uids.slice(i, i + atOnce).map((uid) => this.servo('make', uid)));
  }

  /** @param undo what puts it right again when the check fails in between. */
  async host(verb: HostVerb, undo?: HostVerb): Promise<void> {
    if (undo !== undefined) this.#undo.push(undo);
    await this.ground.host(verb);
    const mended = this.#undo.indexOf(verb);
    if (mended >= 0) this.#undo.splice(mended, 1);
  }

  async scan(depth: Depth = 'full', maxScanMs = this.limits.maxScanMs): Promise<Inventory> {
    const { store, runtime } = this.opened;
    const inventory = await scan({
      store,
      runtime,
      depth,
      clock: this.#clock,
      quarantined: this.quarantined,
      before: this.#activity,
      limits: { activity: { windowMs: 60_000, quietCpuPermille: 10, quietBytesPerS: 200 }, maxScanMs },
    });
    this.#activity = inventory.activity;
    return inventory;
  }

  /** The one row of a servo in a complete inventory. */
  async one(uid: string, inventory?: Inventory): Promise<ServoFacts> {
    const seen = inventory ?? (await this.scan());
    want(seen.complete, () => `the inventory is incomplete: ${problemsOf(seen)}`);
    const rows = seen.facts.get(uidOf(uid)) ?? [];
    const [row] = rows;
    want(row !== undefined && rows.length === 1, () => `${rows.length} rows of ${uid}, want one`);
    return row;
  }

  async runs(uid: string): Promise<boolean> {
    return (await this.scan()).facts.get(uidOf(uid))?.some((row) => row.object !== undefined) ?? false;
  }

  /** What would be stopped. */
  async target(uid: string): Promise<Target> {
    const { object } = await this.one(uid);
    want(object !== undefined, () => `${uid} does not run`);
    const target = await this.opened.actor.look(object);
    want(target !== undefined, () => `a look at ${uid} found nothing, though it runs`);
    return target;
  }

  async until(what: string, holds: () => Promise<boolean>): Promise<void> {
    const end = performance.now() + this.limits.patienceMs;
    while (!(await holds())) {
      want(performance.now() < end, () => `${what}: not within ${this.limits.patienceMs} ms`);
      await sleep(pollMs);
    }
  }

  /** Resolves with what could not be undone. */
  async close(): Promise<readonly string[]> {
    const failed: string[] = [];
    const note = (error: unknown) => void failed.push(error instanceof Error ? error.message : String(error));
    this.opened.runtime.close?.();
    for (const verb of this.#undo.toReversed()) await this.ground.host(verb).catch(note);
    const uids = [...this.#uids];
    for (let i = 0; i < uids.length; i += atOnce)
      await Promise.all(uids.slice(i, i + atOnce).map((uid) => this.ground.servo('remove', uid).catch(note)));
    return failed;
  }
}

export function uidOf(uid: string): ServoUid {
  return parseId('servo uid', uid);
}

export function problemsOf({ problems }: Inventory): string {
  return problems.map((p) => `${p.code} at ${p.path}: ${p.message}`).join('; ') || 'no problem is named';
}
