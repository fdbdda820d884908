import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { sqlWitness, type SqlQueries } from '../../../coordinator/src/witness/sql.ts';
import { createRegistry, openRegistry, registryQueries } from '../../../scripts/demo/registry.ts';
import { failure, never, profile, readAll } from '../../support/witness.ts';

function aRegistry(t: Pick<Test, 'testdir' | 'teardown'>, servos = 3) {
  const file = join(t.testdir(), 'registry.db');
  const registry = createRegistry(file);
  t.teardown(() => registry.close());
  for (let n = 1; n <= servos; n++) registry.claim(`p${n}`, `u${n}`, `h${n}`);
  const open = (queries: Partial<SqlQueries> = {}, maxRows = 1000) =>
    sqlWitness({ profile, file, queries: { ...registryQueries, ...queries }, maxRows });
  return { file, registry, open };
}
type Test = typeof t;
const u1 = 'u1' as ServoUid;

t.test('reads all claims and tombstones at one version, and looks single uids up', async (t) => {
  const { registry, open } = aRegistry(t);
  registry.deleteProject('p2');
  const { claims, tombstones, version, rows } = await readAll(open());
  t.strictSame(
    claims.map((c) => [c.uid, c.host, c.project, c.since]),
    [
      ['u1', 'h1', 'p1', 1],
      ['u3', 'h3', 'p3', 3],
    ],
  );
  t.strictSame(tombstones, [{ uid: 'u2', host: 'h2', project: 'p2', projectReleased: true }]);
  t.strictSame([version, rows], [4, 3]);
  t.strictSame(
    (await open().lookup(u1, never)).claims.map((c) => c.host),
    ['h1'],
  );
  t.strictSame((await open().lookup('u2' as ServoUid, never)).claims, []);
});

t.test('a writer beside a reading never yields a mixed snapshot', async (t) => {
  const { file, open } = aRegistry(t, 900);
  const writer = openRegistry(file);
  t.teardown(() => writer.close());
  const reading = readAll(open());
  for (let n = 1; n <= 40; n++) writer.deleteProject(`p${n}`);
  const { claims, tombstones } = await reading;
  t.equal(
    claims.length + tombstones.length,
    900,
    'every servo is either claimed or released, at one version',
  );
});

const bad: [name: string, queries: Partial<SqlQueries>, message: RegExp][] = [
  [
    'a null uid',
    { claims: "SELECT NULL AS uid UNION SELECT 'u1' UNION SELECT 'u2'" },
    /query claims, row 1: uid is null; want 1 to 128/,
  ],
  ['an ill-spelled uid', { claims: "SELECT '-x' AS uid" }, /row 1: uid is "-x"/],
  ['a number as host', { claims: "SELECT 'u1' AS uid, 7 AS host" }, /host is 7/],
  ['no uid column', { claims: "SELECT 'u1' AS id" }, /columns id; want uid/],
  [
    'fewer rows than the state says',
    { claims: 'SELECT uid FROM claim LIMIT 2' },
    /2 rows, the state query says 3: not the whole/,
  ],
  [
    'no state row',
    { state: 'SELECT lineage, version FROM registry WHERE 0' },
    /query state: 0 rows; want exactly one/,
  ],
  [
    'a version that is no number',
    { state: "SELECT 'x' AS lineage, 'new' AS version, 3 AS claims, 0 AS tombstones" },
    /version is "new"/,
  ],
  ['a query that fails', { claims: 'SELECT uid FROM claims' }, /no such table: claims/],
  [
    'a tombstone flag that is neither 0 nor 1',
    { tombstones: "SELECT 'u1' AS uid, 7 AS project_released" },
    /project_released is 7/,
  ],
];
for (const [name, queries, message] of bad)
  t.test(`fails for ${name}`, async (t) =>
    t.match(await failure(readAll(aRegistry(t).open(queries))), message),
  );

t.test('fails for more rows than allowed', async (t) =>
  t.match(await failure(readAll(aRegistry(t).open({}, 2))), /more than 2 rows/),
);

t.test('a look-up that cannot be told is an error, never "released"', async (t) => {
  const { open } = aRegistry(t);
  const told = async (lookup: string) => await failure(open({ lookup }).lookup(u1, never));
  t.match(await told("SELECT 'x' AS lineage, 1 AS version, 1 AS claimed WHERE ? = 'other'"), /no row/);
  t.match(
    await told("SELECT 'x' AS lineage, 1 AS version, ? IS NULL AS claimed UNION SELECT 'x', 1, 1"),
    /contradict/,
  );
  t.match(await told("SELECT 'x' AS lineage, 1 AS version, ? AS claimed"), /claimed is "u1"; want 0 or 1/);
  t.match(await told('SELECT ? FROM nowhere'), /no such table/);
  t.match(
    await failure(
      sqlWitness({ profile, file: 'x', queries: { state: '', claims: '' }, maxRows: 1 }).lookup(u1, never),
    ),
    /no look-up/,
  );
});

t.test('a file that is locked, corrupt, missing or no database fails', async (t) => {
  const locked = join(t.testdir({}), 'locked.db');
  const locker = new Database(locked);
  t.teardown(() => locker.close());
  locker.exec('CREATE TABLE x (y); BEGIN EXCLUSIVE; INSERT INTO x VALUES (1)');
  t.match(
    await failure(readAll(sqlWitness({ profile, file: locked, queries: registryQueries, maxRows: 10 }))),
    /database is locked/,
  );
  const other = join(
    t.testdir({ 'no.db': 'this is no database, but long enough to have a header of its own'.repeat(20) }),
    'no.db',
  );
  const setting = { profile, queries: registryQueries, maxRows: 10 };
  t.match(await failure(readAll(sqlWitness({ ...setting, file: other }))), /not a database/);
  t.match(
    await failure(readAll(sqlWitness({ ...setting, file: `${other}.gone` }))),
    /no\.db\.gone cannot be read/,
  );
  writeFileSync(`${other}.empty`, '');
  chmodSync(`${other}.empty`, 0o600);
  t.match(await failure(readAll(sqlWitness({ ...setting, file: `${other}.empty` }))), /no such table/);
});

t.test('stops when it is told to', async (t) => {
  const { open } = aRegistry(t, 900);
  await t.rejects(readAll(open(), AbortSignal.abort(new Error('enough'))), /enough/);
});
