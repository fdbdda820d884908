// A generation with four servos: everything that counts in shares must still let something happen.
import t from 'tap';
import { aCell, day, hosts, hour, minute } from '../support/cell/cell.ts';
import { acceptWitnesses, allStopped } from './support.ts';

const old = 'manifest-directory/process';

t.test('one of four is released: certified, and stopped by itself', async (t) => {
  const cell = await aCell(t, { hosts: hosts(['old1', 'old2'], old), servos: 2 });
  await cell.certify('enforce', new Set([old]));
  cell.delete('old1-p1');
  await allStopped(t, cell, ['old1-s1'], day);
});

t.test(
  'the generation dies out: its last orphans want one servo that shows they are read right',
  async (t) => {
    const cell = await aCell(t, {
      hosts: { ...hosts(['h1', 'h2']), ...hosts(['old1', 'old2'], old) },
      servos: 2,
    });
    await cell.certify('enforce', new Set([old]));
    const all = ['old1-s1', 'old1-s2', 'old2-s1', 'old2-s2'];
    for (const uid of all) cell.delete(uid.replace('-s', '-p'));
    await cell.spend(6 * hour, 20 * minute);
    t.ok(
      all.every((uid) => cell.explain(uid).verdict === 'live'),
      'the last accepted claims stand',
    );
    t.same(await acceptWitnesses(cell), ['registry', 'router']);
    await cell.spend(6 * hour, 20 * minute);
    for (const uid of all) t.same(cell.explain(uid).refuse, ['two-way-match']);
    t.match(
      cell.explain('old1-s1').lifts['two-way-match'],
      /a servo of this generation that the authority claims, in this cell/,
    );

    // The way out that the gate names.
    cell.deploy('old1', 'old1-witness', 'old1-witness-p');
    await cell.spend(hour, 10 * minute);
    for (const uid of all) t.same(cell.explain(uid).blocked, ['breaker']);
    await cell.closeBreakers();
    await allStopped(t, cell, all, 4 * day);
  },
);
