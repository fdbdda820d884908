// A SQL database as a witness: SQLite here. All bulk queries run in one read transaction; the look-up is a query of its own.
//
// Queries and the columns that they must yield, these and no others:
//   state       one row: lineage, version, claims, tombstones (the counts that a whole reading must reach)
//   claims      uid, and where known host, incarnation, project, since (version in which it was made)
//   tombstones  uid, and where known host, incarnation, project, project_released (0 or 1)
//   lookup      takes one uid; always at least one row: lineage, version, claimed (0 or 1), and host, incarnation, project,
//               since where claimed. Several rows: claimed on several hosts. No row is an error, never "released".
//
// Rows are taken one at a time, so queries must not sort or group: what SQLite does before a query's first row cannot be
// interrupted. Each reading opens the file anew: one that was put in its place is seen, and shows by its lineage.
import { setTimeout } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, WitnessProfile } from '../domain/witness.ts';
import { WitnessFailed, type ReadingEnd, type RowSink, type Witness } from './port.ts';
import {
  checkColumns,
  claimColumns,
  claimOf,
  oneAnswer,
  rawOf,
  shortText,
  show,
  sinkClaim,
  sinkTombstone,
  tombstoneColumns,
  tombstoneOf,
  wholeNumber,
  type Columns,
} from './rows.ts';
import { Turns, checkGoing, failed } from './turns.ts';

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

/** How long a locked database is waited for, and how often it is asked meanwhile, in milliseconds. Writers hold it for less. */
const maxLockedMs = 1000;
const askLockedMs = 25;
/** Rows of one look-up: copies of one servo. */
const maxCopies = 1000;

const stateColumns: Columns = { must: ['lineage', 'version', 'claims'], may: ['tombstones'] };
const lookupColumns: Columns = {
  must: ['lineage', 'version', 'claimed'],
  may: ['host', 'incarnation', 'project', 'since'],
};

type Row = Readonly<Record<string, unknown>>;

export function sqlWitness(setting: SqlSetting): Witness {
  const { profile, queries } = setting;
  return {
    profile,
    read: async (sink, signal) =>
      await withDatabase(setting, signal, (db) => readWhole(db, setting, sink, signal)),
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
  { profile, queries, maxRows }: SqlSetting,
  sink: RowSink,
  signal: AbortSignal,
): Promise<ReadingEnd> {
  const turns = new Turns(signal, profile.id);
  const where = `${profile.id}, query state`;
  const [state, second] = rowsOf(db, queries.state, [], stateColumns, where);
  if (state === undefined || second !== undefined)
    throw new WitnessFailed(`${where}: ${state === undefined ? 'no row' : 'several rows'}; want exactly one`);
  let rows = 0;
  const each = async (
    name: 'claims' | 'tombstones',
    columns: Columns,
    take: (row: Row, at: string) => void,
  ) => {
    const query = queries[name];
    if (query === undefined) return;
    const wanted = wholeNumber(state[name], where, name);
    const place = `${profile.id}, query ${name}`;
    let count = 0;
    for (const row of rowsOf(db, query, [], columns, place)) {
      const at = `${place}, row ${++count}`;
      if (rows + count > maxRows)
        throw new WitnessFailed(
          `${at}: more than ${maxRows} rows in all; want fewer, or a higher policy.witnessRows`,
        );
      take(row, at);
      if (turns.over) await turns.give();
    }
    if (count !== wanted)
      throw new WitnessFailed(`${place}: ${count} rows, the state query says ${wanted}: not the whole`);
    rows += count;
  };
  await each('claims', claimColumns, (row, at) => sinkClaim(sink, claimOf(rawOf(row), at), at));
  await each('tombstones', tombstoneColumns, (row, at) =>
    sinkTombstone(sink, tombstoneOf(rawOf(row), at), at),
  );
  return {
    version: wholeNumber(state['version'], where, 'version'),
    lineage: shortText(state['lineage'], where, 'lineage'),
    rows,
  };
}

function lookUp(db: Database.Database, query: string, uid: ServoUid, { profile }: SqlSetting): Lookup {
  const where = `${profile.id}, look-up of ${uid}`;
  const claims: Claim[] = [];
  let first: Row | undefined;
  let count = 0;
  for (const row of rowsOf(db, query, [uid], lookupColumns, where)) {
    first ??= row;
    if (++count > maxCopies)
      throw new WitnessFailed(`${where}: more than ${maxCopies} rows; want one per host`);
    if (row['claimed'] !== 0 && row['claimed'] !== 1)
      throw new WitnessFailed(`${where}: claimed is ${show(row['claimed'])}; want 0 or 1`);
    for (const name of ['claimed', 'lineage', 'version'])
      if (row[name] !== first[name])
        throw new WitnessFailed(
          `${where}: two rows contradict each other: ${name} is ${show(first[name])} and ${show(row[name])}; want one answer`,
        );
    if (row['claimed'] === 1) claims.push(claimOf({ ...rawOf(row), uid }, where));
  }
  if (first === undefined) throw new WitnessFailed(`${where}: no row; want one that says claimed 0 or 1`);
  if (claims.length === 0 && count > 1)
    throw new WitnessFailed(`${where}: ${count} rows for a uid that is not claimed; want one`);
  return {
    claims: oneAnswer(uid, claims, where),
    version: wholeNumber(first['version'], where, 'version'),
    lineage: shortText(first['lineage'], where, 'lineage'),
  };
}

/** The rows of a query, its columns checked, at most so many. Whatever SQLite says becomes a `WitnessFailed` with the place. */
function* rowsOf(
  db: Database.Database,
  query: string,
  values: readonly string[],
  columns: Columns,
  where: string,
): Iterable<Row> {
  let count = 0;
  const rows = asked(where, () => {
    const statement = db.prepare(query);
    if (!statement.reader) throw new WitnessFailed(`${where}: yields no rows; want a SELECT`);
    checkColumns(
      statement.columns().map((column) => column.name),
      columns,
      where,
    );
    return statement.iterate(...values) as IterableIterator<Row>;
  });
  try {
    for (;;) {
      const next = asked(`${where}, after row ${count}`, () => rows.next());
      if (next.done === true) return;
      count++;
      yield next.value;
    }
  } finally {
    rows.return?.();
  }
}

function asked<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw failed(where, cause);
  }
}

/** Opens, begins the read transaction, works, closes. */
async function withDatabase<T>(
  setting: SqlSetting,
  signal: AbortSignal,
  work: (db: Database.Database) => Promise<T>,
): Promise<T> {
  const where = `${setting.profile.id}: ${setting.file} cannot be read`;
  const db = asked(
    where,
    () => new Database(setting.file, { readonly: true, fileMustExist: true, timeout: 0 }),
  );
  try {
    await begin(db, where, signal);
    return await work(db);
  } finally {
    db.close();
  }
}

/** Takes the read lock, which then stands until the end; a database that is locked is asked again for a while. */
async function begin(db: Database.Database, where: string, signal: AbortSignal): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += askLockedMs) {
    checkGoing(signal, where);
    try {
      db.exec('BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1');
      return;
    } catch (cause) {
      if (db.inTransaction) db.exec('ROLLBACK');
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      if (!code.startsWith('SQLITE_BUSY') || waitedMs >= maxLockedMs) throw failed(where, cause);
    }
    await setTimeout(askLockedMs);
  }
}
