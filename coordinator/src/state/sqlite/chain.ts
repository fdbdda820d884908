// The audit chain in the database. Its head stands a second time beside the epoch, so that entries cut off its end are missed.
import type { Digest } from '@servo-auditor/proto/ids.ts';
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import { emptyChain, follows, sealEntry, type AuditText } from '../audit.ts';
import type { AuditEntry, DecisionMark } from '../port.ts';
import type { Db } from './db.ts';
import { breathe } from './slices.ts';

interface AuditRow {
  readonly version: number;
  readonly wall_ms: number;
  readonly by: string;
  readonly event: string;
  readonly reason: string;
  readonly about: string;
  readonly previous: Digest;
  readonly hash: Digest;
}

/** Entries that one reading may ask for. */
export const maxAuditRows = 10_000;
const sliceRows = 1000;

/** Where the chain ends. */
export function readHead(db: Db): DecisionMark {
  return db.get<DecisionMark>('SELECT version, hash FROM installation') ?? emptyChain;
}

/** Appends one entry; within a transaction. */
export function appendAudit(db: Db, text: AuditText): DecisionMark {
  const { version, wallMs, by, event, reason, about, previous, hash } = sealEntry(readHead(db), text);
  db.run(
    `INSERT INTO audit (version, wall_ms, by, event, reason, about, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
    version,
    wallMs,
    by,
    event,
    reason,
    canonicalJson(about),
    previous,
    hash,
  );
  db.run('UPDATE installation SET version = ?, hash = ?', version, hash);
  return { version, hash };
}

export function hashAt(db: Db, version: number): Digest | undefined {
  if (version === 0) return emptyChain.hash;
  if (!Number.isSafeInteger(version) || version < 0) return undefined;
  return db.get<{ hash: Digest }>('SELECT hash FROM audit WHERE version = ?', version)?.hash;
}

/** Entries with a version above `after`, oldest first. Throws a `RangeError` for a limit outside 1 to `maxAuditRows`. */
export function readAudit(db: Db, after: number, limit: number): readonly AuditEntry[] {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxAuditRows)
    throw new RangeError(`${limit} entries: want a whole number from 1 to ${maxAuditRows}`);
  return readRows(db, after, limit).map(entryOf);
}

/** Walks the whole chain, giving way to the event loop. */
export async function verifyAudit(
  db: Db,
): Promise<{ readonly entries: number; readonly firstBroken: number | undefined }> {
  // What is appended while the chain is walked is left to the next walk.
  const end = readHead(db);
  let head = emptyChain;
  while (head.version < end.version) {
    const rows = readRows(db, head.version, sliceRows);
    if (rows.length === 0) return { entries: head.version, firstBroken: head.version + 1 };
    for (const row of rows) {
      if (row.version > end.version) break;
      if (!isUnchanged(head, row)) return { entries: end.version, firstBroken: head.version + 1 };
      head = { version: row.version, hash: row.hash };
    }
    await breathe();
  }
  if (head.hash !== end.hash) return { entries: end.version, firstBroken: end.version };
  const beyond =
    db.get<{ version: number | null }>('SELECT max(version) AS version FROM audit')?.version ?? 0;
  const { version } = readHead(db);
  return { entries: end.version, firstBroken: beyond > version ? version + 1 : undefined };
}

/** Also the spelling of `about` must be the canonical one: no byte of a row may differ. */
function isUnchanged(head: DecisionMark, row: AuditRow): boolean {
  try {
    const entry = entryOf(row);
    return follows(head, entry) && canonicalJson(entry.about) === row.about;
  } catch {
    return false;
  }
}

function readRows(db: Db, after: number, limit: number): readonly AuditRow[] {
  return db.all<AuditRow>('SELECT * FROM audit WHERE version > ? ORDER BY version LIMIT ?', after, limit);
}

function entryOf({ wall_ms, about, ...row }: AuditRow): AuditEntry {
  const { version, by, event, reason, previous, hash } = row;
  return { version, wallMs: wall_ms, by, event, reason, about: JSON.parse(about), previous, hash };
}
