import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { check } from '../../../coordinator/src/check/check.ts';
import type { RawClaims, RawEvidence } from '../../../coordinator/src/check/raw.ts';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import type { HostView } from '../../../coordinator/src/domain/host.ts';
import { modeKey } from '../../../coordinator/src/domain/operator.ts';
import type { Plan } from '../../../coordinator/src/domain/plan.ts';
import {
  aCase,
  aCharge,
  aContext,
  ago,
  anInventory,
  anOrder,
  anOrphan,
  aRelease,
  aRound,
  aTrack,
  aView,
  cell,
  digest,
  generation,
  given,
  h1,
  h2,
  hour,
  incarnation,
  minute,
  now,
  operator,
  otherReader,
  project,
  readerVersion,
  registry,
  router,
  uid,
} from '../../support/build.ts';

const nobody: RawClaims = {
  on: new Int32Array(8),
  several: new Map(),
  hostAt: () => h2,
  firstReadMs: () => ago(2 * hour).waitMs,
};
const plan: Plan = planCell(cell, [judge(anOrphan(), given)], aContext());

function raw(more: Partial<RawEvidence> = {}, view: Partial<HostView> = {}): RawEvidence {
  return {
    views: new Map([[h1, aView(view)]]),
    witnesses: [registry, router],
    claims: new Map([
      [registry.id, nobody],
      [router.id, nobody],
    ]),
    releases: [aRelease()],
    context: aContext(),
    ...more,
  };
}

function withOpen(cohort: string): RawEvidence {
  const breakers = [{ cohort, since: now, message: '', members: [], hash: digest }];
  return raw({ context: aContext({ breakers }) });
}
const claiming = (on: number, more: Partial<RawClaims> = {}) =>
  new Map([
    [registry.id, nobody],
    [router.id, { ...nobody, on: Int32Array.of(on), ...more }],
  ]);

t.test('finds nothing in a plan that is right', (t) => {
  t.equal(plan.entries.length, 1);
  t.strictSame(check(plan, raw()), []);
  t.end();
});

