// What accepting a snapshot changed, a million rows perhaps: written in slices. New claims come first and old ones go last, so
// that whenever this breaks off, every servo that was or is claimed is still claimed; the version comes last of all, so that a
// broken-off change is made again.
import type { ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Claim } from '../../domain/witness.ts';
import type { ClaimChange, Fence } from '../port.ts';
import type { Db } from './db.ts';
import { breathe, slices } from './slices.ts';
import { transact } from './transaction.ts';

type Table = 'claims' | 'tombstones';

/** Throws `Fenced` before any slice that another leader comes before. One snapshot of a witness at a time. */
export async function recordSnapshot(db: Db, fence: Fence, change: ClaimChange): Promise<void> {
  const { witness } = change;
  // Rows up to here are the former ones; what is added now is above.
  const former = { claims: lastRow(db, 'claims'), tombstones: lastRow(db, 'tombstones') };
  const inSlices = async <T>(items: readonly T[], write: (item: T) => void): Promise<void> => {
    for (const slice of slices(items)) {
      transact(db, fence, () => {
        for (const item of slice) write(item);
      });
      await breathe();
    }
  };
  const replaced = new Set(change.replaced);
  await inSlices(change.added, (claim) => insertClaim(db, witness, claim, replaced.has(claim.uid)));
  const removed = new Set(change.tombstonesRemoved);
  await inSlices(change.tombstonesAdded, (stone) =>
    insertTombstone(db, witness, stone, removed.has(stone.uid)),
  );
  await inSlices(change.replaced, (uid) => remove(db, 'claims', witness, uid, former.claims));
  await inSlices(change.tombstonesRemoved, (uid) =>
    remove(db, 'tombstones', witness, uid, former.tombstones),
  );
  transact(db, fence, () => {
    db.run(
      'INSERT OR REPLACE INTO witnesses (witness, version, lineage, levels) VALUES (?, ?, ?, ?)',
      witness,
      change.version,
      change.lineage,
      JSON.stringify(change.levels),
    );
  });
}

function lastRow(db: Db, table: Table): number {
  return db.get<{ id: number | null }>(`SELECT max(id) AS id FROM ${table}`)?.id ?? 0;
}

/** A claim that is kept already is not kept twice, unless its uid's former ones are about to go: a change may be made again. */
function insertClaim(db: Db, witness: WitnessId, c: Claim, isReplaced: boolean): void {
  const values = [witness, c.uid, c.host, c.incarnation, c.project, c.since];
  const same = 'witness = ? AND uid = ? AND host IS ? AND incarnation IS ? AND project IS ? AND since IS ?';
  if (!isReplaced && db.get(`SELECT 1 FROM claims WHERE ${same}`, ...values) !== undefined) return;
  db.run(
    'INSERT INTO claims (witness, uid, host, incarnation, project, since) VALUES (?, ?, ?, ?, ?, ?)',
    ...values,
  );
}

/** Likewise; where one is kept twice, the time at which it was first read is the earlier one's. */
function insertTombstone(
  db: Db,
  witness: WitnessId,
  t: ClaimChange['tombstonesAdded'][number],
  isReplaced: boolean,
): void {
  const values = [witness, t.uid, t.host, t.incarnation, t.project, t.projectReleased];
  const same =
    'witness = ? AND uid = ? AND host IS ? AND incarnation IS ? AND project IS ? AND project_released = ?';
  if (!isReplaced && db.get(`SELECT 1 FROM tombstones WHERE ${same}`, ...values) !== undefined) return;
  db.run(
    `INSERT INTO tombstones (witness, uid, host, incarnation, project, project_released, first_read_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...values,
    t.firstReadMs,
  );
}

function remove(db: Db, table: Table, witness: WitnessId, uid: ServoUid, upTo: number): void {
  db.run(`DELETE FROM ${table} WHERE witness = ? AND uid = ? AND id <= ?`, witness, uid, upTo);
}
