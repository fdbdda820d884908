// What has had its time is forgotten here, in the transaction of a plan; never anything that a limit still counts, an order
// still waits for, or an operator can still use. The audit log is never cut.
import type { Instant } from '@servo-auditor/proto/time.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { deleteApproval, readApprovals } from './approvals.ts';
import { chargeWindowMs } from './charges.ts';
import type { Tx } from './transaction.ts';

const dayMs = 24 * 3600 * 1000;
/** How long ended cases, closed orders and exemptions are kept, in waited milliseconds: a quarter, for questions that come late. */
export const keptMs = 90 * dayMs;
/** Longest life of an approval that the policy allows, in milliseconds. */
const approvalLivesMs = dayMs;

export function prune(tx: Tx): void {
  const { db, now } = tx;
  const old = now.waitMs - keptMs;
  db.run('DELETE FROM holds WHERE until_ms <= ?', now.waitMs);
  for (const approval of readApprovals(db))
    if (stalenessMs(approval.at satisfies Instant, now) - approval.pausedMs > approvalLivesMs)
      deleteApproval(tx, approval);
  db.run(
    `DELETE FROM charges WHERE at_ms <= ? AND order_id IN (SELECT id FROM orders WHERE state = 'closed')`,
    now.waitMs - chargeWindowMs,
  );
  db.run(`DELETE FROM cases WHERE state IN ('over', 'restored') AND since_ms <= ?`, old);
  db.run(
    `DELETE FROM orders WHERE state = 'closed' AND closed_ms <= ?
       AND id NOT IN (SELECT order_id FROM cases WHERE order_id IS NOT NULL) AND id NOT IN (SELECT order_id FROM charges)`,
    old,
  );
  db.run(
    `DELETE FROM exemptions WHERE at_ms <= ? AND NOT EXISTS (SELECT 1 FROM cases
       WHERE cases.uid = exemptions.uid AND cases.incarnation = exemptions.incarnation AND state <> 'over')`,
    old,
  );
}
