// A store in a host-local SQLite database: one table, one row per servo, read in one read-only transaction.
// The driver is loaded only where this store is configured. It works synchronously, so every wait in it is bounded.
import { stat } from 'node:fs/promises';
import type { Database } from 'better-sqlite3';
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { problem, says } from '../problem.ts';
import { codeOf } from '../runtime/proc.ts';
import { madeOf, variants } from './corpus.ts';
import { readRecord, type FieldMapping, type Read } from './fields.ts';
import { realPathOf } from './files.ts';
import { gather, type Item } from './gather.ts';
import { parseJson } from './json.ts';
import type { Store } from './port.ts';

export interface SqliteOptions {
  /** Absolute path of the database. */
  readonly path: string;
  readonly table: string;
  /** Columns. `argv` holds a JSON list and `env` a JSON object, as text. */
  readonly columns: FieldMapping;
}

/** How long a writer may hold a reader up, in milliseconds. The agent stands still for as long. */
const maxBusyMs = 500;
/** Bytes of all texts of the table together: bounds memory, whatever the store holds. */
const maxStoreBytes = 64 * 1024 * 1024;

type Row = Readonly<Record<string, unknown>>;

/** Throws a `TypeError` for a name that is no plain SQL name. */
export function openSqlite(options: SqliteOptions): Store {
  const { path, columns } = options;
  for (const name of [options.table, ...Object.values(columns)]) checkName(name);
  return {
    name: 'sqlite',
    identityLabel: undefined,
    mapping: { table: options.table, columns: { ...columns } },
    lock: async () => `sqlite ${await realPathOf(path)}`,
    async read(_objects, signal) {
      const problems: Problem[] = [];
      const rows = await readRows(options, problems);
      signal.throwIfAborted();
      const items = rows.map((row) => itemOf(row, options, problems)).filter((item) => item !== undefined);
      return gather(items, problems);
    },
    conform: () => conformSqlite(options),
  };
}

/** All rows, or none and a problem that says why. */
async function readRows(options: SqliteOptions, problems: Problem[]): Promise<readonly Row[]> {
  let database: Database | undefined;
  try {
    if (!(await stat(options.path)).isFile()) {
      problems.push(problem(options.path, 'not-a-file', 'is no file: want a SQLite database'));
      return [];
    }
    database = await connect(options.path, { readonly: true, fileMustExist: true, timeout: maxBusyMs });
    return select(database, options, problems);
  } catch (error) {
    problems.push(failure(options, error));
    return [];
  } finally {
    database?.close();
  }
}

async function connect(
  path: string,
  options: { readonly?: boolean; fileMustExist?: boolean; timeout?: number },
): Promise<Database> {
  const driver = await import('better-sqlite3').catch((error: unknown) => {
    throw new Error('the SQLite driver is not installed: npm install better-sqlite3', { cause: error });
  });
  return new driver.default(path, options);
}

/** One statement is one read transaction. */
function select(database: Database, options: SqliteOptions, problems: Problem[]): readonly Row[] {
  // With the table's name before it, a column that does not exist is an error; alone, SQLite may take it for a text.
  const names = Object.values(options.columns).filter((name) => name !== undefined);
  const list = [...new Set(names)].map((name) => `"${options.table}"."${name}" AS "${name}"`).join(', ');
  const rows: Row[] = [];
  let bytes = 0;
  for (const row of database.prepare<[], Row>(`SELECT ${list} FROM "${options.table}"`).iterate()) {
    bytes += Object.values(row).reduce<number>((sum, v) => sum + (typeof v === 'string' ? v.length : 8), 0);
    if (rows.length === maxServosPerHost || bytes > maxStoreBytes) {
      const limit = `${maxServosPerHost} rows and ${maxStoreBytes} bytes`;
      problems.push(problem(placeOf(options), 'too-many', `more than ${limit}; the rest was not read`));
      break;
    }
    rows.push(row);
  }
  return rows;
}

