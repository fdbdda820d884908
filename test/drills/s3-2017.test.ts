// AWS S3, 2017-02-28.
//   believed -> true   remove a few -> far too many, too fast
//   world              three certified hosts of ten servos
//   fault              30 % of them are released at once, all of it true
//   outcome            nothing is stopped by itself; after a person has closed the breakers for exactly this list, one host
//                      loses one servo at a time; what is released later is not on the list, and counts anew
//   refuses            breaker, then budget, then each agent's own limit
import t from 'tap';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { onlyTrueOrphans } from './support.ts';

t.test('30 % of a generation are released at once', async (t) => {
  const cell = await aCell(t, { servos: 10 });
  await cell.certify();
  const before = cell.stopped();
  const released = ['h1', 'h2', 'h3'].flatMap((id) => [1, 2, 3].map((n) => `${id}-s${n}`));
  for (const uid of released) cell.delete(uid.replace('-s', '-p'));
  await cell.spend(2 * day, hour);
  for (const uid of released) t.same(cell.explain(uid).blocked, ['breaker'], `${uid} is blocked`);
  t.match(cell.explain('h1-s1').says['breaker'], /9 orphans and stops among/);
  t.match(cell.explain('h1-s1').lifts['breaker'], /servoctl breakers show .*, then close it/);
  t.same(cell.stopped(), before, 'and nothing was stopped in two days');

  const closed = await cell.closeBreakers();
  t.ok(closed.includes('fleet') && closed.includes('cell:c1'));
  await cell.rounds(2);
  t.equal(cell.stopped().length, before.length + 3, 'one on each host');
  const waiting = released.filter((uid) => !cell.stopped().includes(uid));
  t.ok(
    waiting.every((uid) => cell.explain(uid).blocked.join() === 'budget'),
    'the rest waits for its budget',
  );
  // Then the host itself says no: one stop a day.
  await cell.spend(2 * hour, 10 * minute);
  t.equal(cell.stopped().length, before.length + 3);
  t.ok(cell.host('h1').receipts.some((r) => r.code === 'local-limit'));

  // Four more are no part of what was looked at.
  const later = ['h1-s4', 'h2-s4', 'h3-s4', 'h1-s5'];
  for (const uid of later) cell.delete(uid.replace('-s', '-p'));
  await cell.spend(2 * hour, 10 * minute);
  t.ok(
    cell.explain('h1-s4').blocked.includes('breaker'),
    'the breakers open anew for what is not on the list',
  );
  await cell.closeBreakers();
  await onlyTrueOrphans(t, cell, [...released, ...later], 8 * day);
});
