// What a fold learned. A large one is written in slices; additions come before removals, so that a crash in between forgets
// nothing that anybody said.
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

function* steps(change: FoldChange): Iterable<Step> {
  const { hosts, vouchedAdded, vouchedRemoved, releasesAdded, releasesRemoved } = change;
  for (const host of hosts) yield (db) => noteHost(db, host);
  for (const v of vouchedAdded)
    yield (db) =>
      db.run(
        'INSERT OR REPLACE INTO vouched (host, uid, incarnation, witnesses) VALUES (?, ?, ?, ?)',
        v.host,
        v.uid,
        v.incarnation,
        JSON.stringify(v.witnesses),
      );
  for (const r of releasesAdded)
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
  yield* removals('releases', releasesRemoved, releasesAdded);
  yield* removals('vouched', vouchedRemoved, vouchedAdded);
}

/** What is removed and added at once was replaced. */
function* removals(
  table: 'releases' | 'vouched',
  removed: readonly Key[],
  added: readonly Key[],
): Iterable<Step> {
  const name = ({ host, uid, incarnation }: Key): string => `${host} ${uid} ${incarnation}`;
  const replaced = removed.length === 0 ? new Set<string>() : new Set(added.map(name));
  for (const key of removed)
    if (!replaced.has(name(key)))
      yield (db) =>
        db.run(
          `DELETE FROM ${table} WHERE host = ? AND uid = ? AND incarnation = ?`,
          key.host,
          key.uid,
          key.incarnation,
        );
}
