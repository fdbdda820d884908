import t from 'tap';
import { outcomes, type OpenOrder } from '../../../../coordinator/src/domain/order.ts';
import { incarnation, minute, operator } from '../../../support/build.ts';
import {
  aDesk,
  aReceipt,
  caseOf,
  events,
  hostOf,
  later,
  lead,
  limits,
  order,
  orderId,
  refusedAgainMs,
  start,
  type Desk,
} from '../../../support/store.ts';

const caseNow = async ({ store }: Desk, { uid }: OpenOrder) => (await store.findCases({ uid, limit: 5 }))[0];
const charged = async ({ store, fence }: Desk) =>
  (await store.readOperatorState(fence())).charges.map((c) => c.order);

/** An order that is in quarantine by now. */
async function quarantined(desk: Desk, n = 1) {
  const stop = order(desk, n);
  await desk.plan([stop]);
  await desk.store.giveYes(desk.fence(), stop.id, limits(stop));
  await desk.receipt(stop, 'executed');
  return stop;
}

t.test('of a stop: what becomes of the case, and whether it is charged', async (t) => {
  const wanted = {
    executed: { state: 'quarantined', notBeforeMs: undefined },
    refused: { state: 'orphan', notBeforeMs: later(minute).waitMs + refusedAgainMs },
    unexecuted: { state: 'suspect', notBeforeMs: undefined },
    unknown: { state: 'suspect', notBeforeMs: undefined },
  } as const;
  for (const outcome of outcomes)
    for (const asked of [true, false])
      await t.test(`${outcome}, ${asked ? 'after' : 'without'} a yes`, async (t) => {
        const desk = await aDesk(t);
        const stop = order(desk, 1);
        await desk.plan([stop]);
        if (asked) await desk.store.giveYes(desk.fence(), stop.id, limits(stop));
        t.strictSame(await desk.receipt(stop, outcome, later(minute)), { known: true });
        const mayHaveStopped = outcome === 'executed' || outcome === 'unknown';
        t.strictSame(
          await charged(desk),
          asked || mayHaveStopped ? [stop.id] : [],
          'never refunded, never missed',
        );
        t.match(await desk.store.findOrder(stop.id), { state: 'closed' });
        t.match(await caseNow(desk, stop), {
          ...wanted[outcome],
          order: stop.id,
          sinceMs: later(minute).waitMs,
          message: new RegExp(`stop ${stop.id}: ${outcome} \\(.*\\): it was ${outcome}`),
        });
        const entry = (await desk.store.readAudit(0, 100)).at(-1);
        t.match(entry, {
          event: `receipt.${outcome}`,
          reason: `it was ${outcome}`,
          about: { order: stop.id },
        });
        t.equal(entry?.about['withoutYes'], mayHaveStopped && !asked ? true : undefined);
      });
});

t.test('a second receipt changes nothing, whatever it says', async (t) => {
  const desk = await aDesk(t);
  const stop = await quarantined(desk);
  const before = [await desk.store.readOperatorState(desk.fence()), await events(desk.store)];
  for (const outcome of outcomes)
    t.strictSame(await desk.receipt(stop, outcome, later(minute)), { known: true });
  t.strictSame([await desk.store.readOperatorState(desk.fence()), await events(desk.store)], before);
});

t.test('an order that is not known, or another host’s, has no receipt here', async (t) => {
  const desk = await aDesk(t);
  const stop = order(desk, 1);
  await desk.plan([stop]);
  const record = async (more: object) =>
    await desk.store.recordReceipt(desk.fence(), aReceipt(stop, 'executed', more), refusedAgainMs);
  t.strictSame(await record({ order: orderId(9) }), { known: false });
  t.strictSame(await record({ host: hostOf(9) }), { known: false });
  t.match(await desk.store.findOrder(stop.id), { state: 'open' });
});