/** The place of a row is named by its content: a row has no other name that stays. */
function itemOf(row: Row, options: SqliteOptions, problems: Problem[]): Item | undefined {
  const content = canonicalJson(Object.fromEntries(Object.entries(row).map(([k, v]) => [k, plain(v)])));
  const contentSha256 = sha256Hex(content);
  const path = `${placeOf(options)}/${contentSha256.slice(0, 12)}`;
  const read = parseRow(row, options.columns, path);
  if (read.fault === undefined) return { record: read.record, contentSha256 };
  const { uid } = options.columns;
  const whose = typeof row[uid] === 'string' ? `row of ${JSON.stringify(row[uid].slice(0, 40))}` : 'a row';
  problems.push({ ...problem(path, read.fault.code, `${whose}: ${read.fault.message}`), contentSha256 });
  return undefined;
}

/** What one row says. `argv` and `env` stand in it as JSON. */
export function parseRow(row: Row, columns: FieldMapping, path: string): Read {
  return readRecord(columns, path, (name) => {
    const value = row[name];
    return name === columns.argv || name === columns.env ? fromJson(value) : value;
  });
}

/** What is no JSON stays a text, which is of the wrong type for both columns. */
function fromJson(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return parseJson(new TextEncoder().encode(value));
  } catch {
    return value;
  }
}

/** As JSON has it. A REAL column holds infinite numbers too. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return { blob: Buffer.from(value).toString('hex') };
  if (typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value)))
    return String(value);
  return value;
}

function placeOf(options: SqliteOptions): string {
  return `${options.path}#${options.table}`;
}

function failure(options: SqliteOptions, error: unknown): Problem {
  const code = codeOf(error);
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED')) {
    return problem(
      options.path,
      'locked',
      `somebody has locked it for longer than ${maxBusyMs} ms; the next scan tries again`,
    );
  }
  if (code.startsWith('SQLITE_CORRUPT') || code === 'SQLITE_NOTADB') {
    return problem(options.path, 'corrupt', `is damaged, or no SQLite database: ${says(error)}; restore it`);
  }
  if (code === 'SQLITE_ERROR') {
    return problem(placeOf(options), 'other-schema', `${says(error)}: correct the mapping, or the database`);
  }
  if (code === 'ENOENT')
    return problem(options.path, 'vanished', 'there is no such file: is the path right?');
  return problem(options.path, 'unreadable', `cannot be read: ${says(error)}`);
}

/** The corpus goes through a real table, in memory, and the same query. Values that SQL does not know are left out. */
async function conformSqlite(options: SqliteOptions) {
  const names = [...new Set(Object.values(options.columns).filter((name) => name !== undefined))];
  const list = names.map((name) => `"${name}"`).join(', ');
  const database = await connect(':memory:', {});
  try {
    return variants().map(({ item, values }) => {
      database.exec(`DROP TABLE IF EXISTS "${options.table}"; CREATE TABLE "${options.table}" (${list})`);
      const cells = names.map((name) => cellOf(values, options.columns, name));
      database
        .prepare(`INSERT INTO "${options.table}" VALUES (${names.map(() => '?').join(', ')})`)
        .run(...cells);
      const rows = select(database, options, []);
      return { item, made: rows.map((row) => madeOf(parseRow(row, options.columns, 'corpus'))) };
    });
  } finally {
    database.close();
  }
}

function cellOf(
  values: Readonly<Record<string, unknown>>,
  columns: FieldMapping,
  name: string,
): string | number | null {
  const part = (['uid', 'project', 'argv', 'cwd', 'env'] as const).find((p) => columns[p] === name);
  const value = part === undefined ? undefined : values[part];
  if (value === undefined || value === null) return null;
  return typeof value === 'string' || typeof value === 'number' ? value : JSON.stringify(value);
}

function checkName(name: string | undefined): void {
  if (name !== undefined && !/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(name)) {
    throw new TypeError(
      `"${name}" is no name of a table or column: want letters, digits and "_", starting with a letter or "_"`,
    );
  }
}
