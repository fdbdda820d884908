import t from 'tap';
import {
  cell,
  day,
  generation,
  incarnation,
  minute,
  otherReader,
  otherUid,
  operator,
} from '../../../support/build.ts';
import { keptMs } from '../../../../coordinator/src/state/sqlite/prune.ts';
import { chargeWindowMs } from '../../../../coordinator/src/state/sqlite/charges.ts';
import { maxStepsPerCase } from '../../../../coordinator/src/state/sqlite/cases.ts';
import { membersHash } from '../../../../coordinator/src/state/sqlite/breakers.ts';
import {
  aDesk,
  caseOf,
  events,
  hostOf,
  later,
  limits,
  member,
  order,
  orderId,
  refusal,
  start,
  trackOf,
  uidOf,
  unfit,
} from '../../../support/store.ts';

t.test('the intent of every order is durable, with what it cites, under one decision', async (t) => {
  const desk = await aDesk(t);
  const [one, two] = [order(desk, 1), order(desk, 2, { approved: true, project: undefined })];
  const mark = await desk.plan([one, two]);
  t.strictSame(await desk.store.findOrder(one.id), { ...one, decisionVersion: mark.version });
  t.strictSame(await desk.store.findOrder(two.id), { ...two, decisionVersion: mark.version });
  t.equal(await desk.store.findOrder(orderId(3)), undefined);
  t.strictSame(await desk.store.hashAt(mark.version), mark.hash);
  const opened = (await desk.store.readAudit(mark.version - 2, 10)).map((e) => [e.event, e.by, e.about]);
  t.match(opened, [
    ['order.opened', 'coordinator:k1', { order: one.id, uid: one.uid, rounds: one.rounds }],
    ['order.opened', 'coordinator:k1', { order: two.id, uid: two.uid, approved: true }],
  ]);
  const state = await desk.store.readOperatorState(desk.fence());
  t.strictSame(
    state.openOrders.map((o) => o.id),
    [one.id, two.id],
  );
  t.strictSame(state.cases, [caseOf(one), caseOf(two)]);
  t.strictSame(state.charges, [], 'nothing is charged before the yes');
});

t.test(
  'one unfinished order per uid, whatever its host, and nothing of a refused plan is kept',
  async (t) => {
    const desk = await aDesk(t);
    const one = order(desk, 1);
    const mark = await desk.plan([one]);
    const again = order(desk, 9, { uid: one.uid, host: hostOf(5) });
    await unfit(
      t,
      desk.plan([order(desk, 2), again]),
      /servo-1 has the unfinished order o-1 \(open\) on h1: .* after its receipt/,
    );
    await unfit(
      t,
      desk.plan([order(desk, 3), order(desk, 4, { uid: uidOf(3) })]),
      /servo-3 would get two orders/,
    );
    t.equal(await desk.store.findOrder(orderId(2)), undefined);
    t.equal(await desk.store.findOrder(orderId(3)), undefined);
    t.strictSame(await desk.plan([]), mark);
    await desk.receipt(one, 'unexecuted');
    await desk.plan([again]);
    t.match(await desk.store.findOrder(again.id), { state: 'open' });
  },
);

t.test('an order that is not open, not a stop, of another cell or epoch is a broken promise', async (t) => {
  const desk = await aDesk(t);
  for (const wrong of [
    { state: 'possible' },
    { action: 'start' },
    { cell: 'c2' as typeof cell },
    { epoch: 7 as typeof desk.epoch },
  ] as const)
    t.match((await refusal(desk.plan([order(desk, 1, wrong)]))).message, /order o-1 is/);
  t.equal(await desk.store.findOrder(orderId(1)), undefined);
});

t.test('what changes nothing is not written', async (t) => {
  const desk = await aDesk(t);
  const breakers = [{ cohort: 'host:h1', message: '4 of 10', members: [member(1), member(2)] }];
  const mark = await desk.plan([], start, { breakers });
  t.strictSame(await desk.plan([]), mark);
  t.strictSame(
    await desk.plan([], start, { breakers: [{ ...breakers[0]!, message: 'said otherwise' }] }),
    mark,
  );
  t.match(await desk.store.openBreakers(), [{ message: '4 of 10' }]);
});

