// A plan becomes durable: the intent of every order, the cases that moved, the breakers that opened, and what was earned.
import type { Case } from '../../domain/case.ts';
import type { OpenOrder } from '../../domain/order.ts';
import { Unfit, type DecisionMark, type PlanChange } from '../port.ts';
import { pauseApprovals } from './approvals.ts';
import { openBreaker } from './breakers.ts';
import { findCase, saveCase } from './cases.ts';
import { findOrder, insertOrders } from './orders.ts';
import { prune } from './prune.ts';
import type { Tx } from './transaction.ts';
import { saveTrack } from './trust.ts';

/** Throws `Unfit` for a second unfinished order of one uid, and for a case that only a receipt may move. */
export function openPlan(tx: Tx, change: PlanChange): DecisionMark {
  const { cell, orders, cases, breakers, tracks, paused } = change;
  if ([orders, cases, breakers, tracks, paused].every((part) => part.length === 0)) return tx.mark();
  for (const order of orders)
    if (order.cell !== cell || order.action !== 'stop')
      throw new Error(
        `order ${order.id} is a ${order.action} in ${order.cell}: a plan of ${cell} holds its stops`,
      );
  insertOrders(tx, orders);
  for (const { case: moved, evidence } of cases) {
    refuseMove(tx, moved, orders);
    saveCase(tx, moved, evidence);
  }
  for (const { cohort, message, members } of breakers) openBreaker(tx, cohort, message, members);
  for (const track of tracks) saveTrack(tx, track);
  pauseApprovals(tx, paused);
  prune(tx);
  return tx.mark();
}

/** From the order on, only receipts move a case; a servo in quarantine can still go away. */
function refuseMove({ db }: Tx, moved: Case, orders: readonly OpenOrder[]): void {
  const before = findCase(db, moved.uid, moved.incarnation);
  if (before === undefined || (moved.state === 'ordered' && orders.some((o) => o.id === moved.order))) {
    if (before?.state !== 'quarantined') return;
  } else if (before.state === 'ordered') {
    const order = before.order === undefined ? undefined : findOrder(db, before.order)?.order;
    if (order === undefined || order.state === 'closed') return;
  } else if (before.state !== 'quarantined' || moved.state === 'over' || moved.state === 'quarantined')
    return;
  throw new Unfit(
    `the case of ${moved.uid} (${moved.incarnation}) is ${before.state} by order ${before.order ?? 'unknown'}, not to become ${moved.state}: ` +
      'a receipt of its host moves it',
  );
}
