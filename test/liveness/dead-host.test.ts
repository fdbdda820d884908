// A cell of three hosts, one of which is dead, or two.
import t from 'tap';
import { aCell, day, hour, type Cell } from '../support/cell/cell.ts';
import { allStopped } from './support.ts';

const retire = async (cell: Cell, id: string) => {
  await cell.admin.RetireHost({ host: cell.host(id).id, reason: 'its machine is gone' }, cell.operator);
};

t.test('one of three dies in a certified cell: work goes on by itself', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.host('h3').disconnect();
  cell.delete('h1-p1');
  await allStopped(t, cell, ['h1-s1'], day);
});

t.test(
  'two of three die: the coordinator may be the one that is cut off, until they are retired',
  async (t) => {
    const cell = await aCell(t);
    await cell.certify();
    cell.host('h2').disconnect();
    cell.host('h3').disconnect();
    cell.delete('h1-p1');
    await cell.spend(day, hour);
    t.same(cell.explain('h1-s1').blocked, ['fleet-quorum']);
    t.match(cell.explain('h1-s1').lifts['fleet-quorum'], /servoctl hosts retire <host>/);
    await retire(cell, 'h2');
    await cell.rounds(2);
    t.same(cell.explain('h1-s1').blocked, ['fleet-quorum'], 'one of two is still too few');
    await retire(cell, 'h3');
    await allStopped(t, cell, ['h1-s1'], day);
  },
);

t.test('one of three dies before anything is certified: trust waits until it is retired', async (t) => {
  const cell = await aCell(t);
  cell.deploy('h1', 'h1-cal', 'h1-cal-p');
  await cell.spend(hour);
  cell.delete('h1-cal-p');
  await cell.spend(day, hour);
  cell.host('h3').disconnect();
  await cell.spend(8 * day);
  await cell.confirmOrphan('h1-cal');
  await cell.rounds(1);
  await t.rejects(cell.promote('propose'), /certified for observe only/);
  const { certifications } = await cell.admin.ListCertifications({}, cell.operator);
  t.match(
    certifications[0]?.message,
    /of 18 servos expected, only 12 were found/,
    'and it says what is missing',
  );
  await retire(cell, 'h3');
  await cell.spend(8 * day);
  await cell.promote('enforce');
  await allStopped(t, cell, ['h1-cal'], day);
});

t.test('a dead host, and a coordinator that starts anew', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const dead = cell.host('h3');
  dead.disconnect();
  cell.hosts.delete('h3');
  await cell.restart();
  cell.delete('h1-p1');
  await allStopped(t, cell, ['h1-s1'], day);
  dead.close();
});
