// Azure DevOps, Brazil South, 2023-05-24.
//   believed -> true   the canary ring was fine -> the fatal line never ran there
//   world              one cell with two generations, everything claimed, a clean week and more
//   fault              an operator wants to raise the mode: of a cell in which no orphan was ever seen, of a generation without
//                      any live servo, of one whose reader has changed since
//   outcome            nobody can; what the trial never judged has earned nothing
//   refuses            certification (promotion, and the gate generation-certified)
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { aCell, day, defaultGeneration, hosts, hour } from '../support/cell/cell.ts';
import { onlyTrueOrphans, stillStops } from './support.ts';

const old = 'manifest-directory/process';

t.test('a clean week in which no orphan was seen promotes nothing', async (t) => {
  const cell = await aCell(t);
  await cell.spend(30 * day);
  for (const mode of ['propose', 'enforce'] as const)
    await t.rejects(cell.promote(mode), /certified for observe only/);
  const what = {
    kind: 'mode.set',
    cell: cell.id,
    generation: parseId('generation', defaultGeneration),
    mode: 'enforce',
  } as const;
  const { store, fence } = cell.coordinator;
  await t.rejects(
    store.act(fence(), cell.operator.name, 'past the admin', what),
    /certified for observe at most/,
    'nor past the admin',
  );

  cell.delete('h1-p1');
  await cell.spend(day, hour);
  t.same(cell.explain('h1-s1').blocked, ['generation-certified', 'mode']);
  // Seen, looked at and confirmed: the thirty days count now.
  await cell.confirmOrphan('h1-s1');
  await cell.rounds(1);
  await cell.promote('enforce');
  await onlyTrueOrphans(t, cell, ['h1-s1'], hour);
});

t.test('a generation of which the trial saw no live servo', async (t) => {
  const cell = await aCell(t, {
    hosts: { ...hosts(['h1', 'h2', 'h3']), ...hosts(['empty1'], old) },
    servos: 0,
  });
  for (const id of ['h1', 'h2', 'h3'])
    for (let n = 1; n <= 6; n++) cell.deploy(id, `${id}-s${n}`, `${id}-p${n}`);
  await cell.certify('enforce', new Set([defaultGeneration]));
  await t.rejects(cell.promote('propose', old), /certified for observe only/);
  // Now its first servos come: what runs there is shown, and left alone.
  for (let n = 1; n <= 4; n++) cell.deploy('empty1', `empty1-s${n}`, `empty1-p${n}`);
  await cell.spend(day, hour);
  cell.delete('empty1-p1');
  await cell.spend(6 * hour, hour);
  t.same(cell.explain('empty1-s1').blocked, ['generation-certified', 'mode']);
  await stillStops(t, cell, 'h1-p1', 'h1-s1');
  t.notOk(cell.stopped().includes('empty1-s1'));
});

t.test('an agent that reads otherwise falls back, and its hosts are left alone', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  const before = cell.host('h1');
  before.close();
  const host = cell.addHost('h1', undefined, { uid: 'name' });
  for (const servo of before.servos.values()) host.start(servo.uid, servo.project, `other-${servo.uid}`);
  await host.connect(cell.coordinator);
  await cell.spend(6 * hour, hour);
  t.equal(cell.explain('other-h1-s2').verdict, 'stray');
  t.same(cell.wronglyStopped(), []);
  t.notOk(cell.stopped().includes('h1-s1'));
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});
