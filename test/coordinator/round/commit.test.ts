// What a finished plan changes in hard state: orders complete in themselves, and cases that move on only when they should.
import t from 'tap';
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { isId, parseId } from '@servo-auditor/proto/ids.ts';
import { planCell } from '../../../coordinator/src/decide/plan.ts';
import { judge } from '../../../coordinator/src/decide/verdict.ts';
import type { Case } from '../../../coordinator/src/domain/case.ts';
import type { Evidence } from '../../../coordinator/src/domain/evidence.ts';
import type { HostView } from '../../../coordinator/src/domain/host.ts';
import type { OperatorState } from '../../../coordinator/src/domain/operator.ts';
import { changeOf, orderIdFrom, type Written } from '../../../coordinator/src/round/commit.ts';
import {
  aCase,
  aContext,
  aRelease,
  aTrack,
  aView,
  anInventory,
  anOrder,
  anOrphan,
  bootId,
  cell,
  epoch,
  generation,
  given,
  h1,
  incarnation,
  now,
  otherUid,
  project,
  readerVersion,
  runtimeId,
  uid,
} from '../../support/build.ts';

const suspect = anOrphan({ activity: 'active' });

interface More extends Partial<Written> {
  readonly state?: Partial<OperatorState>;
}

/** The change of a round over these servos; the plan is the real one. */
function change(evidences: readonly Evidence[], { state, ...more }: More = {}) {
  const context = aContext(state);
  const judgements = evidences.map((evidence) => judge(evidence, given));
  return changeOf({
    plan: planCell(cell, judgements, context),
    judgements,
    views: new Map<HostView['id'], HostView>(),
    tracks: [],
    context,
    authorityVersion: 500,
    newOrderId: () => parseId('order', 'o-new'),
    pausedMs: 0,
    ...more,
  });
}

const statesOf = (cases: ReturnType<typeof change>['cases']) => cases.map((c) => [c.case.uid, c.case.state]);

t.test('an orphan that may be acted on: an order that is complete in itself, and its case', async (t) => {
  const evidence = anOrphan();
  const { orders, cases } = change([evidence]);
  t.strictSame(orders, [
    {
      id: 'o-new',
      epoch,
      action: 'stop',
      state: 'open',
      host: h1,
      cell,
      generation,
      readerVersion,
      bootId,
      uid,
      incarnation,
      project,
      projectReleased: true,
      identity: identityDigest(generation, { uid, incarnation, runtimeId }),
      reason: 'orphan: tombstone of project p1',
      madeMs: now.waitMs,
      decisionVersion: 0,
      approved: false,
      rounds: evidence.rounds,
    },
  ]);
  t.match(cases, [
    {
      case: {
        uid,
        incarnation,
        state: 'ordered',
        order: 'o-new',
        sinceMs: now.waitMs,
        sinceWallMs: now.wallMs,
        decidedAtVersion: 500,
        message: 'order o-new',
      },
    },
  ]);
  const kept = JSON.parse(cases[0]?.evidence ?? '') as { verdict: string; actionGates: unknown[] };
  t.equal(kept.verdict, 'orphan');
  t.ok(kept.actionGates.length > 0, 'with why it was acted on');
});

t.test('the project is the release’s; without it the one that the host notes', async (t) => {
  const other = parseId('project', 'p-released');
  t.equal(change([anOrphan({ release: aRelease({ project: other }) })]).orders[0]?.project, other);
  t.equal(change([anOrphan({ release: aRelease({ project: undefined }) })]).orders[0]?.project, project);
});

t.test('an orphan that is blocked, and a suspect: a case, no order', async (t) => {
  const frozen = change([anOrphan()], { state: { modes: new Map() } });
  t.strictSame(frozen.orders, []);
  t.strictSame(statesOf(frozen.cases), [[uid, 'orphan']]);
  t.equal(frozen.cases[0]?.case.decidedAtVersion, undefined, 'no stop was decided');
  t.match(frozen.cases[0]?.evidence, '"gate":"mode","outcome":"refuse"');
  t.strictSame(statesOf(change([suspect]).cases), [[uid, 'suspect']]);
});

t.test('a void plan: what was seen is written down, nothing is ordered', async (t) => {
  const judgements = [judge(anOrphan(), given)];
  const plan = planCell(cell, judgements, aContext());
  const { orders, cases } = change([anOrphan()], { plan: { ...plan, entries: [] } });
  t.strictSame(orders, []);
  t.strictSame(statesOf(cases), [[uid, 'orphan']]);
});