t.test('a breaker is opened once, audited once, and its list is kept up to date', async (t) => {
  const desk = await aDesk(t);
  const opening = (...members: number[]) => ({
    breakers: [{ cohort: 'host:h1', message: `${members.length} of 10`, members: members.map(member) }],
  });
  await desk.plan([], start, opening(2, 1));
  await desk.plan([], later(minute), opening(1, 2, 3));
  const [open] = await desk.store.openBreakers();
  t.match(open, { cohort: 'host:h1', message: '3 of 10', since: { wallMs: start.wallMs } });
  t.equal(open?.hash, membersHash([member(3), member(2), member(1)]), 'in whatever order');
  t.equal((await events(desk.store)).filter((e) => e === 'breaker.opened').length, 1);
});

t.test(
  'certification is audited when it changes, and a confirmation that came meanwhile is not lost',
  async (t) => {
    const desk = await aDesk(t, 'observe');
    const { store, plan, act } = desk;
    const track = trackOf({ certified: 'observe', confirmedOrphan: undefined, readerVersion: otherReader });
    await plan([], start, { tracks: [track] });
    const orphan = caseOf(order(desk, 1), { state: 'orphan', order: undefined });
    await plan([], start, { cases: [{ case: orphan, evidence: '{}' }] });
    await act({
      kind: 'orphan.confirmed',
      cell,
      generation,
      readerVersion: otherReader,
      uid: orphan.uid,
      incarnation,
    });
    await plan([], start, { tracks: [{ ...track, certified: 'propose', message: 'a day' }] });
    const [kept] = (await store.readOperatorState(desk.fence())).tracks;
    t.strictSame(kept?.confirmedOrphan, { uid: orphan.uid, incarnation, by: operator });
    await plan([], start, { tracks: [{ ...track, mappingHash: 'edited' }] });
    const [voided] = (await store.readOperatorState(desk.fence())).tracks;
    t.equal(voided?.confirmedOrphan, undefined, 'what was earned with another mapping is gone');
    const said = await store.readAudit(0, 100);
    t.match(
      said.filter((e) => e.event.startsWith('certification.')),
      [
        { event: 'certification.earned', reason: 'a day', about: { before: 'observe', after: 'propose' } },
        { event: 'certification.voided', about: { before: 'propose', after: 'observe' } },
      ],
    );
  },
);

t.test('from the order on only a receipt moves a case; one in quarantine can still go away', async (t) => {
  const desk = await aDesk(t);
  const one = order(desk, 1);
  await desk.plan([one]);
  const moved = (state: 'suspect' | 'orphan' | 'over') =>
    desk.plan([], start, { cases: [{ case: caseOf(one, { state }), evidence: '{}' }] });
  await unfit(
    t,
    moved('suspect'),
    /the case of servo-1 \(inc-1\) is ordered by order o-1, not to become suspect: a receipt/,
  );
  await desk.receipt(one, 'executed');
  await unfit(t, moved('orphan'), /is quarantined by order o-1, not to become orphan/);
  await moved('over');
  t.match(await desk.store.findCases({ uid: one.uid, limit: 5 }), [{ state: 'over' }]);
  await moved('suspect');
});

t.test('cases are found by what is asked, newest first, and tell their history', async (t) => {
  const desk = await aDesk(t);
  const [one, two] = [order(desk, 1), order(desk, 2)];
  await desk.plan([one]);
  await desk.plan([two], later(minute), {
    cases: [{ case: caseOf(two, { sinceMs: later(minute).waitMs }), evidence: '{"two":2}' }],
  });
  await desk.receipt(two, 'executed', later(2 * minute));
  const found = async (filter: object) =>
    (await desk.store.findCases({ limit: 10, ...filter })).map((c) => c.uid);
  t.strictSame(await found({}), [two.uid, one.uid]);
  t.strictSame(await found({ limit: 1 }), [two.uid]);
  t.strictSame(await found({ host: one.host }), [one.uid]);
  t.strictSame(await found({ project: one.project }), [two.uid, one.uid]);
  t.strictSame(await found({ uid: otherUid }), [two.uid]);
  t.strictSame(await found({ states: ['quarantined', 'orphan'] }), [two.uid]);
  t.strictSame(await found({ states: [] }), [], 'none of no states');
  t.ok((await refusal(found({ limit: 0 }))) instanceof RangeError);
  t.match(await desk.store.caseHistory(two.uid, incarnation), [
    { state: 'ordered', evidence: '{"two":2}' },
    { state: 'quarantined', wallMs: later(2 * minute).wallMs, evidence: /"outcome":"executed"/ },
  ]);
  t.strictSame(await desk.store.caseHistory(uidOf(7), incarnation), []);
});