t.test('a late receipt counts under a later epoch, also for an order that is being closed', async (t) => {
  const desk = await aDesk(t);
  const [stop, closing] = [order(desk, 1), order(desk, 2)];
  await desk.plan([stop, closing]);
  await desk.store.giveYes(desk.fence(), stop.id, limits(stop));
  const next = await lead(desk.store, desk.file);
  await next.store.closeOrders(next.fence(), [stop.id, closing.id], 'made by an earlier leader');
  t.match(await next.store.findOrder(stop.id), { state: 'possible' }, 'closing absolves nothing');
  t.match(await next.store.findOrder(closing.id), { state: 'closing' });
  t.strictSame(await next.receipt(stop, 'executed'), { known: true });
  t.strictSame(await next.receipt(closing, 'unexecuted'), { known: true });
  t.match(await caseNow(next, stop), { state: 'quarantined' });
  t.match(await caseNow(next, closing), { state: 'suspect' });
  t.strictSame(await charged(next), [stop.id]);
});

t.test('a stop whose case is gone gets one, so that it can be seen and undone', async (t) => {
  const desk = await aDesk(t);
  const [stop, refused] = [order(desk, 1), order(desk, 2)];
  await desk.plan([stop, refused], start, { cases: [] });
  await desk.receipt(stop, 'executed');
  await desk.receipt(refused, 'refused');
  t.match(await caseNow(desk, stop), { state: 'quarantined', host: stop.host, order: stop.id });
  t.equal(await caseNow(desk, refused), undefined);
});

t.test('a case that went on meanwhile is not moved back', async (t) => {
  const desk = await aDesk(t);
  const stop = order(desk, 1);
  await desk.plan([stop], start, { cases: [{ case: caseOf(stop, { state: 'over' }), evidence: '{}' }] });
  await desk.receipt(stop, 'unexecuted');
  t.match(await caseNow(desk, stop), { state: 'over' });
});

t.test('of a start: an automatic restore', async (t) => {
  for (const outcome of outcomes)
    await t.test(outcome, async (t) => {
      const desk = await aDesk(t);
      const stop = await quarantined(desk);
      const begin = order(desk, 2, { uid: stop.uid, host: stop.host, action: 'start' });
      await desk.store.openRestores(desk.fence(), [begin], []);
      await desk.receipt(begin, outcome, later(minute));
      t.match(await caseNow(desk, stop), {
        state: outcome === 'executed' ? 'restored' : 'quarantined',
        order: stop.id,
        notBeforeMs: outcome === 'refused' ? later(minute).waitMs + refusedAgainMs : undefined,
        message: new RegExp(`^start o-2: ${outcome}`),
      });
      t.strictSame((await desk.store.readOperatorState(desk.fence())).holds, [], 'nobody asked for a hold');
      t.strictSame(await charged(desk), [stop.id, begin.id]);
    });
});

t.test('of a start: an operator’s restore is held once it runs, or may run', async (t) => {
  for (const outcome of outcomes)
    await t.test(outcome, async (t) => {
      const desk = await aDesk(t);
      const stop = await quarantined(desk);
      const begin = order(desk, 2, { uid: stop.uid, host: stop.host, action: 'start' });
      const holdUntilMs = later(60 * minute).waitMs;
      await desk.act({ kind: 'restore.ordered', orders: [begin], holdUntilMs });
      t.strictSame((await desk.store.readOperatorState(desk.fence())).holds, []);
      await desk.receipt(begin, outcome);
      const { holds } = await desk.store.readOperatorState(desk.fence());
      const isHeld = outcome === 'executed' || outcome === 'unknown';
      t.match(
        holds,
        isHeld
          ? [
              {
                scope: { kind: 'servo', uid: stop.uid },
                by: operator,
                reason: 'restored: because',
                untilMs: holdUntilMs,
              },
            ]
          : [],
      );
      t.equal(holds.length, isHeld ? 1 : 0);
      t.equal((await events(desk.store)).includes('hold.set'), isHeld);
      t.strictSame(
        await charged(desk),
        [stop.id],
        'an operator’s restore takes nothing from the automatic ones',
      );
    });
});

t.test('the incarnation of a started servo is in the case’s history', async (t) => {
  const desk = await aDesk(t);
  const stop = await quarantined(desk);
  const begin = order(desk, 2, { uid: stop.uid, host: stop.host, action: 'start' });
  await desk.store.openRestores(desk.fence(), [begin], []);
  const more = { incarnation: 'inc-2' as typeof incarnation };
  await desk.store.recordReceipt(desk.fence(), aReceipt(begin, 'executed', more), refusedAgainMs);
  t.match((await desk.store.caseHistory(stop.uid, incarnation)).at(-1)?.evidence, '"incarnation":"inc-2"');
});
