// kubernetes/kubernetes #81636, kubernetes/cloud-provider-aws #1024.
//   believed -> true   the instance does not exist -> the API lagged behind its creation
//   world              three certified hosts
//   fault              servos start, and their claims come 5 s, 40 s and 20 min later; one has a name that was used and released
//                      here before; the registry lags behind at the last question
//   outcome            none of them is ever an orphan; once claimed, they are live
//   refuses            known-identity, grace; at the last question, the controls
import t from 'tap';
import { aCell, hour, minute, second } from '../support/cell/cell.ts';
import { stillStops } from './support.ts';

t.test('a servo is seen before its claim', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const lags = [5 * second, 40 * second, 20 * minute];
  for (const [i, lagMs] of lags.entries()) {
    const uid = `h1-new${i}`;
    cell.host('h1').start(uid, `h1-new-p${i}`);
    const verdicts = new Set<string>();
    for (let spentMs = 0; spentMs < lagMs; spentMs += minute) {
      await cell.rounds(1, Math.min(minute, Math.max(11 * second, lagMs - spentMs)));
      const { verdict, refuse } = cell.explain(uid);
      verdicts.add(verdict);
      t.ok(refuse.includes('known-identity'), `${lagMs / second} s: known-identity refuses`);
      if (spentMs < 10 * minute) t.ok(refuse.includes('grace'), 'and grace');
    }
    t.same([...verdicts], ['stray']);
    cell.platform.claim(`h1-new-p${i}`, uid, 'h1');
    await cell.rounds(1);
    t.equal(cell.explain(uid).verdict, 'live');
  }
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('its name was released here before', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  cell.host('h1').remove('h1-s1');
  await cell.spend(2 * hour, 10 * minute);
  cell.host('h1').start('h1-s1', 'h1-p1');
  for (let i = 0; i < 20; i++) {
    await cell.rounds(1);
    const { verdict, cap } = cell.explain('h1-s1');
    t.ok(verdict !== 'orphan' || cap.includes('quorum'), `a person would be asked (${verdict})`);
  }
  t.notOk(cell.stopped().includes('h1-s1'));
  cell.platform.claim('h1-p1', 'h1-s1', 'h1');
  await cell.rounds(1);
  t.equal(cell.explain('h1-s1').verdict, 'live');
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('the registry’s look-ups lag behind', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  // A new servo is the first control: if the look-up does not know it yet, it knows nothing.
  cell.deploy('h1', 'h1-newest', 'h1-newest-p');
  await cell.rounds(2);
  cell.delete('h1-p1');
  const host = cell.host('h1');
  host.beforeAsking = () => {
    host.beforeAsking = () => undefined;
    cell.platform.sql(
      "CREATE TABLE lagging AS SELECT * FROM claim WHERE uid = 'h1-newest'; DELETE FROM claim WHERE uid = 'h1-newest';",
    );
  };
  await cell.until('a receipt', () => host.receipts.some((r) => r.code === 'confirm-no'), 3 * hour);
  t.notOk(cell.stopped().includes('h1-s1'), 'the controls refuse');
  cell.platform.sql('INSERT INTO claim SELECT * FROM lagging; DROP TABLE lagging;');
  await cell.rounds(2);
  t.equal(cell.explain('h1-newest').verdict, 'live');
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});
