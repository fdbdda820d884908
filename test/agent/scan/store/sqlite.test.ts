import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { openSqlite } from '../../../../agent/src/scan/store/sqlite.ts';
import { never } from '../support.ts';

const columns = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
const schema = 'CREATE TABLE instance (uid, project, argv, cwd, env)';
const insert = 'INSERT INTO instance VALUES (?, ?, ?, ?, ?)';
const rest = ['p-1', '["node","s.js"]', '/srv', '{"A":"1"}'];

function databaseOf(t: Test, sql: string, rows: readonly (readonly unknown[])[] = []): string {
  const path = join(t.testdir(), 'servos.db');
  const database = new Database(path);
  database.exec(sql);
  for (const row of rows) database.prepare(insert).run(...row);
  database.close();
  return path;
}

const readAt = (path: string, more: object = {}) =>
  openSqlite({ path, table: 'instance', columns, ...more }).read([], never);

t.test('reads every row, and writes nothing', async (t) => {
  const path = databaseOf(t, schema, [
    ['u-2', ...rest],
    ['u-1', ...rest],
  ]);
  const before = readFileSync(path);
  const { records, problems } = await readAt(path);
  t.strictSame(problems, []);
  t.strictSame(records.map((r) => r.uid).toSorted(), ['u-1', 'u-2']);
  t.match(records[0], { project: 'p-1', argv: ['node', 's.js'], cwd: '/srv', env: { A: '1' } });
  t.strictSame(readFileSync(path), before);
  t.strictSame(readdirSync(join(path, '..')), ['servos.db']);
});

t.test('reads only the mapped columns', async (t) => {
  const path = databaseOf(
    t,
    `CREATE TABLE guest (id TEXT, uid TEXT); INSERT INTO guest VALUES ('u-1', NULL)`,
  );
  const { records, problems } = await readAt(path, { table: 'guest', columns: { uid: 'id' } });
  t.strictSame(problems, []);
  t.match(records, [{ uid: 'u-1', project: undefined, argv: undefined }]);
});

const broken: readonly (readonly [name: string, code: string, message: RegExp, row: readonly unknown[]])[] = [
  ['a null uid', 'missing-field', /"uid" is missing/, [null, ...rest]],
  ['a number as uid', 'wrong-type', /"uid" is a number/, [7, ...rest]],
  ['a blob as uid', 'wrong-type', /"uid" is an object/, [Buffer.from('u-1'), ...rest]],
  ['an infinite number as uid', 'wrong-type', /"uid" is a number/, [Infinity, ...rest]],
  ['a misspelled uid', 'bad-value', /want 1 to 128/, ['u 1', ...rest]],
  ['a null project', 'missing-field', /"project" is missing/, ['u-1', null, ...rest.slice(1)]],
  [
    'argv that is not JSON',
    'wrong-type',
    /"argv" is a string: want a list/,
    ['u-1', 'p', 'node s.js', '/', '{}'],
  ],
  ['env with a key twice', 'wrong-type', /"env"/, ['u-1', 'p', '["a"]', '/', '{"A":"1","A":"2"}']],
];
for (const [name, code, message, row] of broken) {
  t.test(`refuses ${name}, and reads the rest`, async (t) => {
    const path = databaseOf(t, schema, [row, ['u-good', ...rest]]);
    const { records, problems } = await readAt(path);
    t.strictSame(
      records.map((r) => r.uid),
      ['u-good'],
    );
    t.equal(problems.length, 1);
    t.match(problems, [{ code, message, contentSha256: /^[0-9a-f]{64}$/ }]);
    t.ok(problems[0]?.path.startsWith(`${path}#instance/`));
    t.strictSame((await readAt(path)).problems, problems, 'the same place and hash each time');
  });
}

t.test('refuses one uid in two rows, and returns both', async (t) => {
  const path = databaseOf(t, schema, [
    ['u-1', ...rest],
    ['u-1', 'p-2', ...rest.slice(1)],
  ]);
  const { records, problems } = await readAt(path);
  t.strictSame(
    records.map((r) => r.uid),
    ['u-1', 'u-1'],
  );
  t.match(problems, [{ code: 'uid-twice', message: /uid u-1 stands in/, contentSha256: /^[0-9a-f]{64}$/ }]);
});

