// One SQLite connection: statements prepared once, absent values as NULL, and every error with the file that it came from.
import Database from 'better-sqlite3';

export type Value = string | number | boolean | null | undefined;

/** The state file cannot be used or written. Says which file, what is wrong, and what lifts it; the database's error is its `cause`. */
export class StateFailed extends Error {}

export class Db {
  readonly file: string;
  readonly #raw: Database.Database;
  readonly #statements = new Map<string, Database.Statement<(string | number | null)[]>>();

  constructor(file: string, raw: Database.Database) {
    this.file = file;
    this.#raw = raw;
  }

  all<Row>(sql: string, ...values: Value[]): Row[] {
    return this.#try(() => this.#statement(sql).all(...values.map(bound)) as Row[]);
  }

  // Who asks knows the columns, as for `all`.
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters
  get<Row>(sql: string, ...values: Value[]): Row | undefined {
    return this.#try(() => this.#statement(sql).get(...values.map(bound)) as Row | undefined);
  }

  /** Number of rows changed. */
  run(sql: string, ...values: Value[]): number {
    return this.#try(() => this.#statement(sql).run(...values.map(bound)).changes);
  }

  /** Several statements at once, without values. */
  script(sql: string): void {
    this.#try(() => this.#raw.exec(sql));
  }

  pragma(text: string): unknown {
    return this.#try(() => this.#raw.pragma(text, { simple: true }));
  }

  /** All of `work` or nothing of it. Nobody else writes meanwhile. Durable when this returns. */
  write<T>(work: () => T): T {
    return this.#try(() => this.#raw.transaction(work).immediate());
  }

  /** What `work` reads is of one moment. */
  read<T>(work: () => T): T {
    return this.#try(() => this.#raw.transaction(work).deferred());
  }

  close(): void {
    this.#statements.clear();
    this.#raw.close();
  }

  #statement(sql: string): Database.Statement<(string | number | null)[]> {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#raw.prepare<(string | number | null)[]>(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #try<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw explained(this.file, error);
    }
  }
}

/** A value as SQLite takes it. */
function bound(value: Value): string | number | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'boolean' ? Number(value) : value;
}

/** A database error with its file and its remedy; any other error as it is. */
export function explained(file: string, error: unknown): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  return new StateFailed(`${file}: ${remedy(error)}`, { cause: error });
}

/** What is said of a file that holds something else. */
export const notADatabase = 'not a SQLite database; name the state file of this installation, or a new file';

/** What is said of a file that is damaged, and what lifts it. */
export function corrupt(file: string, what: string): string {
  return `${file}: ${corrupted(what)}`;
}

function corrupted(what: string): string {
  return `corrupt (${what}); restore the latest backup, then accept the older state on the hosts (servo-agent accept-installation)`;
}

function remedy({ code, message }: { readonly code: string; readonly message: string }): string {
  if (code.startsWith('SQLITE_BUSY') || code.startsWith('SQLITE_LOCKED'))
    return 'in use by another process; one coordinator owns its state file: end the other one, or give this one a file of its own';
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_WRITE')
    return `no room to write (${message}); nothing of this transaction was kept: free space on its disk`;
  if (code === 'SQLITE_NOTADB') return notADatabase;
  if (code.startsWith('SQLITE_CORRUPT')) return corrupted(message);
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code === 'SQLITE_PERM')
    return `cannot be written (${message}); the coordinator's user must own the file and its directory`;
  return `${message} (${code})`;
}
