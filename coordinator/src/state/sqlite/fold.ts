// What a fold learned. A small one is one transaction, a large one is written in slices, in an order in which each may be the last.
import type { Fence, FoldChange } from '../port.ts';
import type { Db } from './db.ts';
import { noteHost } from './hosts.ts';
import { breathe, sliceRows } from './slices.ts';
import { transact } from './transaction.ts';

type Step = (db: Db) => void;
type Key = Readonly<Record<'host' | 'uid' | 'incarnation', string>>;

/** Throws `Fenced` before any slice that another leader comes before. */
export async function recordFold(db: Db, fence: Fence, change: FoldChange): Promise<void> {
  let pending: Step[] = [];
  for (const step of steps(change)) {
    pending.push(step);
    if (pending.length < sliceRows) continue;
    writeSteps(db, fence, pending);
    pending = [];
    await breathe();
  }
  writeSteps(db, fence, pending);
}

function writeSteps(db: Db, fence: Fence, pending: readonly Step[]): void {
  transact(db, fence, () => {
    for (const step of pending) step(db);
  });
}

/** Releases go first and come last: whatever a crash cuts off leaves fewer servos released, never more. */
function* steps(change: FoldChange): Iterable<Step> {
  for (const host of change.hosts) yield (db) => noteHost(db, host);
  for (const key of change.releasesRemoved) yield removal('releases', key);
  for (const key of change.vouchedRemoved) yield removal('vouched', key);
  for (const v of change.vouchedAdded)
    yield (db) =>
      db.run(
        'INSERT OR REPLACE INTO vouched (host, uid, incarnation, witnesses) VALUES (?, ?, ?, ?)',
        v.host,
        v.uid,
        v.incarnation,
        JSON.stringify(v.witnesses),
      );
  for (const r of change.releasesAdded)
    yield (db) =>
      db.run(
        `INSERT OR REPLACE INTO releases (host, uid, incarnation, kind, first_read_ms, project_released, project, capped)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        r.host,
        r.uid,
        r.incarnation,
        r.kind,
        r.firstReadMs,
        r.projectReleased,
        r.project,
        r.capped,
      );
}

function removal(table: 'releases' | 'vouched', { host, uid, incarnation }: Key): Step {
  return (db) =>
    db.run(`DELETE FROM ${table} WHERE host = ? AND uid = ? AND incarnation = ?`, host, uid, incarnation);
}
