// Wraps what better-sqlite3 makes durable: transactions, the change to a write-ahead log, and closing.
//
// A commit is one write of SQLite to its log, a checkpoint one to the main file, and neither can be stopped half-way from outside.
// A torn one is made instead: the files are compared with what they were before, and only the first half of what has changed is
// left. Nothing ran since, so this is what a crash in the middle of that write leaves.
import { createRequire } from 'node:module';
import type Sqlite from 'better-sqlite3';
import { callers } from './origin.ts';
import { raw, type Moment, type Trapper } from './trap.ts';

/** What hands a transaction on. */
const plumbing = ['state/sqlite/db.ts', 'state/sqlite/transaction.ts'];
const states =
  /^(suspect|orphan|ordered|quarantined|restored|over|open|possible|closing|closed|enforce|propose|observe)$/;

/** How long one of several coordinators waits for the transaction of another, in milliseconds. */
const busyMs = 5000;

interface Writing {
  /** Tables, and what became of cases, orders and modes. */
  readonly what: Set<string>;
  readonly events: Set<string>;
}

/** From now on, every writing connection to `file` goes by the trapper first. */
export function wrapSqlite(file: string, trapper: Trapper): void {
  const Database = createRequire(import.meta.url)('better-sqlite3') as typeof Sqlite;
  const proto = Database.prototype as unknown as Record<string, (...args: unknown[]) => unknown>;
  const { transaction, prepare, exec, close, pragma } = proto as Record<
    string,
    (...args: unknown[]) => unknown
  >;
  if (!transaction || !prepare || !exec || !close || !pragma) throw new Error('better-sqlite3 has changed');
  const writings = new Map<unknown, Writing>();
  const isOurs = (db: unknown): db is Sqlite.Database => {
    const { name, readonly } = db as Sqlite.Database;
    return name === file && !readonly;
  };

  proto['transaction'] = function (this: Sqlite.Database, work: unknown): unknown {
    if (!isOurs(this)) return transaction.call(this, work);
    const inner = work as (...args: unknown[]) => unknown;
    const trapped =
      (kind: 'immediate' | 'deferred') =>
      (...args: unknown[]): unknown => {
        // Within another one nothing becomes durable by itself.
        if (this.inTransaction) return inner(...args);
        const who = callers(plumbing, 1)[0] ?? 'unknown';
        const writing: Writing = { what: new Set(), events: new Set() };
        writings.set(this, writing);
        const halves = new Halves(file);
        let moment: Moment | undefined;
        const begins = kind === 'immediate' ? trapper.comes(`${who} BEGIN`, ['after']) : undefined;
        // Before it, this connection holds no lock: the moment at which another coordinator may take the lead.
        if (begins === 'before') trapper.close();
        const whole = transaction.call(this, (...given: unknown[]): unknown => {
          if (begins === 'after') trapper.close();
          const result = inner(...given);
          if (writing.what.size === 0) return result;
          moment = trapper.comes(placeOf(who, writing), ['before', 'torn', 'after', 'checkpoint']);
          if (moment === 'before') trapper.close();
          if (moment === 'torn' || moment === 'checkpoint') halves.note();
          if (moment === 'checkpoint') pragma.call(this, 'wal_autocheckpoint = 1');
          return result;
        }) as Record<typeof kind, (...given: unknown[]) => unknown>;
        try {
          const result = whole[kind](...args);
          if (moment === 'torn') halves.tearLog();
          if (moment === 'checkpoint') halves.tearMain();
          if (moment !== undefined && moment !== 'before') trapper.close();
          return result;
        } finally {
          writings.delete(this);
        }
      };
    return { immediate: trapped('immediate'), deferred: trapped('deferred') };
  };

  proto['prepare'] = function (this: Sqlite.Database, sql: unknown): unknown {
    const statement = prepare.call(this, sql) as Sqlite.Statement;
    const [, table] =
      /^\s*(?:INSERT(?: OR REPLACE)? INTO|UPDATE|DELETE FROM)\s+(\w+)/.exec(String(sql)) ?? [];
    if (!isOurs(this) || table === undefined) return statement;
    const run = statement.run.bind(statement);
    statement.run = (...values: unknown[]) => {
      const result = run(...values);
      if (result.changes > 0) note(writings.get(this), table, values);
      return result;
    };
    return statement;
  };

  proto['exec'] = function (this: Sqlite.Database, sql: unknown): unknown {
    writings.get(this)?.what.add('schema');
    return exec.call(this, sql);
  };

  proto['pragma'] = function (this: Sqlite.Database, text: unknown, options: unknown): unknown {
    const isLock = /^locking_mode *= *EXCLUSIVE/.test(String(text));
    if (isOurs(this) && isLock && trapper.isShared)
      return pragma.call(this, `busy_timeout = ${busyMs}`, options);
    const said = () => pragma.call(this, text, options);
    const turns = isOurs(this) && /^journal_mode *=/.test(String(text)) && raw.statSync(file).size === 0;
    if (!turns) return said();
    const moment = trapper.comes(`${callers(plumbing, 1)[0] ?? 'unknown'} PRAGMA ${String(text)}`, [
      'before',
      'after',
    ]);
    if (moment === 'before') trapper.close();
    const result = said();
    if (moment === 'after') trapper.close();
    return result;
  };

  proto['close'] = function (this: Sqlite.Database): unknown {
    if (!isOurs(this)) return close.call(this);
    const who = callers(plumbing, 1)[0] ?? 'unknown';
    const moment = trapper.comes(`${who} CLOSE with a checkpoint`, ['before', 'after', 'checkpoint']);
    if (moment === 'before') trapper.close();
    const halves = new Halves(file);
    if (moment === 'checkpoint') halves.note();
    const result = close.call(this);
    if (moment === 'checkpoint') halves.tearMain();
    if (moment === 'after' || moment === 'checkpoint') trapper.close();
    return result;
  };
}

