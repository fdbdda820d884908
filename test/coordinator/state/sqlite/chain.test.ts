import t from 'tap';
import Database from 'better-sqlite3';
import { emptyChain } from '../../../../coordinator/src/state/audit.ts';
import { maxAuditRows } from '../../../../coordinator/src/state/sqlite/chain.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { prepareSums } from '../../../../coordinator/src/state/sqlite/sums.ts';
import { aDesk, refusal, uidOf, type Tidy } from '../../../support/store.ts';

/** A closed store with some entries, and how to damage and look at it. */
async function aChain(t: Tidy) {
  const { file, store, act } = await aDesk(t);
  for (let n = 1; n <= 6; n++)
    await act({ kind: 'hold.set', scope: { kind: 'servo', uid: uidOf(n) }, untilMs: undefined });
  const entries = await store.readAudit(0, 100);
  await store.close();
  // Somebody who knows how the file is made: every sum is right again, only the chain tells.
  const damage = (sql: string): void => {
    const raw = new Database(file);
    prepareSums(raw);
    const guards = ['audit_unchanged', 'audit_kept'].map((name) => ({
      name,
      text: raw.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').pluck().get(name) as string,
    }));
    for (const { name } of guards) raw.exec(`DROP TRIGGER ${name}`);
    raw.exec(sql);
    for (const { text } of guards) raw.exec(text);
    raw.close();
  };
  const verified = async () => {
    const again = openSqliteStore({ file, exclusive: true, demo: false });
    const found = await again.verifyAudit();
    await again.close();
    return found;
  };
  return { file, entries, damage, verified };
}

t.test('an untouched chain verifies', async (t) => {
  const { entries, verified } = await aChain(t);
  t.strictSame(await verified(), { entries: entries.length, firstBroken: undefined });
});

t.test('any byte of any row that somebody changes is found, where it is', async (t) => {
  const changes: readonly [string, string][] = [
    ['wall_ms', 'wall_ms + 1'],
    ['by', `'eve'`],
    ['event', `'hold.lifted'`],
    ['reason', `reason || ' '`],
    ['about', `replace(about, ':', ': ')`],
    ['about', `'no json'`],
    ['previous', `'${'0'.repeat(64)}'`],
    ['hash', `'${'0'.repeat(64)}'`],
  ];
  for (let version = 1; version <= 9; version++)
    for (const [column, value] of changes) {
      const { entries, damage, verified } = await aChain(t);
      t.equal(entries.length, 9);
      damage(`UPDATE audit SET ${column} = ${value} WHERE version = ${version}`);
      t.equal((await verified()).firstBroken, version, `${column} of ${version}`);
    }
});

t.test('an entry that is taken out, cut off the end, or put behind it is found', async (t) => {
  const cases: readonly [string, string, number | undefined][] = [
    ['in the middle', 'DELETE FROM audit WHERE version = 3', 3],
    ['the first', 'DELETE FROM audit WHERE version = 1', 1],
    ['the last', 'DELETE FROM audit WHERE version = (SELECT max(version) FROM audit)', 9],
    ['all', 'DELETE FROM audit', 1],
    [
      'one too many',
      `INSERT INTO audit SELECT version + 1, wall_ms, by, event, reason, about, previous, hash FROM audit ORDER BY version DESC LIMIT 1`,
      10,
    ],
    ['the head', `UPDATE installation SET hash = '${'0'.repeat(64)}'`, 9],
  ];
  for (const [name, sql, wanted] of cases)
    await t.test(name, async (t) => {
      const { entries, damage, verified } = await aChain(t);
      t.equal(entries.length, 9);
      damage(sql);
      t.equal((await verified()).firstBroken, wanted);
    });
});

t.test('the database itself refuses to change or cut the log', async (t) => {
  const { file } = await aChain(t);
  const raw = new Database(file);
  prepareSums(raw);
  t.throws(() => raw.exec(`UPDATE audit SET by = 'eve'`), /append-only/);
  t.throws(() => raw.exec('DELETE FROM audit'), /append-only/);
  raw.close();
});

t.test('hashes by version, entries in pages', async (t) => {
  const { store, act } = await aDesk(t, 'observe');
  const mark = await act({ kind: 'freeze.set' });
  t.equal(await store.hashAt(0), emptyChain.hash);
  t.equal(await store.hashAt(mark.version), mark.hash);
  for (const none of [mark.version + 1, -1, 1.5, NaN]) t.equal(await store.hashAt(none), undefined);
  const [first, second] = await store.readAudit(0, 10);
  t.strictSame(await store.readAudit(0, 1), [first]);
  t.strictSame(await store.readAudit(1, 10), [second]);
  t.strictSame(await store.readAudit(2, 10), []);
  for (const limit of [0, -1, 1.5, maxAuditRows + 1])
    t.ok((await refusal(store.readAudit(0, limit))) instanceof RangeError, `${limit}`);
});
