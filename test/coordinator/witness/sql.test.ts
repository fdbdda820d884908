import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone } from '../../../coordinator/src/domain/witness.ts';
import { sqlWitness, type SqlQueries } from '../../../coordinator/src/witness/sql.ts';
import { createRegistry, openRegistry, registryQueries } from '../../../scripts/demo/registry.ts';
import { at } from '../../support/build.ts';
import { FleetUnderTest, registryProfile } from '../../support/fleet.ts';
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

t.test('a writer in the midst of a reading is seen entirely or not at all', async (t) => {
  const { file, open } = aRegistry(t, 60);
  const writer = openRegistry(file);
  t.teardown(() => writer.close());
  const claims: Claim[] = [];
  const tombstones: Tombstone[] = [];
  const sink = {
    claim: (claim: Claim) => {
      claims.push(claim);
      // Behind the reading and before it, claims become tombstones and others begin.
      const n = claims.length;
      if (n <= 20) writer.deleteProject(`p${61 - n}`);
      if (n > 20 && n <= 40) writer.deleteProject(`p${n - 20}`);
      writer.claim('late', `late${n}`, 'h1');
    },
    tombstone: (tombstone: Tombstone) => void tombstones.push(tombstone),
  };
  const end = await open().read(sink, never);
  t.strictSame([claims.length, tombstones.length, end.version, end.rows], [60, 0, 60, 60], 'as it began');
  const after = await readAll(open());
  t.strictSame([after.claims.length, after.tombstones.length, after.version], [80, 40, 160]);
  t.ok(
    after.claims.every(({ uid }) => !after.tombstones.some((tombstone) => tombstone.uid === uid)),
    'no servo is both',
  );
});

