// The numbers of the decision are those of the design, and no permitted value turns a gate off.
import t from 'tap';
import {
  countOrShare,
  defaultPolicy,
  policyOptions,
  type NumberOption,
  type Policy,
} from '../../../coordinator/src/domain/policy.ts';

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

/** Least, most and default of each, from the design. */
const wanted: Readonly<Record<keyof Policy, readonly [min: number, max: number, by: number]>> = {
  heartbeatIntervalMs: [5 * second, minute, 10 * second],
  hostFreshIntervals: [2, 6, 3],
  roundIntervalMs: [5 * second, 10 * minute, minute],
  swapRounds: [1, 10, 2],
  twoWayMatchShare: [0.8, 1, 0.9],
  witnessAgeMs: [10 * second, 10 * minute, 2 * minute],
  witnessAgeCeilingMs: [minute, 30 * minute, 30 * minute],
  witnessReadMs: [second, 15 * minute, 5 * minute],
  witnessLookupMs: [100, 30 * second, 3 * second],
  witnessRows: [1000, 50_000_000, 5_000_000],
  shrinkClaims: [1, 1000, 20],
  shrinkShare: [0.001, 0.2, 0.02],
  shrinkWindowMs: [hour, 7 * day, day],
  quorumSources: [2, 8, 2],
  evidenceRounds: [2, 20, 3],
  evidenceSpreadMs: [minute, 7 * day, 10 * minute],
  graceReleasedMs: [10 * minute, 30 * day, hour],
  graceSeenMs: [5 * minute, 30 * day, 15 * minute],
  movedClaimMs: [10 * minute, 7 * day, hour],
  activityWindowMs: [5 * minute, day, 15 * minute],
  approvalLivesMs: [5 * minute, day, hour],
  fleetQuorumShare: [0.5, 1, 2 / 3],
  stallMs: [500, 30 * second, 5 * second],
  breakerHostCount: [1, 20, 3],
  breakerHostShare: [0.01, 0.5, 0.2],
  breakerCohortCount: [1, 50, 3],
  breakerCohortShare: [0.001, 0.2, 0.05],
  breakerFleetCount: [1, 100, 5],
  breakerFleetShare: [0.001, 0.1, 0.01],
  breakerProjectCount: [1, 20, 3],
  breakerWindowMs: [hour, 30 * day, day],
  budgetWindowMs: [minute, day, 10 * minute],
  budgetHost: [1, 10, 1],
  budgetGeneration: [1, 100, 5],
  budgetCellCount: [1, 1000, 10],
  budgetCellShare: [0, 0.01, 0.0005],
  budgetFleet: [1, 1000, 50],
  restoreBudgetCell: [1, 1000, 20],
  orderLivesMs: [10 * second, 10 * minute, 2 * minute],
  refusedAgainMs: [minute, day, 10 * minute],
  controls: [1, 20, 3],
  certifyServos: [10, 10_000, 300],
  certifyHosts: [2, 1000, 10],
  certifyMatchShare: [0.95, 1, 0.995],
  certifyProposeMs: [hour, 30 * day, day],
  certifyEnforceMs: [day, 90 * day, 7 * day],
  restoreHoldMs: [hour, 30 * day, day],
  maxSnapshotsAtOnce: [1, 1000, 32],
  lookupsPerRound: [10, 10_000, 200],
};

t.test('every number, with its bounds', (t) => {
  t.strictSame(Object.keys(policyOptions).toSorted(), Object.keys(wanted).toSorted());
  for (const [name, [min, max, by]] of Object.entries(wanted)) {
    const option: NumberOption = policyOptions[name as keyof Policy];
    t.strictSame([option.min, option.max, option.default], [min, max, by], name);
    t.equal(defaultPolicy[name as keyof Policy], by, name);
  }
  t.end();
});

t.test('every option says what it is, in its unit, within its bounds', (t) => {
  for (const [name, { unit, min, max, default: by, help }] of Object.entries<NumberOption>(policyOptions)) {
    t.ok(help.length > 10, `${name}: ${help}`);
    t.equal(unit, name.endsWith('Ms') ? 'ms' : name.endsWith('Share') ? 'share' : 'count', name);
    t.ok(min <= by && by <= max && min < max, name);
    t.ok(unit === 'share' ? max <= 1 : [min, max, by].every(Number.isSafeInteger), name);
  }
  t.end();
});

t.test('a count, or a share of the whole without its fraction, whichever is more', (t) => {
  t.equal(countOrShare(3, 0.05, 0), 3);
  t.equal(countOrShare(3, 0.05, 79), 3);
  t.equal(countOrShare(3, 0.05, 80), 4);
  t.equal(countOrShare(3, 0.05, 99), 4);
  t.end();
});
