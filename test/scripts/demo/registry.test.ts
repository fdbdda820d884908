import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { createRegistry, openRegistry, registryQueries } from '../../../scripts/demo/registry.ts';

function aRegistry(t: Pick<Test, 'testdir' | 'teardown'>) {
  const file = join(t.testdir(), 'registry.db');
  const registry = createRegistry(file);
  const db = new Database(file, { readonly: true });
  t.teardown(() => {
    db.close();
    registry.close();
  });
  const state = () =>
    db
      .prepare<[], { lineage: string; version: number; claims: number; tombstones: number }>(
        registryQueries.state,
      )
      .get();
  return { file, registry, db, state };
}
type Test = typeof t;

t.test('every write raises the version, and a claim that ends is a tombstone at once', (t) => {
  const { registry, db, state } = aRegistry(t);
  t.match(state(), { version: 0, claims: 0, tombstones: 0 });
  registry.claim('p1', 'u1', 'h1');
  registry.claim('p1', 'u2', 'h2');
  registry.claim('p2', 'u3', 'h1');
  t.match(state(), { version: 3, claims: 3, tombstones: 0 });
  registry.releaseServo('u1');
  t.match(state(), { version: 4, claims: 2, tombstones: 1 });
  t.strictSame(registry.deleteProject('p1'), ['u2']);
  t.match(state(), { version: 5, claims: 1, tombstones: 2 });
  t.strictSame(
    db.prepare('SELECT uid, host, project, project_released AS p FROM tombstone ORDER BY uid').all(),
    [
      { uid: 'u1', host: 'h1', project: 'p1', p: 0 },
      { uid: 'u2', host: 'h2', project: 'p1', p: 1 },
    ],
  );
  t.strictSame(db.prepare('SELECT id, active FROM project ORDER BY id').all(), [
    { id: 'p1', active: 0 },
    { id: 'p2', active: 1 },
  ]);
  t.end();
});

t.test('a claim that begins again ends its tombstone, and its project is active', (t) => {
  const { registry, db, state } = aRegistry(t);
  registry.claim('p1', 'u1', 'h1');
  registry.deleteProject('p1');
  registry.claim('p1', 'u1', 'h1');
  t.match(state(), { version: 3, claims: 1, tombstones: 0 });
  t.strictSame(db.prepare('SELECT active FROM project').get(), { active: 1 });
  registry.claim('p1', 'u1', 'h1');
  t.strictSame(
    db.prepare('SELECT version FROM claim').all(),
    [{ version: 4 }],
    'renewed, and not there twice',
  );
  t.end();
});

t.test('the look-up of one uid always returns a row; a plain one knows no more than its spelling', (t) => {
  const { registry, db } = aRegistry(t);
  registry.claim('p1', 'u1', 'h1');
  registry.claim('p1', 'u1', 'h2');
  const lookup = (uid: string) =>
    db.prepare(registryQueries.lookup).all(uid) as { host: unknown; claimed: unknown }[];
  t.strictSame(
    lookup('u1').map(({ host, claimed }) => [host, claimed]),
    [
      ['h1', 1],
      ['h2', 1],
    ],
  );
  t.match(lookup('nobody'), [{ version: 2, claimed: 0, host: null }]);
  t.strictSame([registry.plainLookup('u1'), registry.plainLookup('U1')], [true, false]);
  t.end();
});

t.test('writers follow one another, and one that fails leaves nothing behind', (t) => {
  const { file, registry, state } = aRegistry(t);
  const second = openRegistry(file);
  t.teardown(() => second.close());
  registry.claim('p1', 'u1', 'h1');
  second.claim('p1', 'u2', 'h1');
  const before = state();
  t.throws(() => second.claim('p2', 'u3', null as unknown as string), /NOT NULL/);
  t.strictSame(state(), before);
  t.throws(() => createRegistry(file), /already exists/, 'and no registry is made twice');
  t.end();
});

t.test('every registry has a lineage of its own', (t) => {
  const { file, state } = aRegistry(t);
  const otherFile = `${file}.other`;
  createRegistry(otherFile).close();
  const other = new Database(otherFile, { readonly: true });
  t.teardown(() => other.close());
  const { lineage } = other.prepare<[], { lineage: string }>('SELECT lineage FROM registry').get() ?? {};
  t.type(lineage, 'string');
  t.not(lineage, state()?.lineage);
  t.end();
});
