// Opens the state file, or says why not: before anything is decided, it is known to be a whole database, ours, of a version
// that this program knows, and nobody else's.
import { accessSync, closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { corrupt, Db, explained, notADatabase, StateFailed } from './db.ts';
import { damagedLog } from './log-file.ts';
import { migrate } from './migrate.ts';
import { prepareSums } from './sums.ts';

export interface SqliteOptions {
  readonly file: string;
  /** Whether this process alone may have the file open, which is how the product runs. Tests of deposed leaders open it twice. */
  readonly exclusive: boolean;
  /** Whether this is a demo installation; a file is of one kind for good. */
  readonly demo: boolean;
  /** Largest size of the file in bytes, [64 GiB]: a runaway must not fill the disk that the host's own log is on. */
  readonly maxFileBytes?: number;
}

const defaultMaxFileBytes = 64 * 1024 ** 3;
/** How long a transaction waits for the one of another connection, in milliseconds. An exclusive owner never has to. */
const busyMs = 5000;
/** Bytes to which the write-ahead log is cut back after a checkpoint: a large snapshot must not keep its size for ever. */
const walBytes = 64 * 1024 ** 2;

/** Bytes of the smallest SQLite database. SQLite takes some smaller files for empty ones, and would write over them. */
const smallestBytes = 512;

/** The open, checked, migrated database. Throws `StateFailed` with what is wrong and what lifts it. */
export function openDatabase({ file, exclusive, demo, maxFileBytes }: SqliteOptions): Db {
  refuseUnusable(file);
  refuseDamagedLog(file);
  let raw: Database.Database;
  try {
    raw = new Database(file, { timeout: exclusive ? 0 : busyMs });
  } catch (error) {
    throw explained(file, error);
  }
  prepareSums(raw);
  const db = new Db(file, raw);
  try {
    if (exclusive) db.pragma('locking_mode = EXCLUSIVE');
    db.pragma('journal_mode = WAL');
    db.pragma('synchronous = FULL');
    db.pragma('foreign_keys = ON');
    db.pragma(`journal_size_limit = ${walBytes}`);
    const pageBytes = Number(db.pragma('page_size'));
    db.pragma(`max_page_count = ${Math.floor((maxFileBytes ?? defaultMaxFileBytes) / pageBytes)}`);
    const verdict = String(db.pragma('integrity_check(1)')).replaceAll('\n', ' ');
    if (verdict !== 'ok') throw new StateFailed(corrupt(file, verdict));
    migrate(db, demo);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * Before SQLite opens the file: closing it again would keep what could be read, and remove the log with the rest. Where another
 * coordinator is writing at this moment, a second look sees it.
 */
function refuseDamagedLog(file: string): void {
  const damage = damagedLog(file) === undefined ? undefined : damagedLog(file);
  if (damage !== undefined) throw new StateFailed(corrupt(file, damage));
}

/**
 * Whatever is plain before SQLite sees the file, in plainer words. Creates a new file for this user's eyes only.
 * A file that exists is not opened here: closing it would drop every lock that this process has on it.
 */
function refuseUnusable(file: string): void {
  try {
    accessSync(dirname(file), constants.W_OK | constants.X_OK);
    if (!existsSync(file)) closeSync(openSync(file, 'wx', 0o600));
    accessSync(file, constants.R_OK | constants.W_OK);
    const found = statSync(file);
    if (!found.isFile()) throw new Error('not a file');
    if (found.size > 0 && found.size < smallestBytes) throw new StateFailed(`${file}: ${notADatabase}`);
  } catch (error) {
    if (error instanceof StateFailed) throw error;
    throw new StateFailed(
      `${file}: cannot be written (${error instanceof Error ? error.message : String(error)}); ` +
        "its directory must exist, and the coordinator's user must own both",
      { cause: error },
    );
  }
}
