// The second reading at its borders: to the millisecond and to the last unit a plan is still right, and one beyond it is not;
// and every part of a rule by itself is enough. What each rule is for: check.test.ts.
import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import { check } from '../../../coordinator/src/check/check.ts';
import type { RawClaims, RawEvidence } from '../../../coordinator/src/check/raw.ts';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import type { Evidence } from '../../../coordinator/src/domain/evidence.ts';
import type { HostView } from '../../../coordinator/src/domain/host.ts';
import {
  modeKey,
  type Approval,
  type HoldScope,
  type OperatorState,
} from '../../../coordinator/src/domain/operator.ts';
import type { Plan, RoundContext } from '../../../coordinator/src/domain/plan.ts';
import type { WitnessView } from '../../../coordinator/src/domain/witness.ts';
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
  aVoice,
  cell,
  day,
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
  otherUid,
  policy,
  project,
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
const c2 = parseId('cell', 'c2');
const otherBoot = parseId('boot', 'boot-9');
const otherGeneration = parseId('generation', 'labels/process');
const otherIncarnation = parseId('incarnation', 'inc-9');

interface Case {
  readonly raw?: Partial<RawEvidence>;
  readonly view?: Partial<HostView>;
  /** What operators said, and the rest of the round. */
  readonly state?: Partial<OperatorState>;
  readonly round?: Partial<RoundContext>;
  readonly evidence?: Partial<Evidence>;
  readonly approved?: boolean;
  readonly rounds?: ReturnType<typeof aRound>[];
  readonly plan?: Partial<Plan>;
}

function found({
  raw = {},
  view = {},
  state = {},
  round = {},
  evidence,
  approved,
  rounds,
  plan: more = {},
}: Case): readonly string[] {
  const entries = plan.entries.map((entry) => ({
    ...entry,
    ...(evidence === undefined ? {} : { evidence: anOrphan(evidence) }),
    ...(approved === undefined ? {} : { approved }),
    ...(rounds === undefined ? {} : { rounds }),
  }));
  const whole: RawEvidence = {
    views: new Map([[h1, aView(view)]]),
    witnesses: [registry, router],
    claims: new Map([
      [registry.id, nobody],
      [router.id, nobody],
    ]),
    releases: [aRelease()],
    context: aContext(state, round),
    ...raw,
  };
  return check({ ...plan, entries, ...more }, whole).map(
    ({ rule, uid: of, message }) => `${rule}${of === undefined ? '' : ` ${of}`}: ${message}`,
  );
}

/** So long ago by one clock only. */
const by = (clock: 'monoMs' | 'bootMs' | 'wallMs', ms: number): Instant => ({
  ...now,
  [clock]: now[clock] - ms,
});
const clocks = ['monoMs', 'bootMs', 'wallMs'] as const;

const heartbeat = (askedAt: Instant) => ({ heartbeat: { number: 40, askedAt, receivedAt: askedAt } });
const readAt = (startedAt: Instant, more: Partial<WitnessView> = {}, tookMs = 200) => {
  if (router.accepted === undefined) throw new Error('the router was read');
  return {
    witnesses: [registry, { ...router, ...more, accepted: { ...router.accepted, startedAt, tookMs } }],
  };
};
const claiming = (on: number, more: Partial<RawClaims> = {}) => ({
  claims: new Map([
    [registry.id, nobody],
    [router.id, { ...nobody, on: Int32Array.of(on), ...more }],
  ]),
});
const seen = (elsewhere: Partial<HostView> = {}) => ({
  views: new Map([
    [h1, aView()],
    [h2, aView({ id: h2, ...elsewhere })],
  ]),
});
const problem = { path: '/x', code: 'x', message: 'x', contentSha256: digest };
const unread = { inventory: anInventory([{}], { problems: [problem] }) };
const holding = (scope: HoldScope, untilMs?: number): Case => ({
  state: { holds: [{ id: 7, scope, by: operator, reason: '', since: now, untilMs }] },
});
const inPropose = { modes: new Map([[modeKey(cell, generation), 'propose' as const]]) };
const approval: Approval = { uid, incarnation, by: operator, reason: 'seen', at: ago(minute), pausedMs: 0 };
const approvedBy = (more: Partial<Approval>): Case => ({
  approved: true,
  state: { ...inPropose, approvals: [{ ...approval, ...more }] },
});
const tracked = (more: Partial<typeof aTrack>): Case => ({ state: { tracks: [{ ...aTrack, ...more }] } });
const three = (more: (n: number) => Parameters<typeof aRound>[2]) =>
  [1, 2, 3].map((n) => aRound(n, 3, more(n)));