t.test('verdicts without a case', async (t) => {
  const stray = anOrphan({ known: false, release: undefined });
  t.equal(judge(stray, given).verdict, 'stray');
  t.strictSame(change([stray]).cases, []);
});

t.test('a case that stands where it stood is not written again', async (t) => {
  t.strictSame(change([suspect], { state: { cases: [aCase('suspect')] } }).cases, []);
  t.strictSame(statesOf(change([anOrphan()], { state: { cases: [aCase('suspect')] } }).cases), [
    [uid, 'ordered'],
  ]);
});

t.test('from the order on, only receipts move a case', async (t) => {
  for (const state of ['ordered', 'quarantined'] as const) {
    const cases = [aCase(state)];
    t.strictSame(change([suspect], { state: { cases } }).cases, [], `${state}, and seen`);
    t.strictSame(change([], { state: { cases } }).cases, [], `${state}, and not seen`);
  }
});

t.test('what the case knew of its last order is kept while none is new', async (t) => {
  const before = aCase('over', { order: parseId('order', 'o-9'), decidedAtVersion: 5, message: 'refused' });
  const [moved] = change([suspect], { state: { cases: [before] } }).cases;
  t.match(moved?.case, { state: 'suspect', order: 'o-9', decidedAtVersion: 5, message: 'refused' });
});

t.test('a suspicion that is over: claimed again, or gone', async (t) => {
  const known: readonly Case[] = [
    aCase('suspect'),
    aCase('orphan', { uid: otherUid }),
    aCase('suspect', { uid: parseId('servo uid', 'elsewhere'), cell: parseId('cell', 'c2') }),
    aCase('restored', { uid: parseId('servo uid', 'restored') }),
  ];
  const { cases } = change([], { state: { cases: known } });
  t.strictSame(
    statesOf(cases),
    [
      [uid, 'over'],
      [otherUid, 'over'],
    ],
    'of this cell, and no other',
  );
  t.match(cases[0]?.case, { sinceMs: now.waitMs, message: 'claimed again, or gone by itself' });
});

t.test('a quarantined servo that was restored on its host', async (t) => {
  const runs = (
    incarnationNow: string,
    state: 'running' | 'quarantined',
    more: Partial<OperatorState> = {},
  ) =>
    statesOf(
      change([], {
        state: { cases: [aCase('quarantined')], ...more },
        views: new Map([[h1, aView({ inventory: anInventory([{ incarnation: incarnationNow, state }]) })]]),
      }).cases,
    );
  t.strictSame(runs('inc-2', 'running'), [[uid, 'over']]);
  t.strictSame(runs('inc-1', 'running'), [], 'found running in quarantine is a contradiction, not a restore');
  t.strictSame(runs('inc-1', 'quarantined'), []);
  t.strictSame(
    runs('inc-2', 'running', { openOrders: [anOrder({ action: 'start', state: 'open' })] }),
    [],
    'while an order is under way its receipt says so',
  );
});

t.test('tracks that changed, of this cell', async (t) => {
  const moved = { ...aTrack, message: 'one host missing' };
  const elsewhere = { ...aTrack, cell: parseId('cell', 'c2') };
  t.strictSame(change([], { tracks: [aTrack, elsewhere] }).tracks, [], 'as they were');
  t.strictSame(change([], { tracks: [moved, elsewhere] }).tracks, [moved]);
  const fresh = { ...aTrack, readerVersion: parseId('reader version', 'c'.repeat(64)) };
  t.strictSame(change([], { tracks: [aTrack, fresh] }).tracks, [fresh]);
});

t.test('approvals that only wait for room live longer by the time that they waited', async (t) => {
  const plan = { ...planCell(cell, [], aContext()), paused: [{ uid, incarnation }] };
  t.strictSame(change([], { plan, pausedMs: 700 }).paused, [{ uid, incarnation, byMs: 700 }]);
  t.strictSame(change([], { plan, pausedMs: 0 }).paused, []);
});

t.test('ids of orders are random, and ids', async (t) => {
  t.equal(orderIdFrom(Uint8Array.from([0, 255, 16])), 'o-00ff10');
  t.ok(isId('order', orderIdFrom(new Uint8Array(8))));
});
