// hashicorp/nomad #5906, #18267.
//   believed -> true   the allocation is gone -> the server read an old index
//   world              three certified hosts
//   fault              the registry is restored from a backup; the same, then gets new rows, so that its newest version is ahead
//                      again; the coordinator's own database is restored from a backup
//   outcome            what was claimed since the backup stays; hosts refuse a coordinator that has forgotten what it decided
//   refuses            witness-shrink (a version that goes back); the other source's claim; the agent's installation check
import { copyFileSync, rmSync } from 'node:fs';
import t from 'tap';
import { aCell, hour, minute, type Cell } from '../support/cell/cell.ts';
import { onlyTrueOrphans, stillStops } from './support.ts';

const backup =
  'CREATE TABLE old AS SELECT * FROM claim; CREATE TABLE old_version AS SELECT version FROM registry;';
const restore =
  'CREATE TABLE new AS SELECT * FROM claim; DELETE FROM claim; INSERT INTO claim SELECT * FROM old;' +
  'CREATE TABLE new_version AS SELECT version FROM registry; UPDATE registry SET version = (SELECT version FROM old_version);';
const mend =
  'DELETE FROM claim; INSERT INTO claim SELECT * FROM new;' +
  'UPDATE registry SET version = 1 + max(version, (SELECT version FROM new_version));';

async function deployedSinceBackup(cell: Cell): Promise<readonly string[]> {
  cell.platform.sql(backup);
  const uids = ['h1-late', 'h2-late', 'h3-late'];
  for (const uid of uids) cell.deploy(uid.slice(0, 2), uid, `${uid}-p`);
  await cell.spend(2 * hour, 20 * minute);
  return uids;
}

t.test('the registry is restored from a backup', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const late = await deployedSinceBackup(cell);
  cell.platform.sql(restore);
  await cell.spend(3 * hour, 20 * minute);
  for (const uid of late) t.equal(cell.explain(uid).verdict, 'live', 'the last accepted claims stand');
  const { says } = cell.report.judgements.length === 0 ? { says: {} } : cell.explain('calibration-1');
  t.match((says as Record<string, string>)['witness-shrink'], /version went back from/);
  t.same(cell.wronglyStopped(), []);
  cell.platform.sql(mend);
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('restored, and ahead again by new rows', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const late = await deployedSinceBackup(cell);
  cell.platform.sql(`${restore} UPDATE registry SET version = version + 1000;`);
  await cell.spend(30 * hour, hour);
  for (const uid of late) t.equal(cell.explain(uid).verdict, 'live', 'the router still claims it');
  t.same(cell.wronglyStopped(), []);
  cell.platform.sql(mend);
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

t.test('the coordinator’s database is restored from a backup', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const kept = `${cell.state}.backup`;
  await cell.restart(() => copyFileSync(cell.state, kept));
  // What it decides from here on, the restored one will not know.
  cell.delete('h1-p1');
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
  const before = cell.stopped();
  await cell.restart(() => {
    copyFileSync(kept, cell.state);
    for (const end of ['-wal', '-shm']) rmSync(`${cell.state}${end}`, { force: true });
  });
  cell.delete('h2-p1');
  await cell.spend(3 * hour, 10 * minute);
  for (const host of cell.hosts.values())
    t.match(
      host.farewell,
      /^(older-epoch|other-chain): .*servo-agent accept-installation/,
      'each host refuses it',
    );
  t.same(cell.stopped(), before);

  // Operators look, and accept on each host and centrally.
  for (const host of cell.hosts.values()) {
    host.acceptInstallation(cell.coordinator);
    await host.connect(cell.coordinator);
  }
  await cell.rounds(1);
  for (const [id, view] of cell.coordinator.fleet.views)
    if (view.contested !== undefined)
      await cell.admin.AcceptHost({ host: id, reason: 'the backup was restored by us' }, cell.operator);
  await onlyTrueOrphans(t, cell, ['h2-s1'], 27 * hour);
});
