// A host's SQLite store as a file: other tables, views and columns, values of any type, and bytes that were turned or cut off.
// It is read whole, or there is a problem; and reading never writes.
import Database from 'better-sqlite3';
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openSqlite } from '../../../agent/src/scan/store/sqlite.ts';
import { folder } from '../support/folder.ts';
import { goodRecord } from '../support/records.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { hurtfulNumber } from '../mutate/value.ts';
import { mutateText } from '../mutate/text.ts';
import type { Random } from '../random.ts';
import { must, type Target } from '../target.ts';

interface Given {
  /** Which of the prepared databases, and what becomes of its bytes. */
  readonly schema: number;
  readonly rows: readonly (readonly unknown[])[];
  /** Places and values of bytes that are turned; where the file ends. */
  readonly turned: readonly (readonly [number, number])[];
  readonly end: number;
}

const schemas = [
  'CREATE TABLE instance (uid TEXT PRIMARY KEY, project TEXT, argv TEXT, cwd TEXT, env TEXT)',
  'CREATE TABLE instance (uid, project, argv, cwd, env)',
  'CREATE TABLE instance (uid TEXT, project TEXT, argv TEXT, cwd TEXT, env TEXT) STRICT',
  'CREATE TABLE instance (UID BLOB, PROJECT, ARGV, CWD, ENV, more)',
  'CREATE TABLE other (uid, project, argv, cwd, env); CREATE VIEW instance AS SELECT * FROM other',
  'CREATE TABLE instance (id, project, argv, cwd, env)',
  'CREATE TABLE instance (uid)',
  'CREATE TABLE instances (uid, project, argv, cwd, env)',
  "CREATE TABLE other (uid, project, argv, cwd, env); CREATE VIEW instance AS SELECT uid, project, argv, cwd, abs(-9223372036854775808) AS env FROM other UNION ALL SELECT 'x',1,1,1,1",
] as const;
/** Which of them have what the mapping names. */
const isFit = [true, true, true, true, true, false, false, false, true] as const;

export const sqliteFiles: Target = {
  name: 'sqlite-files',
  about: 'schemas and bytes of a host’s SQLite store',
  open() {
    const home = folder('sqlite');
    const path = join(home.path, 'servos.db');
    const columns = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
    const store = openSqlite({ path, table: 'instance', columns });
    const signal = new AbortController().signal;
    const empty = schemas.map((schema) => {
      rmSync(path, { force: true });
      const db = new Database(path);
      // As small as pages may be, so that a turned byte hits something.
      db.exec(
        `PRAGMA page_size = 512; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY; VACUUM; ${schema}`,
      );
      db.close();
      return readFileSync(path);
    });
    return {
      make(random): Given {
        const schema = random.below(schemas.length);
        const rows = Array.from({ length: random.below(4) }, (_, n) => aRow(random, n));
        const isBent = random.once(2);
        const turned = isBent
          ? Array.from(
              { length: 1 + random.small(4) },
              () => [random.below(random.once(3) ? 120 : 2048), random.below(256)] as const,
            )
          : [];
        return { schema, rows, turned, end: random.once(8) ? random.below(2200) : -1 };
      },
      async run(input) {
        const { schema, rows, turned, end } = input as Given;
        const bytes = empty[schema];
        if (bytes === undefined || !Array.isArray(rows) || !Array.isArray(turned)) return;
        rmSync(`${path}-journal`, { force: true });
        rmSync(`${path}-wal`, { force: true });
        rmSync(`${path}-shm`, { force: true });
        writeFileSync(path, bytes);
        const written = filled(path, schema, rows);
        const file = readFileSync(path);
        for (const [at, value] of turned) if (at < file.length) file[at] = value;
        writeFileSync(path, end >= 0 ? file.subarray(0, end) : file);
        const before = statSync(path).size;
        const { records, problems } = await store.read([], signal);
        must(statSync(path).size === before, 'reading has written');
        must(
          problems.every((p) => p.message.length > 0 && p.message.length <= 500),
          'a problem that nobody can read',
          problems,
        );
        const isWhole = turned.length === 0 && end < 0;
        if (!isWhole) return;
        if (isFit[schema] !== true) {
          must(records.length === 0 && problems.length > 0, 'another schema was read', records, problems);
          return;
        }
        const rest = problems.filter((p) => p.code !== 'uid-twice').length;
        must(
          records.length + rest >= Math.min(1, written) && records.length + rest <= written + 1,
          'a row was passed over in silence',
          written,
          records,
          problems,
        );
      },
      close: () => home.remove(),
    };
  },
};

/** Puts rows in. Returns how many the schema took. */
function filled(path: string, schema: number, rows: readonly unknown[]): number {
  const db = new Database(path);
  try {
    db.exec('PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY');
    const table =
      db.prepare<[], { name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'").get()?.name ??
      '';
    const width = (db.pragma(`table_info("${table}")`) as unknown[]).length;
    const statement = db.prepare(
      `INSERT OR IGNORE INTO "${table}" VALUES (${Array.from({ length: width }, () => '?').join(',')})`,
    );
    let written = 0;
    for (const row of rows) {
      const cells = Array.isArray(row) ? (row as unknown[]) : [];
      try {
        written += statement.run(...Array.from({ length: width }, (_, i) => cellOf(cells[i]))).changes;
      } catch {
        // A strict table takes no value of another type.
      }
    }
    return isFit[schema] === true ? written : 0;
  } finally {
    db.close();
  }
}

function cellOf(value: unknown): string | number | bigint | Buffer | null {
  if (value instanceof Uint8Array) return Buffer.from(value);
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'bigint' ? value : null;
}

function aRow(random: Random, n: number): readonly unknown[] {
  const { uid, project, argv, cwd, env } = goodRecord(n);
  const cells: readonly unknown[] = [uid, project, JSON.stringify(argv), cwd, JSON.stringify(env)];
  const bad = random.below(cells.length * 2);
  return cells.map((cell, i) => {
    if (i !== bad) return cell;
    const text = String(cell);
    return random.pick<unknown>([
      null,
      hurtfulNumber(random),
      2n ** 62n,
      mutateText(random, text),
      mutateBytes(random, Buffer.from(text), []),
      'u-1.A_b:c@d',
    ]);
  });
}
