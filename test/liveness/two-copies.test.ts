// A project that is deleted just after its servo was moved leaves two copies of one uid: both are stopped, one after the other.
import t from 'tap';
import { aCell, day, hour } from '../support/cell/cell.ts';

t.test('two copies of one uid, both orphans', async (t) => {
  const cell = await aCell(t, {});
  await cell.certify();
  cell.deploy('h1', 'moved', 'moved-p');
  await cell.spend(2 * hour);
  cell.deploy('h2', 'moved', 'moved-p');
  await cell.spend(2 * hour);
  cell.delete('moved-p');
  const before = cell.stopped().length;
  await cell.until('both are stopped', () => cell.stopped().length === before + 2, 2 * day, hour / 4);
  t.same(cell.stopped().slice(before), ['moved', 'moved']);
  t.same(cell.wronglyStopped(), []);
});
