// A true release of 12 % of a cell.
import t from 'tap';
import { aCell, day, hosts, hour, minute } from '../support/cell/cell.ts';
import { allStopped, projectOf, servosOf } from './support.ts';

const five = ['h1', 'h2', 'h3', 'h4', 'h5'];

t.test('six of fifty, each a project of its own', async (t) => {
  const cell = await aCell(t, { hosts: hosts(five), servos: 10 });
  await cell.certify();
  const orphans = ['h1-s1', 'h1-s2', ...five.slice(1).map((id) => `${id}-s1`)];
  for (const uid of orphans) cell.delete(projectOf(uid));
  await cell.spend(6 * hour, 20 * minute);
  for (const uid of orphans) t.same(cell.explain(uid).blocked, ['breaker']);
  const closed = await cell.closeBreakers();
  t.ok(closed.includes('cell:c1'));
  await allStopped(t, cell, orphans, 2 * day);
});

t.test('one project of six servos on all hosts', async (t) => {
  const cell = await aCell(t, { hosts: hosts(five), servos: 10 });
  const orphans = five.map((id) => `${id}-wide`);
  for (const uid of orphans) cell.deploy(uid.slice(0, 2), uid, 'wide');
  await cell.certify();
  cell.delete('wide');
  await cell.spend(6 * hour, 20 * minute);
  for (const uid of orphans) t.same(cell.explain(uid).blocked, ['breaker']);
  t.notOk(
    (await cell.closeBreakers()).includes('project:wide'),
    'the whole project was released, so its own breaker is no part of it',
  );
  await allStopped(t, cell, orphans, 2 * day);
});

t.test('the list of an open breaker changes: it is closed for what it shows then', async (t) => {
  const cell = await aCell(t, { hosts: hosts(five), servos: 10 });
  await cell.certify();
  const orphans = servosOf('h1', 4);
  for (const uid of orphans) cell.delete(projectOf(uid));
  await cell.spend(3 * hour, 20 * minute);
  const { breakers } = await cell.admin.ListBreakers({}, cell.operator);
  cell.delete('h2-p1');
  await cell.spend(3 * hour, 20 * minute);
  const [stale] = breakers;
  if (stale === undefined) throw new Error('no breaker is open');
  const { cohort, hash } = breakers.find((b) => b.cohort === 'cell:c1') ?? stale;
  await t.rejects(
    cell.admin.CloseBreaker({ cohort, hash, reason: 'a stale list' }, cell.operator),
    /has changed since it was seen/,
  );
  await cell.closeBreakers();
  await allStopped(t, cell, [...orphans, 'h2-s1'], 6 * day);
});
