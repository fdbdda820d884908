// An order as an event, once its intent is durable.
import type { OpenOrder } from '../../../coordinator/src/domain/order.ts';
import type { Teller } from './tell.ts';

export function tellOrder(
  order: OpenOrder,
  byHand: readonly string[],
  automatic: boolean,
  tell: Teller,
): void {
  const { id, action, epoch, host, cell, generation, uid, incarnation, project, approved } = order;
  tell.tell({
    kind: 'order.durable',
    order: id,
    action,
    epoch,
    host,
    cell,
    generation,
    uid,
    incarnation,
    project,
    approved,
    byHand,
    automatic,
    rounds: order.rounds.map(({ bootId, epoch, heartbeat, snapshots }) => ({
      boot: bootId,
      epoch,
      heartbeat,
      snapshots: snapshots.map(({ witness, number }) => ({ witness, number })),
    })),
  });
}