const charged = (n: number, more: Parameters<typeof aCharge>[0] = {}) =>
  Array.from({ length: n }, (_, i) =>
    aCharge({
      order: parseId('order', `c-${i}`),
      uid: parseId('servo uid', `gone-${i}`),
      host: parseId('host', `x${i}`),
      ...more,
    }),
  );
const roomy = { ...policy, budgetGeneration: 100, budgetCellCount: 1000, budgetFleet: 1000 };

const right: Readonly<Record<string, Case>> = {
  'a host that answered at the limit': { view: heartbeat(ago(30_000)) },
  'an item that was acknowledged': {
    view: { ...unread, acknowledged: [{ path: '/x', contentSha256: digest }] },
  },
  'a servo first seen at the limit': { view: { firstSeenMs: Float64Array.of(ago(15 * minute).waitMs) } },
  'unknown activity with an approval': {
    ...approvedBy({}),
    view: { inventory: anInventory([{ activity: 'unknown' }]) },
    evidence: { activity: 'unknown' },
  },
  'an approval from the moment in which its new name was claimed': {
    ...approvedBy({}),
    evidence: { nowhere: otherUid, nowhereSince: ago(minute) },
  },
  'a release at the limit': {
    raw: { releases: [aRelease({ firstReadMs: ago(hour).waitMs })] },
    rounds: three((n) => ({ atMs: ago(20 * minute).waitMs + n * 5 * minute })),
  },
  'a capped release with an approval': {
    ...approvedBy({}),
    raw: { releases: [aRelease({ capped: 'no-lookup' })] },
  },
  'a snapshot at the limit': { raw: readAt(ago(2 * minute)) },
  'a slow snapshot with a look-up': { raw: readAt(ago(8 * minute), {}, 4 * minute) },
  'a slow snapshot at the ceiling': { raw: readAt(ago(30 * minute), {}, 40 * minute) },
  'a snapshot without look-up, with an approval': {
    ...approvedBy({}),
    raw: readAt(ago(8 * minute), { hasLookup: false }, 4 * minute),
  },
  'a claim elsewhere at the limit': {
    raw: { ...claiming(2, { firstReadMs: () => ago(hour).waitMs }), ...seen() },
  },
  'several claims elsewhere': {
    raw: { ...claiming(-1, { several: new Map([[0, [{ uid, host: h2 }]]]) }), ...seen() },
  },
  'a hold on another servo': holding({ kind: 'servo', uid: otherUid }),
  'a hold on another project': holding({ kind: 'project', project: parseId('project', 'p9') }),
  'a hold on another host': holding({ kind: 'host', host: h2 }),
  'a hold on another generation': holding({ kind: 'generation', cell, generation: otherGeneration }),
  'a hold on the generation in another cell': holding({ kind: 'generation', cell: c2, generation }),
  'a hold on another cell': holding({ kind: 'cell', cell: c2 }),
  'a hold that has just ended': holding({ kind: 'servo', uid }, now.waitMs),
  'an approval at the limit': approvedBy({ at: ago(hour) }),
  'an approval that was paused': approvedBy({ at: ago(2 * hour), pausedMs: hour }),
  'an approval that nobody needed': { ...approvedBy({}), state: { approvals: [approval] } },
  'a reader certified for propose, in propose': {
    ...approvedBy({}),
    state: { ...inPropose, approvals: [approval], tracks: [{ ...aTrack, certified: 'propose' }] },
  },
  'a reader that inherits': { view: { readerVersion: otherReader, inheritsFrom: aTrack.readerVersion } },
  'rounds that span exactly enough': {
    rounds: three((n) => ({ atMs: ago(20 * minute).waitMs + n * 5 * minute })),
  },
  'a round of the very moment of the release': {
    raw: { releases: [aRelease({ firstReadMs: ago(hour).waitMs })] },
    rounds: three((n) => ({ atMs: ago(hour).waitMs + (n - 1) * 5 * minute })),
  },
  'snapshots of the very moment of the heartbeat': {
    rounds: three((n) => ({ receivedAt: ago(6_000 + (3 - n) * 5 * minute) })),
  },
  'a bad round more than enough': {
    rounds: [aRound(1, 3, { fresh: false, heartbeat: 1 }), ...three(() => ({}))],
  },
  'two thirds of the hosts': { round: { cells: new Map([[cell, { enrolled: 3, fresh: 2 }]]) } },
  'a stall at the limit': { round: { stalledMs: policy.stallMs } },
  'an order that is closed': { state: { openOrders: [anOrder({ host: h2, state: 'closed' })] } },
  'an order of another servo elsewhere': { state: { openOrders: [anOrder({ uid: otherUid, host: h2 })] } },
  'a case that was restored': { state: { cases: [aCase('restored')] } },
  'another incarnation in quarantine': {
    state: { cases: [aCase('quarantined', { incarnation: otherIncarnation })] },
  },
  'another servo in quarantine': { state: { cases: [aCase('quarantined', { uid: otherUid })] } },
  'a breaker of another host': {
    state: { breakers: [{ cohort: 'host:h2', since: now, message: '', members: [], hash: digest }] },
  },
  'a breaker of another project': {
    state: { breakers: [{ cohort: 'project:p9', since: now, message: '', members: [], hash: digest }] },
  },
  'a stop that has just left the window': {
    state: { charges: [aCharge({ atMs: ago(10 * minute).waitMs })] },
  },
  'a start': { state: { charges: [aCharge({ action: 'start' })] } },
  'an order to start': { state: { openOrders: [anOrder({ uid: otherUid, action: 'start' })] } },
  'an order that is charged already, long ago': {
    state: {
      openOrders: [anOrder({ uid: otherUid })],
      charges: [aCharge({ order: anOrder().id, atMs: ago(hour).waitMs })],
    },
  },
  'the last stop of a generation': { state: { charges: charged(4) } },
  'the last stop of a cell': {
    state: { charges: charged(9) },
    round: { policy: { ...policy, budgetGeneration: 100 } },
  },
  'the last stop of a large cell': {
    state: { charges: charged(19) },
    round: { policy: { ...policy, budgetGeneration: 100 }, population: new Map([['cell:c1', 40_000]]) },
  },
  'a servo among others': {
    view: {
      inventory: anInventory([{}, { uid: 'servo-2' }, { uid: 'servo-3' }]),
      firstSeenMs: new Float64Array(3).fill(ago(day).waitMs),
    },
  },
  'a claim elsewhere, where others run beside it': {
    raw: {
      ...claiming(2),
      ...seen({ inventory: anInventory([{ uid: 'servo-2' }, {}], { uidIndex: Int32Array.of(4, 0) }) }),
    },
  },
  'a claim on the host that the columns number so': {
    raw: { ...claiming(5, { hostAt: (n) => (n === 3 ? h2 : h1) }), ...seen() },
  },
  'another track beside its own': { state: { tracks: [{ ...aTrack, cell: c2 }, aTrack] } },
  'an order to stop that is closed without a charge': {
    state: { openOrders: [anOrder({ uid: otherUid, state: 'closed' })] },
  },
  'one more round and snapshot than enough': {
    rounds: [aRound(1, 4), aRound(2, 4), aRound(3, 4), aRound(4, 4)],
  },
  'a single witness, read three times': {
    raw: { witnesses: [registry] },
    rounds: three((n) => ({ snapshots: aRound(n, 3).snapshots.slice(0, 1) })),
  },
  'the last stop of the fleet': {
    state: { charges: charged(49) },
    round: { policy: { ...roomy, budgetFleet: 50 } },
  },
};

