// Enrolled hosts. Operators own who is enrolled, retired and acknowledged; a fold owns what was last heard of the host.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { Acknowledged } from '../../domain/host.ts';
import type { AcknowledgedMissing, EnrolledHost } from '../../domain/operator.ts';
import { Unfit, type HostMemory } from '../port.ts';
import type { Db } from './db.ts';

interface HostRow {
  readonly host: HostId;
  readonly cell: EnrolledHost['cell'];
  readonly generation: NonNullable<EnrolledHost['generation']> | null;
  readonly reader_version: NonNullable<EnrolledHost['readerVersion']> | null;
  readonly inherits_from: NonNullable<EnrolledHost['inheritsFrom']> | null;
  readonly retired: number;
  readonly journal_sequence: number | null;
  readonly journal_hash: NonNullable<HostMemory['journal']>['hash'] | null;
  readonly contested: string | null;
}

export function readHosts(db: Db): readonly EnrolledHost[] {
  return db.all<HostRow>('SELECT * FROM hosts ORDER BY host').map(enrolledOf);
}

export function findHost(db: Db, host: HostId): HostMemory | undefined {
  const row = db.get<HostRow>('SELECT * FROM hosts WHERE host = ?', host);
  return row && memoryOf(row, acknowledgedOn(db, host));
}

/** The host, or `Unfit` where nobody enrolled it. */
export function enrolledHost(db: Db, host: HostId): HostMemory {
  const found = findHost(db, host);
  if (found === undefined)
    throw new Unfit(
      `${host} is not enrolled: see servoctl hosts list, or enrol it with servoctl hosts enrol`,
    );
  return found;
}

export function isRetired(db: Db, host: HostId): boolean {
  return db.get<{ retired: number }>('SELECT retired FROM hosts WHERE host = ?', host)?.retired === 1;
}

export function acknowledgedOn(db: Db, host: HostId): readonly Acknowledged[] {
  return db.all<Acknowledged>(
    'SELECT path, content_sha256 AS contentSha256 FROM acknowledged_items WHERE host = ? ORDER BY path',
    host,
  );
}

export function readAcknowledgedMissing(db: Db): readonly AcknowledgedMissing[] {
  return db.all<AcknowledgedMissing>('SELECT host, uid FROM acknowledged_missing ORDER BY host, uid');
}

/** Hosts after `after` by name, with all that is remembered of them. */
export function readHostMemories(db: Db, after: string, limit: number): readonly HostMemory[] {
  const rows = db.all<HostRow>('SELECT * FROM hosts WHERE host > ? ORDER BY host LIMIT ?', after, limit);
  return rows.map((row) => memoryOf(row, acknowledgedOn(db, row.host)));
}

/** Keeps what was last heard of a host. Who is enrolled, retired and acknowledged does not change by hearing. */
export function noteHost(
  db: Db,
  { host, generation, readerVersion, inheritsFrom, journal, contested }: HostMemory,
): void {
  const known = db.run(
    `UPDATE hosts SET generation = ?, reader_version = ?, inherits_from = ?, journal_sequence = ?, journal_hash = ?,
       contested = ?
     WHERE host = ?`,
    generation,
    readerVersion,
    inheritsFrom,
    journal?.sequence,
    journal?.hash,
    contested,
    host,
  );
  if (known === 0) throw new Unfit(`${host} is not enrolled: enrol it with servoctl hosts enrol`);
}

function memoryOf(row: HostRow, acknowledged: readonly Acknowledged[]): HostMemory {
  const { journal_sequence: sequence, journal_hash: hash } = row;
  return {
    ...enrolledOf(row),
    acknowledged,
    journal: sequence === null || hash === null ? undefined : { sequence, hash },
    contested: row.contested ?? undefined,
  };
}

function enrolledOf(row: HostRow): EnrolledHost {
  return {
    host: row.host,
    cell: row.cell,
    generation: row.generation ?? undefined,
    readerVersion: row.reader_version ?? undefined,
    inheritsFrom: row.inherits_from ?? undefined,
    retired: row.retired === 1,
  };
}
