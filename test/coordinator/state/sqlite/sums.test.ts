import t from 'tap';
import Database from 'better-sqlite3';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StateFailed } from '../../../../coordinator/src/state/sqlite/db.ts';
import { applicationId, schemaV1, schemaV2 } from '../../../../coordinator/src/state/sqlite/schema.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { prepareSums } from '../../../../coordinator/src/state/sqlite/sums.ts';
import { cell, generation, h1, incarnation } from '../../../support/build.ts';
import { aDesk, aFold, order, uidOf } from '../../../support/store.ts';

/** What opening it says. */
function said(file: string): string {
  try {
    void openSqliteStore({ file, exclusive: true, demo: false }).close();
    return 'opens';
  } catch (error) {
    if (error instanceof StateFailed) return error.message;
    throw error;
  }
}

/** A closed state file that has rows in many tables. */
async function aFile(t: Parameters<typeof aDesk>[0]): Promise<string> {
  const desk = await aDesk(t);
  const { file, store, act, plan, receipt, fence } = desk;
  for (let n = 0; n < 5; n++)
    await act({ kind: 'hold.set', scope: { kind: 'servo', uid: uidOf(n) }, untilMs: undefined });
  // One row replaces another.
  for (const mode of ['propose', 'enforce'] as const) await act({ kind: 'mode.set', cell, generation, mode });
  await act({ kind: 'freeze.set' });
  await act({ kind: 'freeze.lifted' });
  const stop = order(desk, 1);
  await plan([stop]);
  await receipt(stop, 'executed');
  await store.recordFold(
    fence(),
    aFold({ vouchedAdded: [1, 2, 3].map((n) => ({ host: h1, uid: uidOf(n), incarnation, witnesses: [] })) }),
  );
  await store.recordFold(fence(), aFold({ vouchedRemoved: [{ host: h1, uid: uidOf(2), incarnation }] }));
  await store.close();
  return file;
}

/** Changes a file as nobody should, with the sums left as they are. */
function tamper(file: string, sql: string): void {
  const raw = new Database(file);
  const triggers: string[] = [];
  for (const { name } of raw.prepare(`SELECT name FROM sqlite_schema WHERE type = 'trigger'`).all() as {
    name: string;
  }[]) {
    const { sql: text } = raw.prepare('SELECT sql FROM sqlite_schema WHERE name = ?').get(name) as {
      sql: string;
    };
    triggers.push(text);
    raw.exec(`DROP TRIGGER ${name}`);
  }
  raw.exec(sql);
  for (const text of triggers) raw.exec(text);
  raw.close();
}

t.test('whatever was written adds up', async (t) => {
  t.equal(said(await aFile(t)), 'opens');
});

t.test(
  'a value that changed, a row that is gone, one too many, a number given twice: corrupt, with the table',
  async (t) => {
    const cases: readonly [string, RegExp][] = [
      [
        `UPDATE modes SET mode = 'propose'`,
        /corrupt \(what stands in modes is not what was written there\); restore/,
      ],
      [`UPDATE vouched SET uid = 'servo-9' WHERE uid = 'servo-1'`, /what stands in vouched/],
      [`UPDATE charges SET at_ms = at_ms + 1`, /what stands in charges/],
      [`UPDATE cases SET project = NULL`, /what stands in cases/],
      [`DELETE FROM holds WHERE id = 3`, /what stands in holds/],
      [`INSERT INTO exemptions VALUES ('host:h1', 'servo-1', 'i', 1)`, /what stands in exemptions/],
      [`UPDATE sums SET sum = sum + 1 WHERE name = 'orders'`, /what stands in orders/],
      [`UPDATE sqlite_sequence SET seq = 2 WHERE name = 'holds'`, /the numbering of holds is not as it was/],
      [`DROP TABLE approvals; CREATE TABLE approvals (x)`, /its tables are not as they were made/],
      [`CREATE TABLE more (x)`, /what stands in more/],
      [`DROP INDEX charges_by_time`, /its tables are not as they were made/],
      [`PRAGMA user_version = 7`, /its tables are not as they were made/],
      [`PRAGMA user_version = 2`, /version 2 does not go with its tables/],
    ];
    const file = await aFile(t);
    for (const [sql, wanted] of cases) {
      const copy = `${file}.copy`;
      copyFileSync(file, copy);
      tamper(copy, sql);
      t.match(said(copy), wanted, sql);
    }
  },
);

t.test('a flipped bit, anywhere: it opens with what was there, or it is refused', async (t) => {
  const file = await aFile(t);
  const bytes = readFileSync(file);
  const content = dump(file);
  const copy = join(dirname(file), 'flipped.db');
  let refused = 0;
  // One place in each stretch of 997 bytes, each time another bit.
  for (let at = 0; at < bytes.length; at += 997) {
    const flipped = Buffer.from(bytes);
    flipped[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
    writeFileSync(copy, flipped);
    const word = said(copy);
    if (word !== 'opens') {
      refused++;
      if (!/flipped\.db: (corrupt|not a SQLite|a database of another|cannot be written)/.test(word))
        t.fail(`byte ${at}: ${word}`);
    } else if (dump(copy) !== content) t.fail(`byte ${at}: it opens with something else`);
  }
  t.ok(refused > 20, `${refused} were refused`);
});

t.test('a file of an earlier release is summed from then on', async (t) => {
  const file = join(t.testdir(), 'state.db');
  const raw = new Database(file);
  raw.exec(schemaV1);
  raw.exec('INSERT INTO store_facts (one, demo, min_schema) VALUES (1, 0, 2)');
  raw.exec(schemaV2);
  raw.exec("INSERT INTO hosts (host, cell, retired) VALUES ('h1', 'c1', 0)");
  raw.pragma('user_version = 2');
  raw.pragma(`application_id = ${applicationId}`);
  raw.close();
  const store = openSqliteStore({ file, exclusive: true, demo: false });
  await store.lead(parseId('coordinator', 'k1'), 0);
  await store.close();
  t.equal(said(file), 'opens');
  tamper(file, "UPDATE hosts SET host = 'h2'");
  t.match(said(file), /what stands in hosts/);
});

t.test('another program cannot write past the sums', async (t) => {
  const raw = new Database(await aFile(t));
  t.throws(() => raw.exec(`UPDATE modes SET mode = 'propose'`), /no such function: row_sum/);
  prepareSums(raw);
  t.doesNotThrow(() => raw.exec(`UPDATE modes SET mode = 'propose'`));
  raw.close();
});

/** All rows of all tables. */
function dump(file: string): string {
  const db = new Database(file, { readonly: true });
  try {
    const tables = db
      .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name`)
      .pluck()
      .all() as string[];
    return tables
      .map(
        (name) =>
          `${name} ${JSON.stringify(db.prepare(`SELECT * FROM "${name}"`).raw().all().map(String).toSorted())}`,
      )
      .join('\n');
  } finally {
    db.close();
  }
}
