// Operators' approvals of single incarnations. How long one lives is the policy's; here they are kept and paused.
import type { Incarnation, OperatorName, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Approval } from '../../domain/operator.ts';
import type { PlanChange } from '../port.ts';
import type { Db } from './db.ts';
import { instantJson } from './instant.ts';
import type { Tx } from './transaction.ts';

interface ApprovalRow {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly by: OperatorName;
  readonly reason: string;
  readonly at: string;
  readonly paused_ms: number;
}

export function readApprovals(db: Db): readonly Approval[] {
  return db
    .all<ApprovalRow>('SELECT * FROM approvals ORDER BY uid, incarnation')
    .map(({ uid, incarnation, by, reason, at, paused_ms }) => ({
      uid,
      incarnation,
      by,
      reason,
      at: JSON.parse(at) as Approval['at'],
      pausedMs: paused_ms,
    }));
}

/** Approves from now on; an earlier approval of the same incarnation ends. */
export function insertApproval(
  { db, now }: Tx,
  { uid, incarnation, by, reason }: Pick<Approval, 'uid' | 'incarnation' | 'by' | 'reason'>,
): void {
  db.run(
    'INSERT OR REPLACE INTO approvals (uid, incarnation, by, reason, at, paused_ms) VALUES (?, ?, ?, ?, ?, 0)',
    uid,
    incarnation,
    by,
    reason,
    instantJson(now),
  );
}

export function deleteApproval(
  { db }: Tx,
  { uid, incarnation }: Pick<Approval, 'uid' | 'incarnation'>,
): void {
  db.run('DELETE FROM approvals WHERE uid = ? AND incarnation = ?', uid, incarnation);
}

export function pauseApprovals({ db }: Tx, paused: PlanChange['paused']): void {
  for (const { uid, incarnation, byMs } of paused)
    db.run(
      'UPDATE approvals SET paused_ms = paused_ms + ? WHERE uid = ? AND incarnation = ?',
      byMs,
      uid,
      incarnation,
    );
}
