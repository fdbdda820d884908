// How far each generation is trusted: the mode that operators gave it, and what it has earned.
import type { CellId, Generation, Incarnation, OperatorName, ServoUid } from '@servo-auditor/proto/ids.ts';
import { modeKey, modes, type Mode, type Track } from '../../domain/operator.ts';
import type { Db } from './db.ts';
import type { Tx } from './transaction.ts';

interface TrackRow {
  readonly cell: Track['cell'];
  readonly generation: Track['generation'];
  readonly reader_version: Track['readerVersion'];
  readonly since_ms: number | null;
  readonly message: string;
  readonly mapping_hash: string;
  readonly certified: Mode;
  readonly confirmed_uid: ServoUid | null;
  readonly confirmed_incarnation: Incarnation | null;
  readonly confirmed_by: OperatorName | null;
}

export function readModes(db: Db): ReadonlyMap<string, Mode> {
  const rows = db.all<{ cell: CellId; generation: Generation; mode: Mode }>('SELECT * FROM modes');
  return new Map(rows.map(({ cell, generation, mode }) => [modeKey(cell, generation), mode]));
}

/** What is not kept is `observe`. */
export function findMode(db: Db, cell: CellId, generation: Generation): Mode {
  return (
    db.get<{ mode: Mode }>('SELECT mode FROM modes WHERE cell = ? AND generation = ?', cell, generation)
      ?.mode ?? 'observe'
  );
}

export function readTracks(db: Db): readonly Track[] {
  return db.all<TrackRow>('SELECT * FROM tracks ORDER BY cell, generation, reader_version').map(trackOf);
}

export function findTrack(
  db: Db,
  of: Pick<Track, 'cell' | 'generation' | 'readerVersion'>,
): Track | undefined {
  const row = db.get<TrackRow>(
    'SELECT * FROM tracks WHERE cell = ? AND generation = ? AND reader_version = ?',
    of.cell,
    of.generation,
    of.readerVersion,
  );
  return row && trackOf(row);
}

/** The furthest mode that any reader of this generation is certified for here. */
export function bestCertified(db: Db, cell: CellId, generation: Generation): Mode {
  const earned = db
    .all<{ certified: Mode }>(
      'SELECT certified FROM tracks WHERE cell = ? AND generation = ?',
      cell,
      generation,
    )
    .map((row) => modes.indexOf(row.certified));
  return modes[Math.max(0, ...earned)] ?? 'observe';
}

/** Keeps a track as it is now; audited where what it is certified for changed. */
export function saveTrack(tx: Tx, track: Track): void {
  const before = findTrack(tx.db, track);
  const sameMapping = before?.mappingHash === track.mappingHash;
  // An operator may have confirmed an orphan since the round that moved this track on was prepared.
  const confirmed = track.confirmedOrphan ?? (sameMapping ? before?.confirmedOrphan : undefined);
  writeTrack(tx.db, { ...track, confirmedOrphan: confirmed });
  const from = before?.certified ?? 'observe';
  if (from === track.certified) return;
  const isMore = modes.indexOf(track.certified) > modes.indexOf(from);
  const { cell, generation, readerVersion, mappingHash } = track;
  tx.audit(isMore ? 'certification.earned' : 'certification.voided', track.message, {
    cell,
    generation,
    readerVersion,
    mappingHash,
    before: from,
    after: track.certified,
  });
}

export function writeTrack(db: Db, track: Track): void {
  const { cell, generation, readerVersion, since, message, mappingHash, certified, confirmedOrphan } = track;
  db.run(
    `INSERT INTO tracks (cell, generation, reader_version, since_ms, message, mapping_hash, certified, confirmed_uid,
       confirmed_incarnation, confirmed_by)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (cell, generation, reader_version) DO UPDATE SET since_ms = excluded.since_ms, message = excluded.message,
       mapping_hash = excluded.mapping_hash, certified = excluded.certified, confirmed_uid = excluded.confirmed_uid,
       confirmed_incarnation = excluded.confirmed_incarnation, confirmed_by = excluded.confirmed_by`,
    cell,
    generation,
    readerVersion,
    since,
    message,
    mappingHash,
    certified,
    confirmedOrphan?.uid,
    confirmedOrphan?.incarnation,
    confirmedOrphan?.by,
  );
}

function trackOf(row: TrackRow): Track {
  const { cell, generation, message, certified } = row;
  const { confirmed_uid: uid, confirmed_incarnation: incarnation, confirmed_by: by } = row;
  return {
    cell,
    generation,
    readerVersion: row.reader_version,
    since: row.since_ms ?? undefined,
    message,
    mappingHash: row.mapping_hash,
    certified,
    confirmedOrphan:
      uid === null || incarnation === null || by === null ? undefined : { uid, incarnation, by },
  };
}
