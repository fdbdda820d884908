import t, { type Test } from 'tap';
import { copyFileSync, mkdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { Db, StateFailed } from '../../../../coordinator/src/state/sqlite/db.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { prepareSums, protect } from '../../../../coordinator/src/state/sqlite/sums.ts';
import { sliceRows } from '../../../../coordinator/src/state/sqlite/slices.ts';
import { applicationId, schemaV1 } from '../../../../coordinator/src/state/sqlite/schema.ts';
import { h1 } from '../../../support/build.ts';
import { aDesk, aFold, coordinatorId, events, start, uidOf } from '../../../support/store.ts';

const open =
  (file: string, more = {}) =>
  () => {
    const store = openSqliteStore({ file, exclusive: true, demo: false, ...more });
    void store.close();
  };
function refusedWith(t: Test) {
  return (file: string, wanted: RegExp, more = {}): void => {
    t.throws(open(file, more), { message: wanted }, wanted.source);
  };
}

t.test('a file that is in use: by another store, and by another process', async (t) => {
  const file = join(t.testdir(), 'state.db');
  const store = openSqliteStore({ file, exclusive: true, demo: false });
  const wanted = /state\.db: in use by another process; one coordinator owns its state file/;
  refusedWith(t)(file, wanted);
  const program = `import { openSqliteStore } from ${JSON.stringify(new URL('../../../../coordinator/src/state/sqlite/store.ts', import.meta.url).href)};
    openSqliteStore({ file: ${JSON.stringify(file)}, exclusive: true, demo: false });`;
  const child = spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  t.not(child.status, 0);
  t.match(child.stderr, wanted);
  await store.close();
  t.doesNotThrow(open(file));
});

t.test('a new file is for its owner alone, and an empty one is a new one', (t) => {
  const dir = t.testdir({ 'empty.db': '' });
  open(join(dir, 'new.db'))();
  t.equal(statSync(join(dir, 'new.db')).mode & 0o777, 0o600);
  t.doesNotThrow(open(join(dir, 'empty.db')));
  t.end();
});

t.test('no database, no directory, a directory in its place', (t) => {
  const dir = t.testdir({ 'text.db': 'this is a text that somebody wrote', short: 'x', folder: {} });
  const refused = refusedWith(t);
  refused(join(dir, 'text.db'), /text\.db: not a SQLite database; name the state file/);
  refused(join(dir, 'short'), /short: not a SQLite database/);
  refused(
    join(dir, 'nowhere', 'state.db'),
    /state\.db: cannot be written \(ENOENT.*its directory must exist/,
  );
  refused(join(dir, 'folder'), /folder: cannot be written \(not a file/);
  refused('/proc/state.db', /cannot be written/);
  t.equal(readFileSync(join(dir, 'text.db'), 'utf8'), 'this is a text that somebody wrote');
  t.end();
});

t.test(
  'a directory that may not be written to',
  { skip: process.getuid?.() === 0 && 'root may write anywhere' },
  (t) => {
    const dir = join(t.testdir(), 'closed');
    mkdirSync(dir, { mode: 0o500 });
    refusedWith(t)(join(dir, 'state.db'), /cannot be written \(EACCES.*must own both/);
    t.end();
  },
);

t.test('another program’s database', (t) => {
  const file = join(t.testdir(), 'other.db');
  const other = new Database(file);
  other.exec('CREATE TABLE customers (name TEXT)');
  other.close();
  refusedWith(t)(file, /other\.db: a database of another program; name the state file/);
  const after = new Database(file, { readonly: true });
  t.strictSame(after.prepare('SELECT name FROM sqlite_schema').pluck().all(), ['customers']);
  after.close();
  t.end();
});

t.test('a newer schema: refused where it is not safe, used where it is', async (t) => {
  const { file, store } = await aDesk(t);
  await store.close();
  const raise = (minSchema: number): void => {
    const raw = new Database(file);
    t.equal(raw.pragma('application_id', { simple: true }), applicationId);
    raw.pragma('user_version = 7');
    prepareSums(raw);
    raw.prepare('UPDATE store_facts SET min_schema = ?').run(minSchema);
    protect(new Db(file, raw));
    raw.close();
  };
  raise(3);
  t.doesNotThrow(open(file));
  raise(5);
  refusedWith(t)(
    file,
    /of schema 7, which needs a program that knows schema 5; this one knows 3: install the newer release/,
  );
});

t.test('the schema of an earlier release is brought up to date, with all that is in it', async (t) => {
  const file = join(t.testdir(), 'state.db');
  const raw = new Database(file);
  raw.exec(schemaV1);
  raw.exec('INSERT INTO store_facts (one, demo, min_schema) VALUES (1, 0, 1)');
  raw.exec("INSERT INTO hosts (host, cell, retired) VALUES ('h1', 'c1', 0)");
  raw.pragma('user_version = 1');
  raw.pragma(`application_id = ${applicationId}`);
  raw.close();
  const store = openSqliteStore({ file, exclusive: true, demo: false });
  await store.lead(parseId('coordinator', 'k1'), 0);
  t.match((await store.readMemory()).hosts, [{ host: 'h1', contested: undefined }]);
  await store.close();
});

t.test('a demo’s state and a real one’s are never mixed', (t) => {
  const dir = t.testdir();
  open(join(dir, 'demo.db'), { demo: true })();
  open(join(dir, 'real.db'), { demo: false })();
  refusedWith(t)(join(dir, 'demo.db'), /the state of a demo installation.*needs a new file/);
  refusedWith(t)(join(dir, 'real.db'), /the state of a real installation; a demo.*needs a new file/, {
    demo: true,
  });
  t.doesNotThrow(open(join(dir, 'demo.db'), { demo: true }));
  t.end();
});

t.test('truncated, and corrupt in the middle', async (t) => {
  const { file, store, act } = await aDesk(t);
  for (let n = 1; n <= 200; n++)
    await act({ kind: 'hold.set', scope: { kind: 'servo', uid: uidOf(n) }, untilMs: undefined });
  await store.close();
  const size = statSync(file).size;
  const damaged = (name: string, damage: (copy: string) => void): string => {
    const copy = `${file}.${name}`;
    copyFileSync(file, copy);
    damage(copy);
    return copy;
  };
  const wanted = /: corrupt \(.*restore the latest backup, then accept the older state on the hosts/;
  refusedWith(t)(
    damaged('short', (copy) => truncateSync(copy, Math.floor(size / 8192) * 4096)),
    wanted,
  );
  const bytes = readFileSync(file);
  refusedWith(t)(
    damaged('scratched', (copy) => writeFileSync(copy, bytes.fill(0xab, 4096 * 2, 4096 * 6))),
    wanted,
  );
});

t.test('a full disk: the transaction is refused whole, and what stood before stands', async (t) => {
  const file = join(t.testdir(), 'state.db');
  const store = openSqliteStore({ file, exclusive: true, demo: false, maxFileBytes: 300 * 1024 });
  t.teardown(async () => await store.close());
  const { epoch } = await store.lead(coordinatorId, 0);
  const now = start;
  const long = parseId('incarnation', 'long'.repeat(30));
  const vouchedAdded = Array.from({ length: sliceRows - 1 }, (_, n) => ({
    host: h1,
    uid: uidOf(`${'long'.repeat(25)}${n}`),
    incarnation: long,
    witnesses: [],
  }));
  await store.recordFold({ epoch, now }, aFold({ vouchedAdded: vouchedAdded.slice(0, 100) }));
  const wanted = { message: /state\.db: no room to write.*nothing of this transaction was kept: free space/ };
  const full = store.recordFold({ epoch, now }, aFold({ vouchedAdded }));
  await t.rejects(full, wanted);
  await full.catch((error: unknown) => t.ok(error instanceof StateFailed && error.cause instanceof Error));
  t.equal((await store.readMemory()).vouched.length, 100);
  t.strictSame(await store.verifyAudit(), { entries: 1, firstBroken: undefined });
  t.strictSame(await events(store), ['leader.took']);
  await store.recordFold({ epoch, now }, aFold({ vouchedRemoved: vouchedAdded.slice(0, 100) }));
  t.equal((await store.readMemory()).vouched.length, 0, 'it goes on once there is room');
});
