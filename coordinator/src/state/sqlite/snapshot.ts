// What accepting a snapshot changed, a million rows perhaps: written in slices. All of one uid changes at once; what is claimed now
// comes first and what is claimed no more goes last, so that whenever this breaks off, every servo that is claimed, or was and is
// not yet known to be no more, is still claimed, and none twice. The version comes last of all, so that a broken-off change is made again.
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
  const inSlices = async <T>(
    items: readonly T[],
    write: (item: T) => void,
    areTogether?: (a: T, b: T) => boolean,
  ): Promise<void> => {
    for (const slice of slices(items, areTogether)) {
      transact(db, fence, () => {
        for (const item of slice) write(item);
      });
      await breathe();
    }
  };
  /** Adds what is there now, each uid in place of its former rows if they end. Returns whose rows are still to go. */
  const putInPlace = async <T extends { readonly uid: ServoUid }>(
    table: Table,
    added: readonly T[],
    ended: readonly ServoUid[],
    insert: (item: T) => void,
  ): Promise<readonly ServoUid[]> => {
    const left = new Set(ended);
    const put = (item: T): void => {
      if (left.delete(item.uid)) remove(db, table, witness, item.uid);
      insert(item);
    };
    await inSlices(added, put, (a, b) => a.uid === b.uid);
    return [...left];
  };
  const claims = await putInPlace('claims', change.added, change.replaced, (claim) =>
    insertClaim(db, witness, claim),
  );
  const tombstones = await putInPlace(
    'tombstones',
    change.tombstonesAdded,
    change.tombstonesRemoved,
    (stone) => insertTombstone(db, witness, stone),
  );
  await inSlices(claims, (uid) => remove(db, 'claims', witness, uid));
  await inSlices(tombstones, (uid) => remove(db, 'tombstones', witness, uid));
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

/** A claim that is kept already is not kept twice: a change may be made again. */
function insertClaim(db: Db, witness: WitnessId, c: Claim): void {
  const values = [witness, c.uid, c.host, c.incarnation, c.project, c.since];
  const same = 'witness = ? AND uid = ? AND host IS ? AND incarnation IS ? AND project IS ? AND since IS ?';
  if (db.get(`SELECT 1 FROM claims WHERE ${same}`, ...values) !== undefined) return;
  db.run(
    'INSERT INTO claims (witness, uid, host, incarnation, project, since) VALUES (?, ?, ?, ?, ?, ?)',
    ...values,
  );
}

/** Likewise; the time at which it was first read stays. */
function insertTombstone(db: Db, witness: WitnessId, t: ClaimChange['tombstonesAdded'][number]): void {
  const values = [witness, t.uid, t.host, t.incarnation, t.project, t.projectReleased];
  const same =
    'witness = ? AND uid = ? AND host IS ? AND incarnation IS ? AND project IS ? AND project_released = ?';
  if (db.get(`SELECT 1 FROM tombstones WHERE ${same}`, ...values) !== undefined) return;
  db.run(
    `INSERT INTO tombstones (witness, uid, host, incarnation, project, project_released, first_read_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
    ...values,
    t.firstReadMs,
  );
}

function remove(db: Db, table: Table, witness: WitnessId, uid: ServoUid): void {
  db.run(`DELETE FROM ${table} WHERE witness = ? AND uid = ?`, witness, uid);
}
