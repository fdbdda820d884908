// An installation with one witness: the authority alone. An approver is the second vote, for ever.
import t from 'tap';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { allStopped } from './support.ts';

t.test('each orphan is proposed, and stopped once it is approved', async (t) => {
  const cell = await aCell(t, { witnesses: 'registry' });
  cell.delete('h1-p1');
  await cell.spend(8 * day);
  await cell.confirmOrphan('h1-s1');
  await cell.rounds(1);
  await cell.promote('enforce');
  await cell.spend(2 * hour, 10 * minute);
  const { verdict, cap, blocked, lifts } = cell.explain('h1-s1');
  t.equal(verdict, 'orphan');
  t.same(cap, ['quorum']);
  t.same(blocked, ['mode']);
  t.match(lifts['quorum'], /an approval/);
  t.same(cell.stopped(), [], 'by itself: nothing');
  t.equal(await cell.approve(), 1);
  await allStopped(t, cell, ['h1-s1'], day);

  // An approval that nobody used in its hour is over; the next one counts.
  cell.delete('h2-p1');
  await cell.spend(2 * hour, 10 * minute);
  const host = cell.host('h2');
  host.servo('h2-s1').connections = 1;
  await cell.rounds(1);
  t.same(cell.explain('h2-s1').refuse, ['quiet']);
  host.servo('h2-s1').connections = 0;
  await cell.spend(hour, 10 * minute);
  t.equal(await cell.approve(), 1);
  await allStopped(t, cell, ['h2-s1'], day);
});
