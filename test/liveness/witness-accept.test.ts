// A snapshot waits for an operator, who looks at it, asks around, and accepts it ten minutes later: what was seen is what is
// accepted, though the witness was read again and again meanwhile.
import t from 'tap';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { allStopped } from './support.ts';

t.test('an accept that takes its time', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  for (let n = 1; n <= 4; n++) cell.delete(`h3-p${n}`);
  await cell.spend(hour, 10 * minute);
  const { witnesses } = await cell.admin.ListWitnesses({}, cell.operator);
  const waiting = witnesses.flatMap(({ witness, waiting: w }) =>
    w === undefined ? [] : [[witness, w.hash] as const],
  );
  t.same(
    waiting.map(([witness]) => witness),
    ['registry', 'router'],
  );
  // Meanwhile the platform goes on as always.
  cell.deploy('h1', 'h1-meanwhile', 'h1-meanwhile-p');
  await cell.spend(10 * minute, minute);
  for (const [witness, hash] of waiting)
    await cell.admin.AcceptWitness({ witness, hash, reason: 'truly gone' }, cell.operator);
  await cell.spend(3 * hour, 10 * minute);
  const orphans = [1, 2, 3, 4].map((n) => `h3-s${n}`);
  for (const uid of orphans) t.same(cell.explain(uid).blocked, ['breaker']);
  await cell.closeBreakers();
  await allStopped(t, cell, orphans, 5 * day);
});