// Each row is one contradiction between the plan and the raw evidence: a mistake of the decision that this must catch.
const mistakes: Readonly<Record<string, [rule: string, raw: RawEvidence, plan?: Plan]>> = {
  'the host is unknown': ['host', raw({ views: new Map() })],
  'the host is of another cell': ['host', raw({}, { cell: parseId('cell', 'c2') })],
  'the host is stale': [
    'host',
    raw({}, { heartbeat: { number: 40, askedAt: ago(31_000), receivedAt: ago(31_000) } }),
  ],
  'the host is contested': ['host', raw({}, { contested: 'two' })],
  'the inventory is of another epoch': ['host', raw({}, { epoch: parseEpoch(2) })],
  'the digest does not match': ['host', raw({}, { digestMatches: false })],
  'an item could not be read': [
    'host',
    raw({}, { inventory: anInventory([{}], { problems: [{ path: '/x', code: 'x', message: 'x' }] }) }),
  ],
  'the row is another servo': ['servo', raw({}, { inventory: anInventory([{ uid: 'servo-9' }]) })],
  'the row is another incarnation': [
    'servo',
    raw({}, { inventory: anInventory([{ incarnation: 'inc-2' }]) }),
  ],
  'the uid stands twice': ['servo', raw({}, { inventory: anInventory([{}, {}]) })],
  'store and runtime disagree': [
    'servo',
    raw({}, { inventory: anInventory([{ contradiction: 'no-record' }]) }),
  ],
  'it is in quarantine': ['servo', raw({}, { inventory: anInventory([{ state: 'quarantined' }]) })],
  'it is active': ['servo', raw({}, { inventory: anInventory([{ activity: 'active' }]) })],
  'it is not measured': ['servo', raw({}, { inventory: anInventory([{ activity: 'measuring' }]) })],
  'it was just seen': ['servo', raw({}, { firstSeenMs: Float64Array.of(now.waitMs) })],
  'its first sight is not a number': ['servo', raw({}, { firstSeenMs: Float64Array.of(NaN) })],
  'a witness claims it anywhere': ['claim', raw({ claims: claiming(1) })],
  'a witness claims it here': ['claim', raw({ claims: claiming(2, { hostAt: () => h1 }) })],
  'a witness claims it elsewhere, unseen there': ['claim', raw({ claims: claiming(2) })],
  'a claim cannot be read': ['claim', raw({ claims: claiming(-1) })],
  'claims are missing': ['witness', raw({ claims: new Map() })],
  'a witness is stale': [
    'witness',
    raw({
      witnesses: [
        registry,
        { ...router, accepted: { ...must(router.accepted), startedAt: ago(3 * minute) } },
      ],
    }),
  ],
  'a witness was never read': ['witness', raw({ witnesses: [registry, { ...router, accepted: undefined }] })],
  'a snapshot waits': [
    'witness',
    raw({ witnesses: [{ ...registry, waiting: { why: 'shrink', message: '', hash: '' } }, router] }),
  ],
  'there is no authority': ['witness', raw({ witnesses: [router] })],
  'it was not released': ['release', raw({ releases: [] })],
  'another incarnation was released': [
    'release',
    raw({ releases: [aRelease({ incarnation: parseId('incarnation', 'inc-0') })] }),
  ],
  'it was released just now': ['release', raw({ releases: [aRelease({ firstReadMs: now.waitMs })] })],
  'the release is capped': ['release', raw({ releases: [aRelease({ capped: 'no-lookup' })] })],
  'it cites too few rounds': ['rounds', raw(), citing([aRound(2, 3), aRound(3, 3)])],
  'it cites one heartbeat thrice': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { heartbeat: 1 }))),
  ],
  'it cites one snapshot thrice': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { snapshots: aRound(3, 3).snapshots }))),
  ],
  'a round was not fresh': ['rounds', raw(), citing([1, 2, 3].map((n) => aRound(n, 3, { fresh: n !== 2 })))],
  'a round lacks a witness': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { snapshots: aRound(n, 3).snapshots.slice(1) }))),
  ],
  'a snapshot began before its heartbeat': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { receivedAt: now }))),
  ],
  'a round is of another boot': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { bootId: parseId('boot', 'b0') }))),
  ],
  'the rounds are too close together': [
    'rounds',
    raw(),
    citing([1, 2, 3].map((n) => aRound(n, 3, { atMs: ago(n).waitMs }))),
  ],
  'everything is frozen': [
    'freeze',
    raw({ context: aContext({ freeze: { by: operator, reason: '', since: now } }) }),
  ],
  'its project is held': [
    'hold',
    raw({
      context: aContext({
        holds: [
          {
            id: 1,
            scope: { kind: 'project', project },
            by: operator,
            reason: '',
            since: now,
            untilMs: undefined,
          },
        ],
      }),
    }),
  ],
  'its generation observes': ['mode', raw({ context: aContext({ modes: new Map() }) })],
  'nobody approved it': [
    'mode',
    raw({ context: aContext({ modes: new Map([[modeKey(cell, generation), 'propose']]) }) }),
  ],
  'its reader is not certified': ['certified', raw({}, { readerVersion: otherReader })],
  'its certification is of another mapping': [
    'certified',
    raw({ context: aContext({ tracks: [{ ...aTrack, mappingHash: 'm0' }] }) }),
  ],
  'its cohort is open': ['breaker', withOpen('fleet')],
  'its reader’s breaker is open': ['breaker', withOpen(`reader:${cell}:${readerVersion}`)],
  'its project’s breaker is open, and only the servo was released': [
    'breaker',
    withOpen(`project:${project}`),
    {
      ...plan,
      entries: plan.entries.map((entry) => ({
        ...entry,
        evidence: anOrphan({ release: aRelease({ projectReleased: false }) }),
      })),
    },
  ],
  'the plan itself opens the breaker of its cohort': [
    'breaker',
    raw(),
    { ...plan, openings: [{ cohort: 'fleet', message: '', members: [] }] },
  ],
  'its approval has expired': [
    'mode',
    raw({
      context: aContext({
        approvals: [{ uid, incarnation, by: operator, reason: '', at: ago(hour + 1), pausedMs: 0 }],
      }),
    }),
    { ...plan, entries: plan.entries.map((entry) => ({ ...entry, approved: true })) },
  ],
  'a witness without look-up needs an approval': [
    'witness',
    raw({ witnesses: [registry, { ...router, hasLookup: false }] }),
  ],
  'it is in quarantine by its case': [
    'limits',
    raw({ context: aContext({ cases: [aCase('quarantined')] }) }),
  ],
  'its host has no budget left': ['budget', raw({ context: aContext({ charges: [aCharge()] }) })],
  'it has an unfinished order': [
    'limits',
    raw({ context: aContext({ openOrders: [anOrder({ host: h2 })] }) }),
  ],
  'the coordinator is cut off': [
    'limits',
    raw({ context: aContext({}, { cells: new Map([[cell, { enrolled: 3, fresh: 1 }]]) }) }),
  ],
  'the coordinator slept': ['limits', raw({ context: aContext({}, { stalledMs: 6000 }) })],
  'it stands in the plan twice': ['limits', raw(), { ...plan, entries: [...plan.entries, ...plan.entries] }],
};

for (const [mistake, [rule, evidence, planned = plan]] of Object.entries(mistakes))
  t.test(`voids the plan when ${mistake}`, (t) => {
    const rules = new Set(check(planned, evidence).map((f) => f.rule));
    t.ok(rules.has(rule), `finds ${rule} among ${[...rules].join(', ')}`);
    t.end();
  });

t.test('a claim elsewhere, old enough and seen running there, protects nothing here', (t) => {
  const moved = raw({
    claims: claiming(2),
    views: new Map([
      [h1, aView()],
      [h2, aView({ id: h2 })],
    ]),
  });
  t.strictSame(check(plan, moved), []);
  const young = claiming(2, { firstReadMs: () => ago(minute).waitMs });
  t.strictSame(
    check(plan, { ...moved, claims: young }).map((f) => f.rule),
    ['claim'],
  );
  t.end();
});

function citing(rounds: ReturnType<typeof aRound>[]): Plan {
  return { ...plan, entries: plan.entries.map((entry) => ({ ...entry, rounds })) };
}
function must<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('missing');
  return value;
}

t.test('the breaker of a project says nothing about a project that was released as a whole', (t) => {
  t.same(check(plan, withOpen(`project:${project}`)), []);
  t.end();
});
