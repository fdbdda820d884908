// A SQL database as a witness: SQLite here. All bulk queries run in one read transaction; the look-up is a query of its own.
//
// Queries and the columns that they must yield:
//   state       one row: lineage, version, claims, tombstones (the counts that a whole reading must reach)
//   claims      uid, and where known host, incarnation, project, since (version in which it was made)
//   tombstones  uid, and where known host, incarnation, project, project_released (0 or 1)
//   lookup      takes one uid; always at least one row: lineage, version, claimed (0 or 1), and host, incarnation, project,
//               since where claimed. No row is an error, never "released".
import { setImmediate } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, WitnessProfile } from '../domain/witness.ts';
import { WitnessFailed, type ReadingEnd, type RowSink, type Witness } from './port.ts';
import { claimOf, shortText, show, tombstoneOf, wholeNumber } from './rows.ts';

export interface SqlQueries {
  readonly state: string;
  readonly claims: string;
  readonly tombstones?: string | undefined;
  readonly lookup?: string | undefined;
}

export interface SqlSetting {
  readonly profile: WitnessProfile;
  readonly file: string;
  readonly queries: SqlQueries;
  /** Rows above which a reading is refused as endless. */
  readonly maxRows: number;
}

/** How long a locked database is waited for, in milliseconds. Short: it blocks this process. */
const busyMs = 40;
/** How often a locked database is asked again. */
const maxBusyTries = 20;
/** Rows between two looks at the clock, and the time after which the event loop gets its turn. */
const rowsPerLook = 128;
const sliceMs = 8;

type Row = Readonly<Record<string, unknown>>;

export function sqlWitness(setting: SqlSetting): Witness {
  const { profile, queries } = setting;
  return {
    profile,
    read: async (sink, signal) =>
      await withDatabase(setting, signal, async (db) => await readWhole(db, setting, sink, signal)),
    lookup: async (uid, signal) => {
      const query = queries.lookup;
      if (query === undefined) throw new WitnessFailed(`${profile.id} has no look-up query`);
      return await withDatabase(setting, signal, (db) => Promise.resolve(lookUp(db, query, uid, setting)));
    },
    close: () => Promise.resolve(),
  };
}

async function readWhole(
  db: Database.Database,
  setting: SqlSetting,
  sink: RowSink,
  signal: AbortSignal,
): Promise<ReadingEnd> {
  const { profile, queries, maxRows } = setting;
  db.exec('BEGIN');
  const where = `${profile.id}, query state`;
  const states = db.prepare(queries.state).all() as Row[];
  const state = states[0];
  if (state === undefined || states.length > 1)
    throw new WitnessFailed(`${where}: ${states.length} rows; want exactly one`);
  const wanted = {
    claims: wholeNumber(state['claims'], where, 'claims'),
    tombstones: queries.tombstones === undefined ? 0 : wholeNumber(state['tombstones'], where, 'tombstones'),
  };
  const counts = { claims: 0, tombstones: 0 };
  const each = async (name: 'claims' | 'tombstones', query: string, take: (row: Row, at: string) => void) => {
    let until = performance.now() + sliceMs;
    for (const row of db.prepare(query).iterate() as IterableIterator<Row>) {
      const at = `${profile.id}, query ${name}, row ${++counts[name]}`;
      if (counts.claims + counts.tombstones > maxRows)
        throw new WitnessFailed(
          `${at}: more than ${maxRows} rows; want fewer, or a higher policy.witnessRows`,
        );
      take(row, at);
      if (counts[name] % rowsPerLook !== 0 || performance.now() < until) continue;
      await setImmediate();
      signal.throwIfAborted();
      until = performance.now() + sliceMs;
    }
    if (counts[name] !== wanted[name])
      throw new WitnessFailed(
        `${profile.id}, query ${name}: ${counts[name]} rows, the state query says ${wanted[name]}: not the whole`,
      );
  };
  await each('claims', queries.claims, (row, at) => sink.claim(claimOf(named(row), at)));
  if (queries.tombstones !== undefined)
    await each('tombstones', queries.tombstones, (row, at) => sink.tombstone(tombstoneOf(named(row), at)));
  return {
    version: wholeNumber(state['version'], where, 'version'),
    lineage: shortText(state['lineage'], where, 'lineage'),
    rows: counts.claims + counts.tombstones,
  };
}

function lookUp(db: Database.Database, query: string, uid: ServoUid, { profile }: SqlSetting): Lookup {
  const where = `${profile.id}, look-up of ${uid}`;
  const rows = db.prepare(query).all(uid) as Row[];
  const first = rows[0];
  if (first === undefined) throw new WitnessFailed(`${where}: no row; want one that says claimed 0 or 1`);
  const claims: Claim[] = [];
  for (const row of rows) {
    if (row['claimed'] !== 0 && row['claimed'] !== 1)
      throw new WitnessFailed(`${where}: claimed is ${show(row['claimed'])}; want 0 or 1`);
    if (row['claimed'] !== first['claimed'])
      throw new WitnessFailed(`${where}: two rows that contradict each other; want one answer`);
    if (row['claimed'] === 1) claims.push(claimOf({ ...named(row), uid }, where));
  }
  if (claims.length === 0 && rows.length > 1)
    throw new WitnessFailed(`${where}: ${rows.length} rows for a uid that is not claimed; want one`);
  return {
    claims,
    version: wholeNumber(first['version'], where, 'version'),
    lineage: shortText(first['lineage'], where, 'lineage'),
  };
}

function named(row: Row) {
  if (!('uid' in row) && !('claimed' in row))
    throw new WitnessFailed(`a row has the columns ${Object.keys(row).join(', ')}; want uid among them`);
  return {
    uid: row['uid'],
    host: row['host'],
    incarnation: row['incarnation'],
    project: row['project'],
    since: row['since'],
    projectReleased: row['project_released'],
  };
}

/** Opens, works, closes. Whatever SQLite says becomes a `WitnessFailed`; a locked database is asked again for a while. */
async function withDatabase<T>(
  setting: SqlSetting,
  signal: AbortSignal,
  work: (db: Database.Database) => Promise<T>,
): Promise<T> {
  const { profile, file } = setting;
  for (let tries = 1; ; tries++) {
    signal.throwIfAborted();
    let db: Database.Database | undefined;
    try {
      db = new Database(file, { readonly: true, fileMustExist: true, timeout: busyMs });
      return await work(db);
    } catch (cause) {
      if (cause instanceof WitnessFailed) throw cause;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      if (!code.startsWith('SQLITE_BUSY') || tries >= maxBusyTries)
        throw new WitnessFailed(
          `${profile.id}: ${file} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
          { cause },
        );
    } finally {
      db?.close();
    }
    await setImmediate();
  }
}
