// Attacks that a review of the design found on paper. Each world is a certified cell in which `h1-s1` is what is attacked; each
// names what closes it, and ends with a true orphan that is stopped.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { onlyTrueOrphans, stillStops } from './support.ts';

const json = { 'content-type': 'application/json' };

t.test('the only witness that still claims it times out: a failing witness keeps its veto', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  // The registry forgets it; the router still serves it, and is then gone for two days.
  cell.platform.sql("DELETE FROM claim WHERE uid = 'h1-s1'; UPDATE registry SET version = version + 1;");
  cell.platform.fault = (_path, response) => {
    response.destroy();
    return true;
  };
  await cell.spend(2 * day, hour);
  t.equal(cell.explain('h1-s1').verdict, 'live', 'its last accepted claim stands');
  t.same(cell.wronglyStopped(), []);
  cell.platform.fault = () => false;
  await cell.spend(6 * hour, hour);
  t.equal(cell.explain('h1-s1').verdict, 'live');
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('a router keyed by other names knows nothing of it: ignorance does not vote', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  // Claimed by the registry alone, for long; then the registry loses the row.
  cell.host('h1').start('h1-quiet', 'h1-quiet-p');
  cell.platform.registry.claim('h1-quiet-p', 'h1-quiet', 'h1');
  cell.platform.router.set({ uid: 'route-of-h1-quiet', host: 'h1', project: 'h1-quiet-p' });
  await cell.spend(day, hour);
  t.equal(cell.explain('h1-quiet').verdict, 'live');
  cell.platform.registry.releaseServo('h1-quiet');
  await cell.spend(2 * day, hour);
  const { cap, blocked } = cell.explain('h1-quiet');
  t.same(cap, ['quorum'], 'one source alone says released');
  t.same(blocked, ['mode'], 'so a person is asked');
  t.notOk(cell.stopped().includes('h1-quiet'));
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test(
  'one row is missed in the bulk reading though the count is right: the look-up of the single uid',
  async (t) => {
    const columns = 'uid, host, incarnation, project, version AS since';
    const cell = await aCell(t, {
      queries: {
        claims: `SELECT ${columns} FROM claim WHERE uid NOT IN (SELECT uid FROM missed) UNION ALL SELECT ${columns} FROM shifted`,
      },
    });
    cell.platform.sql('CREATE TABLE missed (uid TEXT); CREATE TABLE shifted AS SELECT * FROM claim WHERE 0;');
    await cell.certify();
    cell.platform.sql(
      "INSERT INTO missed VALUES ('h1-s1'); INSERT INTO shifted VALUES ('other', 'h9', NULL, 'other-p', 1);",
    );
    // The router knows it no longer either, so that only the registry speaks for it.
    cell.platform.router.delete('h1-s1');
    await cell.spend(day, hour);
    const { verdict, refuse } = cell.explain('h1-s1');
    t.equal(verdict, 'undecided');
    t.same(refuse, ['quorum', 'rounds', 'grace'], 'the look-up says claimed, so there is no release');
    t.same(cell.wronglyStopped(), []);
    cell.platform.sql('DELETE FROM missed; DELETE FROM shifted;');
    await cell.rounds(2);
    t.equal(cell.explain('h1-s1').verdict, 'live');
    await stillStops(t, cell, 'h2-p1', 'h2-s1');
  },
);

t.test(
  'undeleted while in quarantine: it is restored where it was, and claims bring no second stop',
  async (t) => {
    const cell = await aCell(t);
    await cell.certify();
    cell.delete('h1-p1');
    await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
    await cell.spend(6 * day, 6 * hour);
    cell.platform.claim('h1-p1', 'h1-s1', 'h1');
    // The registry answers only partly for two days: what it cannot say restores nothing, and destroys nothing.
    cell.platform.fault = (_path, response) => {
      response.writeHead(200, json).end('{');
      return true;
    };
    await cell.spend(2 * day, 6 * hour);
    cell.platform.fault = () => false;
    await cell.rounds(3);
    t.ok(cell.host('h1').servos.has('h1-s1'), 'it runs again');
    await cell.spend(2 * day, 6 * hour);
    t.equal(cell.stopped().filter((uid) => uid === 'h1-s1').length, 1);
    const uid = parseId('servo uid', 'h1-s1');
    const [restored] = await cell.coordinator.store.findCases({ uid, limit: 1 });
    t.equal(restored?.state, 'restored');
    cell.delete('h2-p1');
    await cell.until('the orphan', () => cell.stopped().includes('h2-s1'), 27 * hour);
  },
);

t.test('a release is taken back within its grace: nothing was ever ordered', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.delete('h1-p1');
  await cell.spend(50 * minute, 5 * minute);
  t.equal(cell.explain('h1-s1').verdict, 'suspect');
  cell.platform.claim('h1-p1', 'h1-s1', 'h1');
  await cell.spend(2 * day, hour);
  t.equal(cell.explain('h1-s1').verdict, 'live');
  t.same(cell.wronglyStopped(), []);
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('a hold that comes after the order, before the last question', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  const uid = parseId('servo uid', 'h1-s1');
  const scope = { kind: 'uid', value: uid } as const;
  let hold: number | undefined;
  host.beforeAsking = async () => {
    host.beforeAsking = () => undefined;
    await cell.admin.SetHold({ scope, lastsMs: undefined, reason: 'wait for its owner' }, cell.operator);
    const { holds } = await cell.admin.ListHolds({}, cell.operator);
    hold = holds[0]?.id;
  };
  await cell.until('a receipt', () => host.receipts.some((r) => r.code === 'confirm-no'), 3 * hour);
  await cell.spend(day, hour);
  t.same(cell.explain('h1-s1').blocked, ['hold']);
  t.notOk(cell.stopped().includes('h1-s1'));
  if (hold === undefined) throw new Error('no hold was set');
  await cell.admin.ReleaseHold({ id: hold, reason: 'its owner agrees' }, cell.operator);
  await onlyTrueOrphans(t, cell, ['h1-s1'], day);
});
