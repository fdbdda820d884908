// Automatic restores: quarantined servos that are claimed again. Their start orders are charged to the restore budget as they
// are opened; where a claim shows that a stop was wrong, breakers open.
import type { OpenOrder } from '../../domain/order.ts';
import type { DecisionMark, StateStore } from '../port.ts';
import { addToBreaker } from './breakers.ts';
import { charge } from './charges.ts';
import { insertOrders } from './orders.ts';
import type { Tx } from './transaction.ts';

export function openRestores(
  tx: Tx,
  orders: readonly OpenOrder[],
  wrong: Parameters<StateStore['openRestores']>[2],
): DecisionMark {
  for (const { id, action } of orders)
    if (action !== 'start') throw new Error(`order ${id} is a ${action}: a restore is a start`);
  insertOrders(tx, orders);
  for (const order of orders) charge(tx, order);
  for (const { cohorts, member, message } of wrong) {
    tx.audit('stop.wrong', message, { cohorts, member });
    for (const cohort of cohorts) addToBreaker(tx, cohort, message, member);
  }
  return tx.mark();
}
