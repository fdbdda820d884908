// I3: a servo that was never claimed under its identity, on its host, is never stopped without two persons.
import { isOf, touches } from '../book/claims.ts';
import type { TrueOrder } from '../book/orders.ts';
import type { Invariant } from '../court.ts';
import type { Ledger } from '../ledger.ts';

export const strays: Invariant = ({ ledger, found }) => ({
  'order.durable': ({ order: id, action, host, uid, incarnation, byHand }) => {
    const order = ledger.orders.find(id);
    if (order === undefined || action !== 'stop') return;
    if (new Set(byHand).size >= 2 || wasKnown(order, ledger)) return;
    const persons =
      byHand.length === 0 ? 'without anybody’s order' : `with one person’s order (${byHand.join(', ')})`;
    found(
      'I3',
      `order ${id} is to stop ${uid} ${incarnation} on ${host}, which the authority never claimed there and holds no tombstone of, ${persons}`,
      { order: id, host, uid },
    );
  },
});

/** The authority claimed it here while this incarnation existed, or holds a tombstone of exactly it. */
function wasKnown(order: TrueOrder, ledger: Ledger): boolean {
  const { claims } = ledger;
  const { uid, host, atMs } = order.made;
  const authority = claims.authority?.id;
  // What is no longer there under this host's name cannot be hit, whenever it was claimed.
  const sinceMs = ledger.subject(order)?.createdMs ?? 0;
  const claimed = claims
    .claimsOf(uid)
    .some((s) => s.witness === authority && isOf(s, host) && touches(s, sinceMs, atMs));
  return claimed || claims.tombstonesOf(uid).some((s) => s.witness === authority && isOf(s, host));
}