t.test('a database of another schema', async (t) => {
  const otherTable = await readAt(databaseOf(t, 'CREATE TABLE other (uid)'));
  t.match(otherTable, {
    records: [],
    problems: [{ code: 'other-schema', message: /no such table: instance/ }],
  });
});

t.test('a column that is not there is never taken for a text', async (t) => {
  const path = databaseOf(
    t,
    `CREATE TABLE instance (id, project, argv, cwd, env); INSERT INTO instance VALUES ('u-1', 'p', '[]', '/', '{}')`,
  );
  t.match(await readAt(path), {
    records: [],
    problems: [{ code: 'other-schema', message: /no such column: instance.uid/ }],
  });
});

t.test('an empty file is no empty store', async (t) => {
  const path = join(t.testdir({ 'servos.db': '' }), 'servos.db');
  t.match(await readAt(path), { records: [], problems: [{ code: 'other-schema' }] });
});

t.test('a database that is none, and one that is damaged', async (t) => {
  const none = join(
    t.testdir({ 'servos.db': 'something else that is longer than a header of SQLite has to be'.repeat(20) }),
    'servos.db',
  );
  t.match(await readAt(none), { records: [], problems: [{ path: none, code: 'corrupt' }] });
  const damaged = databaseOf(
    t,
    schema,
    Array.from({ length: 500 }, (_, i) => [`u-${i}`, ...rest]),
  );
  const bytes = readFileSync(damaged);
  writeFileSync(damaged, bytes.fill(0xee, 4096, 4096 * 3));
  const { records, problems } = await readAt(damaged);
  t.strictSame(records, [], 'half a table is no table');
  t.match(problems, [{ path: damaged, code: 'corrupt', message: /restore/ }]);
});

t.test('a database that vanished', async (t) => {
  const path = join(t.testdir(), 'servos.db');
  t.match(await readAt(path), { records: [], problems: [{ path, code: 'vanished' }] });
  mkdirSync(path);
  t.match(await readAt(path), { records: [], problems: [{ path, code: 'not-a-file' }] });
});

t.test('a database that another process has locked', async (t) => {
  const path = databaseOf(t, schema, [['u-1', ...rest]]);
  const holder = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `
      import Database from 'better-sqlite3';
      new Database(${JSON.stringify(path)}).exec('BEGIN EXCLUSIVE');
      console.log('locked');
      process.stdin.resume();`,
    ],
    { stdio: ['pipe', 'pipe', 'inherit'], cwd: import.meta.dirname },
  );
  t.teardown(() => holder.kill());
  await once(holder.stdout, 'data');
  const began = performance.now();
  t.match(await readAt(path), { records: [], problems: [{ path, code: 'locked', message: /500 ms/ }] });
  t.ok(performance.now() - began < 5000, 'does not wait for ever');
  holder.kill();
  await once(holder, 'exit');
  t.match(await readAt(path), { records: [{ uid: 'u-1' }], problems: [] }, 'and the next scan reads it');
});

t.test('reads while a writer writes, in one transaction', async (t) => {
  const path = databaseOf(t, `PRAGMA journal_mode = WAL; ${schema}`, [['u-1', ...rest]]);
  const writer = new Database(path);
  t.teardown(() => writer.close());
  writer.exec('BEGIN IMMEDIATE');
  writer.prepare(insert).run('u-2', ...rest);
  t.match(await readAt(path), { records: [{ uid: 'u-1' }], problems: [] });
  t.equal((await readAt(path)).records.length, 1);
  writer.exec('COMMIT');
  t.equal((await readAt(path)).records.length, 2);
});

t.test('names that are no plain names are refused when it is opened', async (t) => {
  t.throws(
    () => openSqlite({ path: '/x', table: 'a"; DROP TABLE b; --', columns }),
    /is no name of a table or column/,
  );
  t.throws(() => openSqlite({ path: '/x', table: 'a', columns: { uid: 'a b' } }), /"a b"/);
});
