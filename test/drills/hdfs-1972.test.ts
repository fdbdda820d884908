// HDFS-1972, 2011.
//   believed -> true   two replicas exist -> the old leader's delete was still pending
//   world              three certified hosts
//   fault              an order is executed, its receipt is lost, another coordinator takes the lead over the same state
//   outcome            one stop, never a second; the receipt arrives in the end, and closes the order as executed
//   refuses            one unfinished order per uid (budget); the agent's journal; nothing is decided for a host before its
//                      first inventory under the new epoch
import t from 'tap';
import { aCell, hour, minute } from '../support/cell/cell.ts';
import { stillStops } from './support.ts';

t.test('an executed order without a receipt, and a new leader', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.losesReceipts = true;
  await cell.until('the stop', () => host.stopped.includes('h1-s1'), 3 * hour);
  const open = async () =>
    (await cell.coordinator.store.readOperatorState(cell.coordinator.fence())).openOrders.filter(
      (o) => o.state !== 'closed',
    );
  const [order] = await open();
  t.equal(order?.state, 'possible');
  const epoch = cell.coordinator.epoch;

  await cell.restart();
  t.ok(cell.coordinator.epoch > epoch, 'another leadership');
  await cell.pass();
  t.same(cell.report.judgements, [], 'before a host was read under it, nothing is judged there');
  await cell.spend(2 * hour, 5 * minute);
  t.same(
    (await open()).map((o) => [o.id, o.state]),
    [[order?.id, 'possible']],
    'the same order still counts as possibly executed, and there is no second one',
  );
  t.ok(
    host.receipts.filter((r) => r.outcome === 'executed').length > 1,
    'its receipt is sent again and again',
  );

  host.losesReceipts = false;
  await cell.rounds(2);
  t.same(await open(), []);
  if (order === undefined) throw new Error('there was an order');
  t.equal((await cell.order(order.id))?.state, 'closed');
  const [kept] = await cell.coordinator.store.findCases({ uid: order.uid, limit: 1 });
  t.equal(kept?.state, 'quarantined', 'the case knows that it was stopped');
  t.equal(host.stopped.filter((uid) => uid === 'h1-s1').length, 1, 'one stop');
  await stillStops(t, cell, 'h2-p2', 'h2-s2');
});

t.test('somebody starts it by hand while its receipt is lost', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.losesReceipts = true;
  await cell.until('the stop', () => host.stopped.includes('h1-s1'), 3 * hour);
  host.start('h1-s1', 'h1-p1');
  await cell.restart();
  await cell.spend(30 * hour, hour);
  t.equal(host.stopped.filter((uid) => uid === 'h1-s1').length, 1, 'it is not stopped a second time');
  t.ok(
    cell.explain('h1-s1').refuse.includes('identity-agrees'),
    'in quarantine, and yet it runs: a contradiction',
  );
  host.losesReceipts = false;
  await stillStops(t, cell, 'h2-p2', 'h2-s2');
});
