// A receipt ends an order and moves its case. A late one counts, also for an order of an earlier epoch; a second one changes
// nothing. A charge stays, whatever the receipt says; a stop that nobody charged is charged now.
import type { Case } from '../../domain/case.ts';
import type { OpenOrder } from '../../domain/order.ts';
import type { ReceiptRecord } from '../port.ts';
import { charge, isCharged } from './charges.ts';
import { findCase, moveCase } from './cases.ts';
import { findOrder, markClosed, type HoldToSet } from './orders.ts';
import { insertHold } from './protections.ts';
import type { Tx } from './transaction.ts';

/** @param refusedAgainMs how long a servo gets no further order after its agent refused one, in waited milliseconds. */
export function recordReceipt(
  tx: Tx,
  receipt: ReceiptRecord,
  refusedAgainMs: number,
): { readonly known: boolean } {
  const kept = findOrder(tx.db, receipt.order);
  // A host speaks only of itself: to it, another host's order does not exist.
  if (kept === undefined || kept.order.host !== receipt.host) return { known: false };
  const { order, hold, outcome } = kept;
  if (outcome !== undefined) return { known: true };
  const mayHaveStopped = receipt.outcome === 'executed' || receipt.outcome === 'unknown';
  const isUncharged = order.action === 'stop' && mayHaveStopped && !isCharged(tx, order);
  if (isUncharged) charge(tx, order);
  markClosed(tx, order.id, receipt.outcome);
  const { host, uid, incarnation, action } = order;
  const { code, message } = receipt;
  tx.audit(`receipt.${receipt.outcome}`, message, {
    order: order.id,
    action,
    host,
    uid,
    incarnation,
    code,
    newIncarnation: receipt.incarnation,
    ...(isUncharged ? { withoutYes: true } : {}),
  });
  if (action === 'stop') afterStop(tx, order, receipt, refusedAgainMs);
  else afterStart(tx, order, receipt, refusedAgainMs, hold);
  return { known: true };
}

function afterStop(tx: Tx, order: OpenOrder, receipt: ReceiptRecord, refusedAgainMs: number): void {
  const { outcome } = receipt;
  const kept = findCase(tx.db, order.uid, order.incarnation);
  if (kept === undefined && outcome !== 'executed') return;
  const before = kept ?? caseFor(tx, order);
  const message = said(order, receipt);
  switch (outcome) {
    case 'executed':
      return moveCase(tx, before, { state: 'quarantined', order: order.id, message }, evidenceOf(receipt));
    case 'refused':
      return moveCase(
        tx,
        before,
        { state: back(before, 'orphan'), notBeforeMs: tx.now.waitMs + refusedAgainMs, message },
        evidenceOf(receipt),
      );
    // Judged anew from here: the next round makes of it what the evidence says, or sees that the servo is gone.
    case 'unexecuted':
    case 'unknown':
      return moveCase(tx, before, { state: back(before, 'suspect'), message }, evidenceOf(receipt));
  }
}

/** Only a case that waits for this receipt goes back. */
function back({ state }: Case, to: Case['state']): Case['state'] {
  return state === 'ordered' ? to : state;
}

function afterStart(
  tx: Tx,
  order: OpenOrder,
  receipt: ReceiptRecord,
  refusedAgainMs: number,
  hold: HoldToSet | undefined,
): void {
  const { outcome } = receipt;
  // Whether it runs or may run: what an operator wanted back is not to be stopped again at once.
  if (hold !== undefined && (outcome === 'executed' || outcome === 'unknown')) setHold(tx, order, hold);
  const before = findCase(tx.db, order.uid, order.incarnation);
  if (before === undefined) return;
  const message = said(order, receipt);
  const evidence = evidenceOf(receipt);
  switch (outcome) {
    case 'executed':
      return moveCase(tx, before, { state: 'restored', message }, evidence);
    case 'refused':
      return moveCase(
        tx,
        before,
        { state: before.state, notBeforeMs: tx.now.waitMs + refusedAgainMs, message },
        evidence,
      );
    case 'unexecuted':
    case 'unknown':
      return moveCase(tx, before, { state: before.state, message }, evidence);
  }
}

function setHold(tx: Tx, { id, uid }: OpenOrder, { by, reason, untilMs }: HoldToSet): void {
  const scope = { kind: 'servo', uid } as const;
  const hold = insertHold(tx, { scope, by, reason: `restored: ${reason}`, untilMs });
  tx.audit(
    'hold.set',
    `restored: ${reason}`,
    { before: null, after: { id: hold, scope, untilMs }, order: id },
    by,
  );
}

/** A stop without a case must be as visible, and as easy to undo, as any other. */
function caseFor({ now }: Tx, order: OpenOrder): Case {
  const { uid, incarnation, host, cell, generation, project, id } = order;
  return {
    uid,
    incarnation,
    host,
    cell,
    generation,
    project,
    state: 'ordered',
    order: id,
    sinceMs: now.waitMs,
    sinceWallMs: now.wallMs,
    decidedAtVersion: undefined,
    notBeforeMs: undefined,
    message: '',
  };
}

function said({ id, action }: OpenOrder, { outcome, code, message }: ReceiptRecord): string {
  return `${action} ${id}: ${outcome} (${code}): ${message}`;
}

function evidenceOf({ order, outcome, code, message, incarnation }: ReceiptRecord) {
  return { receipt: { order, outcome, code, message, incarnation } };
}
