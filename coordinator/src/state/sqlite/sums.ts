// What stands in the tables adds up to what was written into them. SQLite notices a damaged structure, and never a changed value:
// a flipped bit would turn one uid, one mode or one time into another. So a sum over all rows is kept for each table, moved on by
// triggers within the transaction that changes a row, and compared whenever the file is opened.
import { crc32 } from 'node:zlib';
import type Database from 'better-sqlite3';
import type { Db } from './db.ts';

/** Sums are kept modulo this: with the sums of two rows beside it still a whole number that a double can tell from the next. */
const modulus = 2 ** 50;

/** Under this name the tables themselves are summed. */
const schemaName = 'schema';

interface Table {
  readonly name: string;
  readonly sql: string;
}

export const sumsSchema = `
CREATE TABLE sums (
  name TEXT PRIMARY KEY,
  sum INTEGER NOT NULL,
  highest INTEGER NOT NULL
) STRICT;
`;

/**
 * Gives a connection what the triggers call, and lets them see rows that others replace. To be done before anything is
 * written by it.
 */
export function prepareSums(raw: Database.Database): void {
  raw.function('row_sum', { deterministic: true, varargs: true }, (...values: unknown[]) =>
    crc32(JSON.stringify(values)),
  );
  raw.pragma('recursive_triggers = ON');
}

/** From here on all tables are summed. To be called after the tables have changed, in the transaction that changes them. */
export function protect(db: Db): void {
  db.run('DELETE FROM sums');
  for (const { name, sql } of tables(db)) {
    const { add, remove } = {
      add: rowSum(name, columns(db, name), 'NEW'),
      remove: rowSum(name, columns(db, name), 'OLD'),
    };
    const highest = isNumbered(sql) ? ', highest = max(highest, NEW.id)' : '';
    const move = (sum: string, more = '') =>
      `UPDATE sums SET sum = (sum + ${sum}) % ${modulus}${more} WHERE name = '${name}';`;
    db.script(`
      DROP TRIGGER IF EXISTS ${name}_sum_insert;
      DROP TRIGGER IF EXISTS ${name}_sum_update;
      DROP TRIGGER IF EXISTS ${name}_sum_delete;
      CREATE TRIGGER ${name}_sum_insert AFTER INSERT ON ${name} BEGIN ${move(add, highest)} END;
      CREATE TRIGGER ${name}_sum_update AFTER UPDATE ON ${name} BEGIN ${move(`${add} - ${remove} + ${modulus}`)} END;
      CREATE TRIGGER ${name}_sum_delete AFTER DELETE ON ${name} BEGIN ${move(`${modulus} - ${remove}`)} END;`);
    keep(db, name, sumOf(db, name), isNumbered(sql) ? highestOf(db, name) : 0);
  }
  keep(db, schemaName, schemaSum(db), 0);
}

function keep(db: Db, name: string, sum: number, highest: number): void {
  db.run('INSERT INTO sums (name, sum, highest) VALUES (?, ?, ?)', name, sum, highest);
}

/** The first table that does not add up, in words. Undefined: all do. */
export function unsound(db: Db): string | undefined {
  const kept = new Map(
    db
      .all<{ name: string; sum: number; highest: number }>('SELECT name, sum, highest FROM sums')
      .map((row) => [row.name, row]),
  );
  for (const { name, sql } of tables(db)) {
    const row = kept.get(name);
    if (row?.sum !== sumOf(db, name)) return `what stands in ${name} is not what was written there`;
    if (isNumbered(sql) && row.highest !== highestOf(db, name))
      return `the numbering of ${name} is not as it was`;
    kept.delete(name);
  }
  if (kept.get(schemaName)?.sum !== schemaSum(db)) return 'its tables are not as they were made';
  kept.delete(schemaName);
  const [lost] = kept.keys();
  return lost === undefined ? undefined : `the table ${lost} is missing`;
}

/** Whether this file was ever protected. */
export function isProtected(db: Db): boolean {
  return db.get(`SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sums'`) !== undefined;
}

function tables(db: Db): readonly Table[] {
  return db.all<Table>(
    `SELECT name, sql FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name <> 'sums' ORDER BY name`,
  );
}

function columns(db: Db, table: string): readonly string[] {
  return db
    .all<{ name: string }>('SELECT name FROM pragma_table_info(?) ORDER BY cid', table)
    .map(({ name }) => name);
}

function rowSum(table: string, names: readonly string[], row: 'NEW' | 'OLD' | ''): string {
  return `row_sum('${table}', ${names.map((name) => (row === '' ? name : `${row}.${name}`)).join(', ')})`;
}

function sumOf(db: Db, table: string): number {
  // Whole numbers below 2^32 each: SQLite adds them exactly.
  const sql = `SELECT total(CAST(${rowSum(table, columns(db, table), '')} AS INTEGER)) AS sum FROM ${table}`;
  return (db.get<{ sum: number }>(sql)?.sum ?? 0) % modulus;
}

/** Of the version, and of all that says what the tables are. */
function schemaSum(db: Db): number {
  const parts = db.all('SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY type, name');
  return crc32(JSON.stringify([db.pragma('user_version'), parts]));
}

/** Tables whose numbers are never given twice: SQLite keeps the last one apart from the rows. */
function isNumbered(sql: string): boolean {
  return /\bAUTOINCREMENT\b/.test(sql);
}

function highestOf(db: Db, table: string): number {
  return db.get<{ seq: number }>('SELECT seq FROM sqlite_sequence WHERE name = ?', table)?.seq ?? 0;
}