for (const [what, given] of Object.entries(right))
  t.test(`finds nothing wrong with ${what}`, (t) => {
    t.strictSame(found(given), []);
    t.end();
  });

t.test('an empty plan is right, whatever the world is like', (t) => {
  t.strictSame(found({ plan: { entries: [] }, round: { cells: new Map(), stalledMs: 9e9 } }), []);
  t.end();
});

const silent = ['host servo-1: h1 has not answered for more than 30000 ms'];
const stale = ['witness servo-1: the snapshot of router is more than 120000 ms old'];
const claim = (why: string) => [`claim servo-1: router claims servo-1: ${why}`];
const few = (n: number) => [`rounds servo-1: ${n} rounds of evidence, fewer than 3`];
const noApproval = ['mode servo-1: it needs an approval'];
const noLiving = ['mode servo-1: no living approval of this incarnation'];
const uncertified = ['certified servo-1: the reader of h1 is not certified for enforce'];
const held = ['hold servo-1: held by ada (7)'];

const wrong: Readonly<Record<string, readonly [Case, readonly string[]]>> = {
  ...Object.fromEntries(
    clocks.map((clock) => [
      `a heartbeat too old by ${clock}`,
      [{ view: heartbeat(by(clock, 30_001)) }, silent] as const,
    ]),
  ),
  'a heartbeat of another boot': [{ view: heartbeat({ ...now, bootId: otherBoot }) }, silent],
  'a host without a heartbeat': [
    { view: { heartbeat: undefined } },
    ['host servo-1: h1 has sent no inventory'],
  ],
  'a host without an inventory': [
    { view: { inventory: undefined } },
    ['host servo-1: h1 has sent no inventory'],
  ],
  'an item acknowledged under another path': [
    { view: { ...unread, acknowledged: [{ path: '/y', contentSha256: digest }] } },
    ['host servo-1: h1 could not read /x'],
  ],
  'an item acknowledged with other bytes': [
    { view: { ...unread, acknowledged: [{ path: '/x', contentSha256: parseId('digest', 'e'.repeat(64)) }] } },
    ['host servo-1: h1 could not read /x'],
  ],
  'a servo first seen a moment too late': [
    { view: { firstSeenMs: Float64Array.of(ago(15 * minute).waitMs + 1) } },
    ['servo servo-1: it was first seen too short a time ago'],
  ],
  'a servo never seen': [
    { view: { firstSeenMs: new Float64Array(0) } },
    ['servo servo-1: it was first seen too short a time ago'],
  ],
  'another incarnation in the row': [
    { view: { inventory: anInventory([{ incarnation: 'inc-2' }]) } },
    ['servo servo-1: row 0 of h1 is not servo-1 in incarnation inc-1'],
  ],
  ...Object.fromEntries(
    clocks.map((clock) => [
      `a snapshot too old by ${clock}`,
      [{ raw: readAt(by(clock, 2 * minute + 1)) }, stale] as const,
    ]),
  ),
  'a snapshot of another boot': [{ raw: readAt({ ...now, bootId: otherBoot }) }, stale],
  'a slow snapshot beyond twice its reading': [
    { raw: readAt(ago(8 * minute + 1), {}, 4 * minute) },
    ['witness servo-1: the snapshot of router is more than 480000 ms old'],
  ],
  'a snapshot beyond the ceiling': [
    { raw: readAt(ago(30 * minute + 1), {}, 40 * minute) },
    ['witness servo-1: the snapshot of router is more than 1800000 ms old'],
  ],
  'a snapshot without look-up': [
    { raw: readAt(ago(minute), { hasLookup: false }) },
    ['witness servo-1: router offers no look-up of servo-1, so it needs an approval'],
  ],
  'a host that nobody knows': [{ raw: { views: new Map() } }, ['host servo-1: there is no such host']],
  'a host of another cell': [
    { view: { cell: c2 } },
    [
      'host servo-1: h1 belongs to c2, the plan is for c1',
      'mode servo-1: mode of sqlite/process in c2 is observe',
      ...noApproval,
      'certified servo-1: the reader of h1 is not certified for observe',
    ],
  ],
  'an inventory of another epoch': [
    { view: { epoch: parseEpoch(2) } },
    ['host servo-1: h1 was read under epoch 2, not 3'],
  ],
  'a contested host': [
    { view: { contested: 'two sessions' } },
    ['host servo-1: h1 is contested: two sessions'],
  ],
  'a heartbeat that vouches for another inventory': [
    { view: { digestMatches: false } },
    ['host servo-1: the last heartbeat of h1 vouches for another inventory'],
  ],
  'another servo in the row, in an incarnation of that name': [
    { view: { inventory: anInventory([{ uid: 'servo-9' }]) } },
    ['servo servo-1: row 0 of h1 is not servo-1 in incarnation inc-1'],
  ],
  'a uid that stands twice': [
    { view: { inventory: anInventory([{}, {}]) } },
    ['servo servo-1: its uid stands twice on the host'],
  ],
  'a contradiction': [
    { view: { inventory: anInventory([{ contradiction: 'no-record' }]) } },
    ['servo servo-1: store and runtime disagree about it'],
  ],
  'a servo that is stopped': [
    { view: { inventory: anInventory([{ state: 'stopped' }]) } },
    ['servo servo-1: it does not run'],
  ],
  'a servo in use': [
    { view: { inventory: anInventory([{ activity: 'active' }]) } },
    ['servo servo-1: it was not quiet for the whole window'],
  ],
  'a servo not yet measured': [
    { view: { inventory: anInventory([{ activity: 'measuring' }]) } },
    ['servo servo-1: it was not quiet for the whole window'],
  ],
  'a snapshot that waits': [
    { raw: { witnesses: [{ ...registry, waiting: { why: 'shrink', message: '', hash: '' } }, router] } },
    ['witness servo-1: a snapshot of registry waits for an operator'],
  ],
  'a witness without a snapshot': [
    { raw: { witnesses: [registry, { ...router, accepted: undefined }] } },
    ['witness servo-1: router has no accepted snapshot'],
  ],
  'claims that are not there': [
    { raw: { claims: new Map() } },
    [
      'witness servo-1: the claims of registry are not there',
      'witness servo-1: the claims of router are not there',
    ],
  ],
  'a servo whose uid has no number': [
    { view: { inventory: anInventory([{}], { uidIndex: new Int32Array(0) }) } },
    [
      'claim servo-1: registry claims servo-1: nobody can tell',
      'claim servo-1: router claims servo-1: nobody can tell',
    ],
  ],
  'a claim elsewhere, where only others run': [
    {
      raw: {
        ...claiming(2),
        ...seen({
          inventory: anInventory([{ uid: 'servo-2' }, { state: 'stopped' }], {
            uidIndex: Int32Array.of(4, 0),
          }),
        }),
      },
    },
    claim('on h2, where it is not seen running'),
  ],
  'a snapshot that only another witness began in time': [
    {
      rounds: three((n) =>
        n === 2
          ? { snapshots: aRound(n, 3).snapshots.map((s, i) => (i === 0 ? s : { ...s, startedAt: ago(day) })) }
          : {},
      ),
    },
    few(2),
  ],
  'two entries of one servo': [
    { plan: { entries: [...plan.entries, ...plan.entries] } },
    ['limits: a uid stands twice in the plan', 'budget: host:h1 would have 2 stops, more than 1'],
  ],
  'two authorities': [
    { raw: { witnesses: [registry, { ...router, authority: true }] } },
    ['witness servo-1: there is not exactly one authority'],
  ],
  'a claim on no host': [{ raw: claiming(1) }, claim('on no host in particular')],
  'a claim here': [{ raw: claiming(2, { hostAt: () => h1 }) }, claim('on h1')],
  'a claim on a host that nobody can name': [
    { raw: claiming(2, { hostAt: () => undefined }) },
    claim('on no host in particular'),
  ],
  'a claim elsewhere that is too young': [
    { raw: { ...claiming(2, { firstReadMs: () => ago(hour).waitMs + 1 }), ...seen() } },
    claim('on h2, too short a time ago'),
  ],
  'a claim elsewhere of nobody knows when': [
    { raw: { ...claiming(2, { firstReadMs: () => NaN }), ...seen() } },
    claim('on h2, too short a time ago'),
  ],
  'several claims of which one is here': [
    {
      raw: {
        ...claiming(-1, {
          several: new Map([
            [
              0,
              [
                { uid, host: h2 },
                { uid, host: h1 },
              ],
            ],
          ]),
        }),
        ...seen(),
      },
    },
    claim('on h1'),
  ],
  'several claims of which one names no host': [
    { raw: { ...claiming(-1, { several: new Map([[0, [{ uid, host: h2 }, { uid }]]]) }), ...seen() } },
    claim('on no host in particular'),
  ],
  'several claims that are not there': [{ raw: claiming(-1) }, claim('several claims that cannot be read')],
  ...Object.fromEntries(
    (
      [
        ['which nobody knows', {}],
        ['which has sent no inventory', seen({ inventory: undefined })],
        ['whose heartbeat vouches for another inventory', seen({ digestMatches: false })],
        ['which was not read whole', seen(unread)],
        ['where another servo runs', seen({ inventory: anInventory([{}], { uidIndex: Int32Array.of(5) }) })],
        ['where it is stopped', seen({ inventory: anInventory([{ state: 'stopped' }]) })],
        [
          'where store and runtime disagree',
          seen({ inventory: anInventory([{ contradiction: 'no-record' }]) }),
        ],
      ] as const
    ).map(([where, views]) => [
      `a claim on another host ${where}`,
      [{ raw: { ...claiming(2), ...views } }, claim('on h2, where it is not seen running')] as const,
    ]),
  ),
  'a release a moment too young': [
    {
      raw: { releases: [aRelease({ firstReadMs: ago(hour).waitMs + 1 })] },
      rounds: three((n) => ({ atMs: ago(20 * minute).waitMs + n * 5 * minute })),
    },
    ['release servo-1: it was released too short a time ago'],
  ],
  'a release of nobody knows when': [
    { raw: { releases: [aRelease({ firstReadMs: NaN })] } },
    [
      'release servo-1: it was released too short a time ago',
      ...few(0),
      'rounds servo-1: the rounds span less than 600000 ms',
      'rounds servo-1: several rounds cite one snapshot',
    ],
  ],
  ...Object.fromEntries(
    (
      [
        ['another servo', { uid: otherUid }],
        ['another host', { host: h2 }],
        ['another incarnation', { incarnation: otherIncarnation }],
      ] as const
    ).map(([what, more]) => [
      `a release of ${what}`,
      [
        { raw: { releases: [aRelease(more)] } },
        [
          'release servo-1: the authority has not released it',
          ...few(0),
          'rounds servo-1: the rounds span less than 600000 ms',
          'rounds servo-1: several rounds cite one snapshot',
        ],
      ] as const,
    ]),
  ),
  'a capped release without approval': [
    { raw: { releases: [aRelease({ capped: 'tombstone-older' })] } },
    ['release servo-1: its release (tombstone-older) needs an approval'],
  ],
  'a round of another host': [
    { rounds: [...three(() => ({})).slice(1), aRound(1, 3, { host: h2 })] },
    [...few(2), 'rounds servo-1: the rounds span less than 600000 ms'],
  ],
  'a round of another boot': [
    { rounds: [...three(() => ({})).slice(1), aRound(1, 3, { bootId: otherBoot })] },
    [...few(2), 'rounds servo-1: the rounds span less than 600000 ms'],
  ],
  'a round of another epoch': [
    { rounds: [...three(() => ({})).slice(1), aRound(1, 3, { epoch: parseEpoch(2) })] },
    [...few(2), 'rounds servo-1: the rounds span less than 600000 ms'],
  ],
  'a round before the release': [
    {
      raw: { releases: [aRelease({ firstReadMs: ago(hour).waitMs })] },
      rounds: three((n) => ({ atMs: ago(hour).waitMs + (n - 1) * 20 * minute - 1 })),
    },
    few(2),
  ],
  'a round with a snapshot that began too early': [
    {
      rounds: three((n) =>
        n === 2
          ? { receivedAt: { ...ago(6_000 + 5 * minute), monoMs: ago(6_000 + 5 * minute).monoMs + 1 } }
          : {},
      ),
    },
    few(2),
  ],
  'a round with two snapshots of one witness': [
    {
      rounds: three((n) =>
        n === 2 ? { snapshots: aRound(n, 3).snapshots.map((s) => ({ ...s, witness: registry.id })) } : {},
      ),
    },
    few(2),
  ],
  'rounds that span a moment too little': [
    { rounds: three((n) => ({ atMs: ago(20 * minute).waitMs + n * 5 * minute - (n === 3 ? 1 : 0) })) },
    ['rounds servo-1: the rounds span less than 600000 ms'],
  ],
  'no rounds at all': [
    { rounds: [] },
    [
      ...few(0),
      'rounds servo-1: the rounds span less than 600000 ms',
      'rounds servo-1: several rounds cite one snapshot',
    ],
  ],
  'a plan of another epoch': [
    { plan: { epoch: parseEpoch(2) } },
    ['rounds servo-1: the plan is of epoch 2, not 3'],
  ],
  'a hold on the servo': [holding({ kind: 'servo', uid }), held],
  'a hold on the project that the host notes': [
    { ...holding({ kind: 'project', project }), evidence: { release: aRelease({ project: undefined }) } },
    held,
  ],
  'a hold on the project that the release names': [
    { ...holding({ kind: 'project', project }), evidence: { project: undefined } },
    held,
  ],
  'a hold on the host': [holding({ kind: 'host', host: h1 }), held],
  'a hold on the generation': [holding({ kind: 'generation', cell, generation }), held],
  'a hold on the cell': [holding({ kind: 'cell', cell }), held],
  'a hold that ends in a moment': [holding({ kind: 'cell', cell }, now.waitMs + 1), held],
  'a freeze': [
    { state: { freeze: { by: operator, reason: '', since: now } } },
    ['freeze servo-1: frozen by ada'],
  ],
  'a generation in observe': [
    { state: { modes: new Map([[modeKey(cell, generation), 'observe']]) } },
    ['mode servo-1: mode of sqlite/process in c1 is observe', ...noApproval],
  ],
  'a generation that was never promoted': [
    { state: { modes: new Map() } },
    ['mode servo-1: mode of sqlite/process in c1 is observe', ...noApproval],
  ],
  'propose without an approval': [{ state: inPropose }, noApproval],
  'one vote without an approval': [
    { evidence: { voices: [aVoice(registry), aVoice(router, { says: 'nothing' })] } },
    noApproval,
  ],
  'two votes of one source without an approval': [
    { evidence: { voices: [aVoice(registry), aVoice({ ...router, source: registry.source })] } },
    noApproval,
  ],
  'unknown activity without an approval': [
    { view: { inventory: anInventory([{ activity: 'unknown' }]) }, evidence: { activity: 'unknown' } },
    noApproval,
  ],
  'an approval of another servo': [approvedBy({ uid: otherUid }), noLiving],
  'an approval of another incarnation': [approvedBy({ incarnation: otherIncarnation }), noLiving],
  'an approval from a moment before its new name may have been claimed': [
    { ...approvedBy({}), evidence: { nowhere: otherUid, nowhereSince: ago(minute - 1) } },
    noLiving,
  ],
  'an approval of another boot': [approvedBy({ at: { ...now, bootId: otherBoot } }), noLiving],
  ...Object.fromEntries(
    clocks.map((clock) => [
      `an approval too old by ${clock}`,
      [approvedBy({ at: by(clock, hour + 1) }), noLiving] as const,
    ]),
  ),
  'a track of another cell': [tracked({ cell: c2 }), uncertified],
  'a track of another generation': [tracked({ generation: otherGeneration }), uncertified],
  'a track of another reader': [tracked({ readerVersion: otherReader }), uncertified],
  'a track of another mapping': [tracked({ mappingHash: 'm0' }), uncertified],
  'a track that has earned propose, in enforce': [tracked({ certified: 'propose' }), uncertified],
  'a track that has earned nothing': [tracked({ certified: 'observe' }), uncertified],
  'a track that has earned nothing, in propose': [
    {
      ...approvedBy({}),
      state: { ...inPropose, approvals: [approval], tracks: [{ ...aTrack, certified: 'observe' }] },
    },
    ['certified servo-1: the reader of h1 is not certified for propose'],
  ],
  'fewer than two thirds of the hosts': [
    { round: { cells: new Map([[cell, { enrolled: 4, fresh: 2 }]]) } },
    ['limits: 2 of 4 hosts are fresh'],
  ],
  'a cell of which nothing is known': [{ round: { cells: new Map() } }, ['limits: 0 of 0 hosts are fresh']],
  'a stall beyond the limit': [
    { round: { stalledMs: policy.stallMs + 1 } },
    ['limits: the coordinator stalled for 5001 ms'],
  ],
  'an order that is not closed': [
    { state: { openOrders: [anOrder({ host: h2, state: 'possible' })] }, round: { policy: roomy } },
    ['limits: servo-1 has the unfinished order o-1'],
  ],
  'a case in quarantine': [
    { state: { cases: [aCase('quarantined')] } },
    ['limits: servo-1 is in quarantine already'],
  ],
  'a host without room': [
    { state: { charges: [aCharge()] } },
    ['budget: host:h1 would have 2 stops, more than 1'],
  ],
  'a stop that is still in the window': [
    { state: { charges: [aCharge({ atMs: ago(10 * minute).waitMs + 1 })] } },
    ['budget: host:h1 would have 2 stops, more than 1'],
  ],
  'an order to stop that is not charged yet': [
    { state: { openOrders: [anOrder({ uid: otherUid })] } },
    ['budget: host:h1 would have 2 stops, more than 1'],
  ],
  'a generation without room': [
    { state: { charges: charged(5) } },
    ['budget: generation:c1:sqlite/process would have 6 stops, more than 5'],
  ],
  'a cell without room': [
    { state: { charges: charged(10) }, round: { policy: { ...policy, budgetGeneration: 100 } } },
    ['budget: cell:c1 would have 11 stops, more than 10'],
  ],
  'a large cell without room': [
    {
      state: { charges: charged(20) },
      round: { policy: { ...policy, budgetGeneration: 100 }, population: new Map([['cell:c1', 41_999]]) },
    },
    ['budget: cell:c1 would have 21 stops, more than 20'],
  ],
  'a fleet without room': [
    { state: { charges: charged(50) }, round: { policy: { ...roomy, budgetFleet: 50 } } },
    ['budget: fleet would have 51 stops, more than 50'],
  ],
  ...Object.fromEntries(
    ['host:h1', 'generation:c1:sqlite/process', 'cell:c1', 'fleet', `reader:c1:${'a'.repeat(64)}`].map(
      (cohort) => [
        `an open breaker ${cohort}`,
        [
          { state: { breakers: [{ cohort, since: now, message: '', members: [], hash: digest }] } },
          [`breaker: ${cohort} is open, and servo-1 is in it`],
        ] as const,
      ],
    ),
  ),
  'an open breaker of the project that the host notes': [
    {
      evidence: { release: undefined },
      state: { breakers: [{ cohort: 'project:p1', since: now, message: '', members: [], hash: digest }] },
    },
    ['breaker: project:p1 is open, and servo-1 is in it'],
  ],
};

t.test('one of several entries in quarantine is enough', (t) => {
  const other = anOrphan({ uid: otherUid, release: aRelease({ uid: otherUid }) });
  const [first] = plan.entries;
  if (first === undefined) throw new Error('no entry');
  const both = [first, { ...first, evidence: other }];
  const said = found({
    plan: { entries: both },
    state: { cases: [aCase('quarantined')] },
    round: { policy: { ...roomy, budgetHost: 9 } },
  });
  t.ok(said.includes('limits: servo-1 is in quarantine already'), said.join('; '));
  t.end();
});

t.test('a project without a name has no breaker', (t) => {
  const breakers = [{ cohort: 'project:undefined', since: now, message: '', members: [], hash: digest }];
  t.strictSame(found({ evidence: { project: undefined, release: undefined }, state: { breakers } }), []);
  t.end();
});

for (const [what, [given, wanted]] of Object.entries(wrong))
  t.test(`finds exactly what is wrong with ${what}`, (t) => {
    t.strictSame(found(given), wanted);
    t.end();
  });