function note(writing: Writing | undefined, table: string, values: readonly unknown[]): void {
  if (writing === undefined) return;
  if (table === 'audit') {
    writing.events.add(String(values[3]));
    return;
  }
  writing.what.add(`${table}${detailOf(table, values)}`);
}

/** Written beside something else, or not, as it happens: they tell no transaction from another. */
const incidental = ['installation', 'tracks', 'case_steps', 'hosts', 'vouched', 'holds'];

/** The time waited so far may be written by any transaction, with nothing else. */
function placeOf(who: string, writing: Writing): string {
  const isTime = writing.what.size === 1 && writing.what.has('installation') && writing.events.size === 0;
  return isTime
    ? 'state/sqlite/transaction.ts:transact COMMIT the time waited'
    : `${who} COMMIT ${summary(writing)}`;
}

function summary({ what, events }: Writing): string {
  const all = [...what].toSorted();
  const telling = all.includes('breakers')
    ? ['breakers']
    : all.filter((table) => !incidental.includes(table));
  const said = (telling.length > 0 ? telling : all.slice(0, 1)).join(',');
  return events.size === 0 ? said : `${said} [${[...events].toSorted().join(',')}]`;
}

/** What tells one write to this table from another. */
function detailOf(table: string, values: readonly unknown[]): string {
  switch (table) {
    case 'claims':
    case 'tombstones':
    case 'witnesses':
      return `(${String(values[0])})`;
    case 'cases':
    case 'orders':
    case 'modes': {
      const state = values.find((value): value is string => typeof value === 'string' && states.test(value));
      return state === undefined ? '' : `=${state}`;
    }
    default:
      return '';
  }
}

/** Main file and log before a write, and what half of it leaves of them. */
class Halves {
  readonly #main: string;
  readonly #log: string;
  #before: { readonly main: Buffer; readonly log: Buffer } | undefined;

  constructor(file: string) {
    this.#main = file;
    this.#log = `${file}-wal`;
  }

  note(): void {
    this.#before = { main: read(this.#main), log: read(this.#log) };
  }

  /** Half of the frames; the main file cannot have been touched yet. */
  tearLog(): void {
    const { main, log } = this.#noted();
    raw.writeFileSync(this.#log, half(log, read(this.#log)));
    raw.writeFileSync(this.#main, main);
  }

  /** The whole log, and half of what it moves into the main file. */
  tearMain(): void {
    const { main, log } = this.#noted();
    // Closing removes the log after the checkpoint.
    if (!raw.existsSync(this.#log)) raw.writeFileSync(this.#log, log);
    raw.writeFileSync(this.#main, half(main, read(this.#main)));
  }

  #noted() {
    if (this.#before === undefined) throw new Error('nothing was noted');
    return this.#before;
  }
}

function read(path: string): Buffer {
  return raw.existsSync(path) ? raw.readFileSync(path) : Buffer.alloc(0);
}

/** `after` up to the middle of what differs, `before` behind it. */
function half(before: Buffer, after: Buffer): Buffer {
  const length = Math.max(before.length, after.length);
  let first = 0;
  while (first < length && before[first] === after[first]) first++;
  let last = length - 1;
  while (last > first && before[last] === after[last]) last--;
  const middle = Math.floor((first + last + 1) / 2);
  return Buffer.concat([after.subarray(0, middle), before.subarray(middle)]);
}
