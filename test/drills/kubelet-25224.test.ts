// kubernetes/kubernetes #25224, 2016.
//   believed -> true   same name, so the same pod -> it had been recreated
//   world              three certified hosts
//   fault              an orphan's slot is filled again, by the same name, with a servo that somebody uses, between the decision
//                      and the stop
//   outcome            the order is refused on the host; the new servo runs on
//   refuses            the agent's own judgement (incarnation); later than that, the actor (it is another one by now)
import t from 'tap';
import { aCell, hour, type Cell } from '../support/cell/cell.ts';
import { stillStops } from './support.ts';

/** The same slot by the same name, for a project that lives; the registry knows it at once. */
function recreated(cell: Cell): void {
  cell.host('h1').recreate('h1-s1');
  cell.platform.claim('h1-p1', 'h1-s1', 'h1');
}

t.test('recreated after the decision, before the agent looks', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.onOrder = () => {
    host.onOrder = () => undefined;
    recreated(cell);
  };
  await cell.until('a receipt', () => host.receipts.length > 1, 3 * hour);
  t.same(host.receipts.at(-1), { outcome: 'refused', code: 'incarnation' });
  t.ok(host.servos.has('h1-s1'), 'the new one runs on');
  await cell.rounds(2);
  t.equal(cell.explain('h1-s1').verdict, 'live');
  await stillStops(t, cell, 'h1-p2', 'h1-s2');
});

t.test('recreated, and nobody has claimed it yet', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.onOrder = () => {
    host.onOrder = () => undefined;
    host.recreate('h1-s1');
  };
  await cell.until('a receipt', () => host.receipts.length > 1, 3 * hour);
  t.same(host.receipts.at(-1), { outcome: 'refused', code: 'incarnation' });
  await cell.rounds(2);
  // The tombstone was read before this incarnation was seen: it says nothing certain about it.
  t.ok(cell.explain('h1-s1').cap.includes('quorum'));
  t.ok(cell.explain('h1-s1').refuse.includes('grace'));
  await cell.spend(26 * hour, hour);
  t.same(cell.explain('h1-s1').blocked, ['mode'], 'only a person can say so');
  await stillStops(t, cell, 'h1-p2', 'h1-s2');
});

t.test('recreated between the agent’s judgement and its act', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.beforeAsking = () => {
    host.beforeAsking = () => undefined;
    host.recreate('h1-s1');
  };
  await cell.until('a receipt', () => host.receipts.length > 1, 3 * hour);
  t.same(host.receipts.at(-1), { outcome: 'refused', code: 'gone' });
  t.ok(host.servos.has('h1-s1'), 'the new one runs on');
  await stillStops(t, cell, 'h2-p2', 'h2-s2');
});
