import t from 'tap';
import { cell, h1, minute, operator } from '../../../support/build.ts';
import {
  aDesk,
  events,
  later,
  member,
  order,
  refusal,
  start,
  unfit,
  type Desk,
} from '../../../support/store.ts';

async function quarantined(desk: Desk, n: number) {
  const stop = order(desk, n);
  await desk.plan([stop]);
  await desk.receipt(stop, 'executed');
  return stop;
}

t.test('start orders are durable and charged as they are opened', async (t) => {
  const desk = await aDesk(t);
  const stop = await quarantined(desk, 1);
  const begin = order(desk, 2, { uid: stop.uid, host: stop.host, action: 'start' });
  const mark = await desk.store.openRestores(desk.fence(later(minute)), [begin], []);
  t.strictSame(await desk.store.findOrder(begin.id), { ...begin, decisionVersion: mark.version });
  const { charges, openOrders } = await desk.store.readOperatorState(desk.fence());
  t.match(charges, [
    { order: stop.id },
    { order: begin.id, action: 'start', cell, atMs: later(minute).waitMs },
  ]);
  t.equal(openOrders.length, 1);
  const again = order(desk, 3, { uid: stop.uid, host: stop.host, action: 'start' });
  await unfit(t, desk.store.openRestores(desk.fence(), [again], []), /servo-1 has the unfinished order o-2/);
  t.match(await refusal(desk.store.openRestores(desk.fence(), [order(desk, 4)], [])), {
    message: /a restore is a start/,
  });
  t.strictSame(await desk.store.openRestores(desk.fence(), [], []), mark, 'nothing to do, nothing written');
});

t.test('a stop that was wrong opens its breakers, or joins their list', async (t) => {
  const desk = await aDesk(t);
  const cohorts = ['host:h1', 'generation:c1:sqlite/process'];
  await desk.plan([], start, {
    breakers: [{ cohort: 'host:h1', message: 'too many', members: [member(5)] }],
  });
  const wrong = (n: number) => [{ cohorts, member: member(n), message: `servo-${n} was claimed` }];
  await desk.store.openRestores(desk.fence(), [], wrong(1));
  await desk.store.openRestores(desk.fence(), [], wrong(1));
  await desk.store.openRestores(desk.fence(), [], wrong(2));
  t.match(await desk.store.openBreakers(), [
    { cohort: cohorts[1], message: 'servo-2 was claimed', members: [member(1), member(2)] },
    { cohort: cohorts[0], message: 'servo-2 was claimed', members: [member(5), member(1), member(2)] },
  ]);
  const said = (await events(desk.store)).slice(3);
  t.strictSame(said, ['breaker.opened', 'stop.wrong', 'breaker.opened', 'stop.wrong', 'stop.wrong']);
});

t.test('an operator restores what is in quarantine, and nothing else', async (t) => {
  const desk = await aDesk(t);
  const stop = await quarantined(desk, 1);
  const holdUntilMs = later(minute).waitMs;
  const begin = order(desk, 2, { uid: stop.uid, host: stop.host, action: 'start' });
  const restore = (orders: readonly (typeof begin)[], until = holdUntilMs) =>
    desk.act({ kind: 'restore.ordered', orders, holdUntilMs: until });
  await unfit(t, restore([]), /nothing to restore: see servoctl quarantine list/);
  await unfit(t, restore([begin], start.waitMs), /protects nothing/);
  await unfit(
    t,
    restore([{ ...begin, host: h1, uid: order(desk, 7).uid }]),
    /servo-7 .* is not in quarantine on h1 \(no case\)/,
  );
  await unfit(
    t,
    restore([{ ...begin, host: order(desk, 8).host }]),
    /servo-1 .* is not in quarantine on h8 \(quarantined\)/,
  );
  t.match(await refusal(restore([{ ...begin, action: 'stop' }])), { message: /a restore is a start/ });
  const mark = await restore([begin]);
  t.match(await desk.store.findOrder(begin.id), { action: 'start', state: 'open' });
  const entries = await desk.store.readAudit(mark.version - 2, 5);
  t.match(entries, [
    { event: 'order.opened', by: 'coordinator:k1' },
    { event: 'restore.ordered', by: operator, reason: 'because', about: { holdUntilMs, count: 1 } },
  ]);
  await unfit(t, restore([{ ...begin, id: order(desk, 3).id }]), /has the unfinished order o-2/);
});
