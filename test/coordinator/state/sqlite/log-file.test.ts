import t, { type Test } from 'tap';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import Database from 'better-sqlite3';
import { StateFailed } from '../../../../coordinator/src/state/sqlite/db.ts';
import { damagedLog, damageIn } from '../../../../coordinator/src/state/sqlite/log-file.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { aDesk, uidOf } from '../../../support/store.ts';

const pageBytes = 512;
const frameBytes = 24 + pageBytes;

/** A log as a kill leaves it: of `count` transactions; where `over` is given, over the frames of so many older ones. */
function logOf(t: Test, count: number, over = 0): Buffer {
  const file = join(t.testdir(), `log-${count}-${over}.db`);
  const db = new Database(file);
  db.pragma(`page_size = ${pageBytes}`);
  db.pragma('journal_mode = WAL');
  db.pragma('wal_autocheckpoint = 0');
  db.exec('CREATE TABLE t (x)');
  const write = (): unknown => db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(300));
  for (let n = 0; n < over; n++) write();
  if (over > 0) db.pragma('wal_checkpoint(RESTART)');
  for (let n = 0; n < count; n++) write();
  const log = readFileSync(`${file}-wal`);
  db.close();
  return log;
}

/** Where each transaction ends, in frames. */
function ends(log: Buffer): readonly number[] {
  const found: number[] = [];
  const salts = log.subarray(16, 24);
  for (let n = 0; 32 + (n + 1) * frameBytes <= log.length; n++) {
    const frame = log.subarray(32 + n * frameBytes);
    if (!frame.subarray(8, 16).equals(salts)) break;
    if (frame.readUInt32BE(4) !== 0) found.push(n + 1);
  }
  return found;
}

function flipped(log: Buffer, at: number, bits: number): Buffer {
  const bytes = Buffer.from(log);
  bytes[at] = (log[at] ?? 0) ^ bits;
  return bytes;
}

for (const over of [0, 40])
  t.test(over === 0 ? 'a log of its own' : 'a log over an older one', (t) => {
    const log = logOf(t, 12, over);
    const transactions = ends(log);
    const last = transactions.at(-1) ?? 0;
    const before = transactions.at(-2) ?? 0;
    t.equal(transactions.length >= 12, true);
    t.equal(log.length > 32 + last * frameBytes, over > 0, 'older frames behind it');
    t.equal(damageIn(log), undefined, 'as it was left');
    for (let frame = before; frame < last; frame++) {
      const torn = Buffer.from(log).fill(0, 32 + frame * frameBytes + 200, 32 + (frame + 1) * frameBytes);
      t.equal(damageIn(torn), undefined, `torn in frame ${frame + 1}, of the last transaction`);
    }
    for (const cut of [0, 10, 32, 40, 32 + frameBytes, 33 + 3 * frameBytes, 32 + last * frameBytes])
      t.equal(damageIn(log.subarray(0, cut)), undefined, `cut at ${cut}`);
    for (let at = 0; at < 32 + before * frameBytes; at++)
      if (damageIn(flipped(log, at, 1 << (at % 8))) === undefined) t.fail(`byte ${at}: no damage found`);
    t.end();
  });

t.test('a damaged log is refused before it is touched', async (t) => {
  const { file: open, store, act } = await aDesk(t);
  for (let n = 0; n < 3; n++)
    await act({ kind: 'hold.set', scope: { kind: 'servo', uid: uidOf(n) }, untilMs: undefined });
  const file = join(dirname(open), 'copy.db');
  copyFileSync(open, file);
  const damaged = flipped(readFileSync(`${open}-wal`), 32 + 500, 4);
  writeFileSync(`${file}-wal`, damaged);
  await store.close();
  for (let tries = 0; tries < 2; tries++)
    try {
      await openSqliteStore({ file, exclusive: true, demo: false }).close();
      t.fail('it opens');
    } catch (error) {
      t.ok(error instanceof StateFailed);
      t.match(error, {
        message:
          /copy\.db: corrupt \(frame 1 of its log is damaged, and more follow\); restore the latest backup/,
      });
    }
  t.ok(readFileSync(`${file}-wal`).equals(damaged), 'the log is as it was');
});

t.test('a file that was emptied beside its log is no new one', async (t) => {
  const { file: open, store } = await aDesk(t);
  const file = join(dirname(open), 'copy.db');
  writeFileSync(file, '');
  copyFileSync(`${open}-wal`, `${file}-wal`);
  await store.close();
  t.throws(
    () => openSqliteStore({ file, exclusive: true, demo: false }),
    /copy\.db: corrupt \(it is empty, and its log is not\); restore the latest backup/,
  );
  t.ok(readFileSync(`${file}-wal`).length > 0, 'the log is as it was');
});

t.test('logs of SQLite itself, of other page sizes, are read as SQLite reads them', (t) => {
  for (const bytes of [512, 1024, 8192, 65_536]) {
    const file = join(t.testdir(), `p${bytes}.db`);
    const db = new Database(file);
    db.pragma(`page_size = ${bytes}`);
    db.pragma('journal_mode = WAL');
    db.exec('CREATE TABLE t (x)');
    for (let n = 0; n < 20; n++) db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(300));
    const copy = `${file}.copy`;
    copyFileSync(file, copy);
    copyFileSync(`${file}-wal`, `${copy}-wal`);
    t.equal(damagedLog(copy), undefined);
    writeFileSync(`${copy}-wal`, flipped(readFileSync(`${copy}-wal`), 32 + 24 + 100, 1));
    t.match(damagedLog(copy), /frame 1 of its log/);
    db.close();
  }
  t.end();
});