t.test('a case keeps its newest steps', async (t) => {
  const desk = await aDesk(t);
  const one = order(desk, 1);
  for (let n = 1; n <= maxStepsPerCase + 5; n++) {
    const state = n % 2 === 0 ? 'suspect' : 'orphan';
    await desk.plan([], start, { cases: [{ case: caseOf(one, { state }), evidence: `{"n":${n}}` }] });
  }
  const steps = await desk.store.caseHistory(one.uid, incarnation);
  t.equal(steps.length, maxStepsPerCase);
  t.equal(steps[0]?.evidence, '{"n":6}');
  t.equal(steps.at(-1)?.evidence, `{"n":${maxStepsPerCase + 5}}`);
});

t.test('what has had its time is forgotten, and nothing that still counts', async (t) => {
  const desk = await aDesk(t);
  const { store, fence, plan } = desk;
  const [ended, lost, undone] = [order(desk, 1), order(desk, 2), order(desk, 3)];
  await plan([ended, lost, undone]);
  for (const o of [ended, lost]) await store.giveYes(fence(), o.id, limits(o));
  await desk.receipt(ended, 'executed');
  await desk.receipt(undone, 'unexecuted');
  await plan([], start, { cases: [{ case: caseOf(undone, { state: 'over' }), evidence: '{}' }] });
  await desk.act({ kind: 'hold.set', scope: { kind: 'cell', cell }, untilMs: start.waitMs + day });
  await desk.act({ kind: 'plan.approved', cell, hash: undone.identity, members: [undone] });
  const something = (n: number) => ({ tracks: [trackOf({ message: `moved ${n}` })] });

  await plan([], later(chargeWindowMs - 1), something(1));
  let state = await store.readOperatorState(fence(later(chargeWindowMs - 1)));
  t.strictSame([state.charges.length, state.approvals.length, state.holds.length], [2, 0, 0]);
  await plan([], later(chargeWindowMs), something(2));
  state = await store.readOperatorState(fence(later(chargeWindowMs)));
  t.strictSame(
    state.charges.map((c) => c.order),
    [lost.id],
    'an order without receipt stays charged',
  );
  t.ok(await store.findOrder(undone.id));
  await plan([], later(keptMs), something(3));
  t.equal(await store.findOrder(undone.id), undefined);
  t.strictSame(await store.findCases({ uid: undone.uid, limit: 5 }), []);
  t.strictSame(await store.caseHistory(undone.uid, incarnation), []);
  t.match(await store.findOrder(ended.id), { state: 'closed' }, 'its servo is in quarantine');
  t.match(await store.findOrder(lost.id), { state: 'possible' });
  t.match(await store.findCases({ uid: ended.uid, limit: 5 }), [{ state: 'quarantined' }]);
});

t.test('an approval lives longer by the time that it was paused', async (t) => {
  const desk = await aDesk(t);
  const { uid } = order(desk, 1);
  await desk.act({
    kind: 'plan.approved',
    cell,
    hash: 'a'.repeat(64) as never,
    members: [{ uid, incarnation }],
  });
  for (const paused of [
    [{ uid, incarnation, byMs: 700 }],
    [{ uid, incarnation, byMs: 300 }],
    [{ uid: otherUid, incarnation, byMs: 5 }],
  ])
    await desk.plan([], start, { paused });
  const { approvals } = await desk.store.readOperatorState(desk.fence());
  t.match(approvals, [{ uid, incarnation, by: operator, pausedMs: 1000 }]);
  t.equal(approvals.length, 1);
});
