// What worlds are made of before anything happens in them: cells, hosts, generations, sources, policy. A few shapes serve all
// seeds, so that what it takes to earn trust is simulated once for each of them.
import { parseId, type CellId, type Generation, type HostId } from '@servo-auditor/proto/ids.ts';
import { defaultPolicy, policyOptions, type Policy } from '../../../coordinator/src/domain/policy.ts';
import type { LocalLimits } from '../../../agent/src/judge/facts.ts';
import { Rng } from '../kernel/rng.ts';

const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;

export interface HostShape {
  readonly id: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  /** Live servos that it begins with. */
  readonly servos: number;
}

export interface Shape {
  readonly number: number;
  readonly cells: readonly CellId[];
  readonly hosts: readonly HostShape[];
  readonly namesHosts: boolean;
  readonly routerHasLookup: boolean;
  readonly policy: Policy;
  readonly limits: LocalLimits;
  readonly activityWindowMs: number;
}

const stores = ['manifest-directory', 'sqlite', 'labels'] as const;
const runtimes = ['process', 'lxc', 'docker', 'containerd'] as const;
const generations = stores.flatMap((store) => runtimes.map((runtime) => `${store}/${runtime}`));

/** Hosts of each shape. Large ones are rare among seeds, since each costs as much as several small ones. */
const sizes = [6, 7, 8, 10, 12, 16, 24, 36, 60] as const;
export const shapeCount = 12;

/** Waits as short as the policy's table allows them: a day of certification is a day, a grace is ten minutes. */
function shortWaits(rng: Rng): Policy {
  const least = (name: keyof Policy): number => policyOptions[name].min;
  return {
    ...defaultPolicy,
    heartbeatIntervalMs: rng.pick([20, 30, 60]) * second,
    roundIntervalMs: rng.pick([5, 8, 10]) * minute,
    graceReleasedMs: least('graceReleasedMs'),
    graceSeenMs: least('graceSeenMs'),
    evidenceSpreadMs: rng.pick([1, 10]) * minute,
    movedClaimMs: least('movedClaimMs'),
    activityWindowMs: least('activityWindowMs'),
    budgetWindowMs: rng.pick([5, 10, 30]) * minute,
    breakerWindowMs: rng.pick([1, 4]) * hour,
    shrinkWindowMs: rng.pick([1, 4]) * hour,
    approvalLivesMs: rng.pick([10, 30, 60]) * minute,
    restoreHoldMs: least('restoreHoldMs'),
    refusedAgainMs: rng.pick([2, 10]) * minute,
    orderLivesMs: 2 * minute,
    certifyProposeMs: least('certifyProposeMs'),
    certifyEnforceMs: least('certifyEnforceMs'),
    evidenceRounds: rng.pick([2, 3, 3, 3]),
    budgetHost: rng.pick([1, 1, 2]),
    budgetGeneration: rng.pick([1, 2, 5]),
    budgetCellCount: rng.pick([2, 10]),
    budgetFleet: rng.pick([3, 50]),
    shrinkClaims: rng.pick([5, 20]),
    maxSnapshotsAtOnce: rng.pick([2, 32]),
  };
}

export function shapeOf(number: number): Shape {
  const rng = new Rng(number, 'shape');
  const size = sizes[number % sizes.length] ?? 6;
  const cells = size >= 8 && rng.chance(0.4) ? ['c1', 'c2'] : ['c1'];
  const own = rng.shuffled(generations).slice(0, rng.int(2, 3));
  const hosts = Array.from({ length: size }, (_, i): HostShape => ({
    id: parseId('host', `h${i + 1}`),
    cell: parseId('cell', cells[i % cells.length]),
    // Every generation is in every cell.
    generation: parseId('generation', own[Math.floor(i / cells.length) % own.length]),
    servos: rng.int(3, 6),
  }));
  return {
    number,
    cells: cells.map((c) => parseId('cell', c)),
    hosts,
    namesHosts: rng.chance(0.8),
    routerHasLookup: rng.chance(0.8),
    policy: shortWaits(rng),
    limits: {
      stops: 1,
      windowMs: rng.pick([2, 10]) * minute,
      longShare: 0.05,
      longWindowMs: rng.pick([30, 60]) * minute,
    },
    activityWindowMs: 5 * minute,
  };
}

/** Which shape a seed's world has: small ones often. */
export function shapeOfSeed(seed: number): number {
  const rng = new Rng(seed, 'which shape');
  const weights = Array.from({ length: shapeCount }, (_, i) => 1 / (sizes[i % sizes.length] ?? 6) ** 1.5);
  let left = rng.share() * weights.reduce((sum, w) => sum + w, 0);
  for (const [i, weight] of weights.entries()) {
    left -= weight;
    if (left < 0) return i;
  }
  return 0;
}