t.test('a writer in another process never shows a servo as neither claimed nor released', async (t) => {
  const { file, open } = aRegistry(t, 400);
  const program = `
    import { openRegistry } from ${JSON.stringify(join(import.meta.dirname, '../../../scripts/demo/registry.ts'))};
    const registry = openRegistry(${JSON.stringify(file)});
    for (let n = 1; n <= 150; n++) {
      registry.deleteProject('p' + n);
      if (n % 3 === 0) registry.claim('p' + n, 'u' + n, 'h' + n);
    }
    registry.close();`;
  const writer = spawn(process.execPath, ['--input-type=module-typescript', '-e', program], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exit = new Promise<number | null>((resolve) => writer.once('exit', resolve));
  const versions = new Set<number>();
  while (writer.exitCode === null) {
    const { claims, tombstones, version } = await readAll(open());
    const uids = new Set([...claims, ...tombstones].map(({ uid }) => uid));
    if (uids.size !== 400 || claims.length + tombstones.length !== 400) t.fail(`mixed at version ${version}`);
    versions.add(version);
    await setImmediate();
  }
  t.equal(await exit, 0);
  t.equal((await readAll(open())).version, 600);
  t.ok(versions.size > 1, `${versions.size} versions were read meanwhile`);
});

const bad: [name: string, queries: Partial<SqlQueries>, message: RegExp][] = [
  [
    'a null uid',
    { claims: "SELECT NULL AS uid UNION SELECT 'u1' UNION SELECT 'u2'" },
    /query claims, row 1: uid is null; want 1 to 128/,
  ],
  ['an ill-spelled uid', { claims: "SELECT '-x' AS uid" }, /row 1: uid is "-x"/],
  ['a number as host', { claims: "SELECT 'u1' AS uid, 7 AS host" }, /host is 7/],
  [
    'no uid column',
    { claims: "SELECT 'u1' AS id" },
    /query claims: the columns are id: "uid" is missing; want uid/,
  ],
  [
    'fewer rows than the state says',
    { claims: 'SELECT uid FROM claim LIMIT 2' },
    /2 rows, the state query says 3: not the whole/,
  ],
  [
    'no state row',
    { state: 'SELECT lineage, version, 3 AS claims, 0 AS tombstones FROM registry WHERE 0' },
    /query state: no row; want exactly one/,
  ],
  [
    'a version that is no number',
    { state: "SELECT 'x' AS lineage, 'new' AS version, 3 AS claims, 0 AS tombstones" },
    /version is "new"/,
  ],
  [
    'a column with another name, which would release a uid on all hosts',
    { tombstones: 'SELECT uid, host AS node FROM tombstone' },
    /query tombstones: the columns are uid, node: "node" is unknown; want uid, and of host/,
  ],
  [
    'a column that is there twice',
    { claims: 'SELECT uid, host, project AS host FROM claim' },
    /"host" is there twice/,
  ],
  ['a query that yields no rows at all', { claims: 'BEGIN' }, /query claims: yields no rows; want a SELECT/],
  [
    'a query that wants a value',
    { claims: 'SELECT uid FROM claim WHERE uid = ?' },
    /query claims: Too few parameter values/,
  ],
  [
    'a query that fails on its way',
    { claims: "SELECT uid FROM claim UNION ALL SELECT json('{')" },
    /query claims, after row 3: malformed JSON/,
  ],
  [
    'several state rows',
    { state: "SELECT 'x' AS lineage, 1 AS version, 3 AS claims, 0 AS tombstones FROM claim" },
    /query state: several rows; want exactly one/,
  ],
  [
    'a flag of a tombstone that is not known',
    { tombstones: "SELECT 'u1' AS uid, NULL AS project_released" },
    /query tombstones, row 1: project_released is null; want 0 or 1/,
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
  t.match(
    await failure(readAll(aRegistry(t).open({}, 2))),
    /query claims, row 3: more than 2 rows in all; want fewer/,
  ),
);

t.test(
  'fails for one uid with two projects, and for one claim twice; several hosts are no error',
  async (t) => {
    const { open } = aRegistry(t, 0);
    const counts = (claims: number) => ({
      state: `SELECT 'x' AS lineage, 1 AS version, ${claims} AS claims, 0 AS tombstones`,
    });
    const into = async (claims: string) => {
      const builder = new FleetUnderTest().fleet.beginSnapshot(registryProfile.id, at(0));
      return await open({ ...counts(2), claims }).read(builder, never);
    };
    t.match(
      await failure(
        into("SELECT 'u1' AS uid, 'h1' AS host, 'p1' AS project UNION ALL SELECT 'u1', 'h2', 'p2'"),
      ),
      /query claims, row 2: registry claims u1 for project p1 and for project p2: want one project per uid/,
    );
    t.match(
      await failure(into("SELECT 'u1' AS uid, 'h1' AS host UNION ALL SELECT 'u1', 'h1'")),
      /query claims, row 2: registry claims u1 on h1 twice/,
    );
    t.equal(
      (await into("SELECT 'u1' AS uid, 'h1' AS host, 'p1' AS project UNION ALL SELECT 'u1', 'h2', 'p1'"))
        .rows,
      2,
    );
  },
);

t.test('a look-up that cannot be told is an error, never "released"', async (t) => {
  const { open } = aRegistry(t);
  const told = async (lookup: string) => await failure(open({ lookup }).lookup(u1, never));
  t.match(await told("SELECT 'x' AS lineage, 1 AS version, 1 AS claimed WHERE ? = 'other'"), /no row/);
  const x = "SELECT 'x' AS lineage, 1 AS version,";
  const two = (first: string, second: string) => told(`${first} WHERE ? <> '' UNION ALL ${second}`);
  t.match(await two(`${x} 0 AS claimed`, `${x} 1`), /contradict each other: claimed is 0 and 1/);
  t.match(
    await two(`${x} 1 AS claimed`, "SELECT 'y', 1, 1"),
    /contradict each other: lineage is "x" and "y"/,
  );
  t.match(await two(`${x} 1 AS claimed`, `SELECT 'x', 2, 1`), /contradict each other: version is 1 and 2/);
  t.match(await two(`${x} 0 AS claimed`, `${x} 0`), /2 rows for a uid that is not claimed; want one/);
  t.match(
    await two(`${x} 1 AS claimed, 'h1' AS host, 'p1' AS project`, `${x} 1, 'h2', 'p2'`),
    /u1 belongs to the projects p1 and p2; want one project per uid/,
  );
  t.match(await two(`${x} 1 AS claimed, 'h1' AS host`, `${x} 1, 'h1'`), /claimed twice at one place/);
  t.match(
    await told(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) ${x} 1 AS claimed, 'h' || i AS host FROM n WHERE ? <> ''`,
    ),
    /more than 1000 rows; want one per host/,
  );
  t.match(await told("SELECT 'x' AS lineage, ? AS version"), /"claimed" is missing/);
  t.match(await told(`${x} NULL AS claimed WHERE ? <> ''`), /claimed is null; want 0 or 1/);
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
  t.match(await failure(readAll(sqlWitness({ ...setting, file: `${other}.empty` }))), /no such table/);
});

t.test('a database that is locked for a moment is waited for, and nothing is read twice', async (t) => {
  const { file, registry, open } = aRegistry(t);
  registry.close();
  const locker = new Database(file);
  t.teardown(() => locker.close());
  locker.pragma('journal_mode = DELETE');
  locker.exec('BEGIN EXCLUSIVE');
  const reading = readAll(open());
  void setImmediate().then(() => locker.exec('COMMIT'));
  t.equal((await reading).claims.length, 3);
});

t.test('stops when it is told to', async (t) => {
  const { open } = aRegistry(t, 900);
  t.match(await failure(readAll(open(), AbortSignal.abort(new Error('enough')))), /was given up: enough/);
  const abort = new AbortController();
  const endless =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT 'u' || i AS uid FROM n";
  void setImmediate().then(() => abort.abort(new Error('enough')));
  const said = await failure(readAll(open({ claims: endless }, 1e9), abort.signal));
  t.match(said, /was given up: enough/, 'others had their turn meanwhile');
});
