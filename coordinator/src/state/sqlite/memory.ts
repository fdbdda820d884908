// What the installation remembers of each servo and claim, read once by a new leader, in slices that let everything else go on.
import type { HostId, Incarnation, ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Release } from '../../domain/evidence.ts';
import type { Claim, Tombstone } from '../../domain/witness.ts';
import type { HostMemory, Levels, Memory, Vouched, WitnessMemory } from '../port.ts';
import type { Db } from './db.ts';
import { readHostMemories } from './hosts.ts';
import { breathe, sliceRows } from './slices.ts';

interface Key {
  readonly host: HostId;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
}
type ReleaseRow = Key & {
  readonly kind: Release['kind'];
  readonly first_read_ms: number;
  readonly project_released: number;
  readonly project: NonNullable<Release['project']> | null;
  readonly capped: NonNullable<Release['capped']> | null;
};
type VouchedRow = Key & { readonly witnesses: string };
interface ClaimRow {
  readonly id: number;
  readonly uid: ServoUid;
  readonly host: HostId | null;
  readonly incarnation: Incarnation | null;
  readonly project: NonNullable<Claim['project']> | null;
  readonly since: number | null;
}
interface TombstoneRow extends Omit<ClaimRow, 'since'> {
  readonly project_released: number;
  readonly first_read_ms: number;
}

export async function readMemory(db: Db): Promise<Memory> {
  return {
    releases: await byKey<ReleaseRow, Release>(db, 'releases', releaseOf),
    vouched: await byKey<VouchedRow, Vouched>(db, 'vouched', vouchedOf),
    witnesses: await readWitnesses(db),
    hosts: await readHosts(db),
  };
}

// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
async function byKey<Row extends Key, T>(
  db: Db,
  table: 'releases' | 'vouched',
  make: (row: Row) => T,
): Promise<readonly T[]> {
  const found: T[] = [];
  let last = { host: '', uid: '', incarnation: '' };
  for (;;) {
    const rows = db.all<Row>(
      `SELECT * FROM ${table} WHERE (host, uid, incarnation) > (?, ?, ?) ORDER BY host, uid, incarnation LIMIT ?`,
      last.host,
      last.uid,
      last.incarnation,
      sliceRows,
    );
    for (const row of rows) found.push(make(row));
    const end = rows.at(-1);
    if (end === undefined || rows.length < sliceRows) return found;
    last = end;
    await breathe();
  }
}

/** Rows per witness. In the order of the table, whole: it is read once, and rows of one witness do not lie together. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters
async function byWitness<Row extends { readonly id: number }, T>(
  db: Db,
  table: 'claims' | 'tombstones',
  make: (row: Row) => T,
): Promise<ReadonlyMap<WitnessId, readonly T[]>> {
  const found = new Map<WitnessId, T[]>();
  let last = 0;
  for (;;) {
    const rows = db.all<Row & { readonly witness: WitnessId }>(
      `SELECT * FROM ${table} WHERE id > ? ORDER BY id LIMIT ?`,
      last,
      sliceRows,
    );
    for (const row of rows) {
      const ofWitness = found.get(row.witness);
      if (ofWitness === undefined) found.set(row.witness, [make(row)]);
      else ofWitness.push(make(row));
    }
    const end = rows.at(-1);
    if (end === undefined || rows.length < sliceRows) return found;
    last = end.id;
    await breathe();
  }
}

async function readWitnesses(db: Db): Promise<readonly WitnessMemory[]> {
  const claims = await byWitness<ClaimRow, Claim>(db, 'claims', claimOf);
  const tombstones = await byWitness<TombstoneRow, WitnessMemory['tombstones'][number]>(
    db,
    'tombstones',
    tombstoneOf,
  );
  return db
    .all<{ witness: WitnessId; version: number; lineage: string; levels: string }>(
      'SELECT * FROM witnesses ORDER BY witness',
    )
    .map(({ witness, version, lineage, levels }) => ({
      witness,
      version,
      lineage,
      levels: JSON.parse(levels) as Levels,
      claims: claims.get(witness) ?? [],
      tombstones: tombstones.get(witness) ?? [],
    }));
}

async function readHosts(db: Db): Promise<readonly HostMemory[]> {
  const found: HostMemory[] = [];
  for (;;) {
    const rows = readHostMemories(db, found.at(-1)?.host ?? '', sliceRows);
    found.push(...rows);
    if (rows.length < sliceRows) return found;
    await breathe();
  }
}

function releaseOf(row: ReleaseRow): Release {
  const { uid, host, incarnation, kind, first_read_ms, project_released, project, capped } = row;
  return {
    uid,
    host,
    incarnation,
    kind,
    firstReadMs: first_read_ms,
    projectReleased: project_released === 1,
    project: project ?? undefined,
    capped: capped ?? undefined,
  };
}

function vouchedOf({ host, uid, incarnation, witnesses }: VouchedRow): Vouched {
  return { host, uid, incarnation, witnesses: JSON.parse(witnesses) as Vouched['witnesses'] };
}

function claimOf({ uid, host, incarnation, project, since }: ClaimRow): Claim {
  return {
    uid,
    ...(host === null ? {} : { host }),
    ...(incarnation === null ? {} : { incarnation }),
    ...(project === null ? {} : { project }),
    ...(since === null ? {} : { since }),
  };
}

function tombstoneOf(row: TombstoneRow): Tombstone & { readonly firstReadMs: number } {
  const { project_released, first_read_ms: firstReadMs } = row;
  return { ...claimOf({ ...row, since: null }), projectReleased: project_released === 1, firstReadMs };
}
