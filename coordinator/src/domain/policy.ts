// Every number that a decision depends on, in one table: unit, safe bounds, default, and what it means.
// The configuration file, its sample and the help are made from it. DESIGN's numbers in brackets are the defaults;
// the bounds are chosen so that no permitted value turns a gate off.

export interface NumberOption {
  readonly unit: 'ms' | 'count' | 'share' | 'permille';
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly help: string;
}

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const ms = (min: number, max: number, by: number, help: string): NumberOption => ({
  unit: 'ms',
  min,
  max,
  default: by,
  help,
});
const count = (min: number, max: number, by: number, help: string): NumberOption => ({
  unit: 'count',
  min,
  max,
  default: by,
  help,
});
const share = (min: number, max: number, by: number, help: string): NumberOption => ({
  unit: 'share',
  min,
  max,
  default: by,
  help,
});

export const policyOptions = {
  heartbeatIntervalMs: ms(5 * second, 60 * second, 10 * second, 'how often an agent reports'),
  hostFreshIntervals: count(
    2,
    6,
    3,
    'a host is fresh while its last echoed nonce is at most so many intervals old',
  ),
  roundIntervalMs: ms(5 * second, 10 * minute, minute, 'how often the coordinator decides'),
  swapRounds: count(
    1,
    10,
    2,
    'rounds for which a host must have missed an expected servo before it counts as a swap',
  ),
  twoWayMatchShare: share(
    0.8,
    1,
    0.9,
    'share of the servos expected on a host that must be found there (or all but one)',
  ),
  witnessAgeMs: ms(
    10 * second,
    10 * minute,
    2 * minute,
    'age at which an accepted snapshot stops counting, unless reading takes longer',
  ),
  witnessAgeCeilingMs: ms(
    minute,
    30 * minute,
    30 * minute,
    'age above which no snapshot counts, however long it takes to read',
  ),
  witnessReadMs: ms(second, 15 * minute, 5 * minute, 'longest time that one snapshot may take to read'),
  witnessLookupMs: ms(100, 30 * second, 3 * second, 'longest time that a look-up of one uid may take'),
  witnessRows: count(1000, 50_000_000, 5_000_000, 'rows above which a snapshot is refused as endless'),
  shrinkClaims: count(1, 1000, 20, 'claims that may vanish between two accepted snapshots, in total'),
  shrinkShare: share(0.001, 0.2, 0.02, 'or this share of them, whichever is more'),
  shrinkWindowMs: ms(hour, 7 * day, day, 'window in which small steps are summed up'),
  quorumSources: count(2, 8, 2, 'independent sources that must say released; the authority is one of them'),
  evidenceRounds: count(2, 20, 3, 'rounds of evidence that an orphan needs'),
  evidenceSpreadMs: ms(minute, 7 * day, 10 * minute, 'time that the rounds of evidence must span'),
  graceReleasedMs: ms(10 * minute, 30 * day, hour, 'time since the release was first read'),
  graceSeenMs: ms(5 * minute, 30 * day, 15 * minute, 'time since the servo was first seen'),
  movedClaimMs: ms(
    10 * minute,
    7 * day,
    hour,
    'age from which a claim on another host, seen running there, no longer protects this copy',
  ),
  activityWindowMs: ms(5 * minute, day, 15 * minute, 'window over which a servo must have been quiet'),
  approvalLivesMs: ms(5 * minute, day, hour, 'how long an approval lives'),
  fleetQuorumShare: share(0.5, 1, 2 / 3, 'share of a cell’s enrolled hosts that must be fresh'),
  stallMs: ms(
    500,
    30 * second,
    5 * second,
    'a coordinator that stalled or slept for longer decides nothing from what it read before',
  ),
  breakerHostCount: count(1, 20, 3, 'breaker of a host: opens above this count ...'),
  breakerHostShare: share(0.01, 0.5, 0.2, '... or this share of its servos, whichever is more'),
  breakerCohortCount: count(
    1,
    50,
    3,
    'breaker of a generation, a reader version or a cell: opens above this count ...',
  ),
  breakerCohortShare: share(0.001, 0.2, 0.05, '... or this share, whichever is more'),
  breakerFleetCount: count(1, 100, 5, 'breaker of the fleet: opens above this count ...'),
  breakerFleetShare: share(0.001, 0.1, 0.01, '... or this share, whichever is more'),
  breakerProjectCount: count(1, 20, 3, 'breaker of a project that has no tombstone of its own'),
  breakerWindowMs: ms(hour, 30 * day, day, 'window in which stops count towards breakers'),
  budgetWindowMs: ms(minute, day, 10 * minute, 'window of the budgets'),
  budgetHost: count(1, 10, 1, 'stops of one host in a window'),
  budgetGeneration: count(1, 100, 5, 'stops of one generation of a cell in a window'),
  budgetCellCount: count(1, 1000, 10, 'stops of one cell in a window ...'),
  budgetCellShare: share(0, 0.01, 0.0005, '... or this share of its servos, whichever is more'),
  budgetFleet: count(1, 1000, 50, 'stops of the fleet in a window'),
  restoreBudgetCell: count(1, 1000, 20, 'automatic restores of one cell in a window'),
  orderLivesMs: ms(10 * second, 10 * minute, 2 * minute, 'how long an order lives, by the agent’s own clock'),
  refusedAgainMs: ms(
    minute,
    day,
    10 * minute,
    'time before a servo whose agent refused an order gets another',
  ),
  controls: count(
    1,
    20,
    3,
    'known-live servos that the look-ups must call claimed before a stop is confirmed',
  ),
  certifyServos: count(
    10,
    10_000,
    300,
    'known-live servos that must be judged live before a generation is certified (or all)',
  ),
  certifyHosts: count(2, 1000, 10, 'hosts that these must be on (or all)'),
  certifyMatchShare: share(
    0.95,
    1,
    0.995,
    'two-way match that a generation needs meanwhile (or all but one)',
  ),
  certifyProposeMs: ms(hour, 30 * day, day, 'time over which this must hold before propose'),
  certifyEnforceMs: ms(day, 90 * day, 7 * day, 'time over which this must hold before enforce'),
  restoreHoldMs: ms(hour, 30 * day, day, 'hold that is set on a servo which an operator restored'),
  maxSnapshotsAtOnce: count(
    1,
    1000,
    32,
    'inventories that are taken in at the same time; other hosts wait for their welcome',
  ),
  lookupsPerRound: count(
    10,
    10_000,
    200,
    'look-ups of single uids in one round; the rest waits for the next',
  ),
} as const satisfies Readonly<Record<string, NumberOption>>;

export type Policy = { readonly [K in keyof typeof policyOptions]: number };

/** The policy as DESIGN gives it. */
export const defaultPolicy: Policy = Object.fromEntries(
  Object.entries(policyOptions).map(([name, option]) => [name, option.default]),
) as Policy;

/** The larger of a count and a share of a whole: what many limits are. */
export function countOrShare(atLeast: number, part: number, whole: number): number {
  return Math.max(atLeast, Math.floor(part * whole));
}
