// I2: what is executed has the uid and the incarnation that were observed.
import type { Invariant } from '../court.ts';

export const sameServo: Invariant = ({ ledger, found }) => ({
  'stop.began': ({ order: id, host, uid, incarnation, atMs }) => {
    const order = ledger.orders.find(id);
    if (order === undefined) return;
    const about = { order: id, host, uid };
    const { made } = order;
    if (made.host !== host) found('I2', `order ${id} is for ${made.host}, and ${host} carried it out`, about);
    if (made.incarnation !== incarnation)
      found('I2', `order ${id} names incarnation ${made.incarnation}, and ${incarnation} was hit`, about);
    const truth = ledger.servos.find(host, incarnation);
    if (truth === undefined || truth.goneMs !== undefined)
      return found('I2', `order ${id} hit ${uid} ${incarnation}, which is no longer there`, about);
    if (truth.uid !== made.uid && truth.shown !== made.uid)
      found('I2', `order ${id} names ${made.uid}, and ${truth.uid} was hit, which is not shown so`, about);
    const observedMs = ledger.heard.observedSinceMs(made.host, made.uid, made.incarnation);
    if (observedMs === undefined || observedMs > made.atMs || made.atMs > atMs)
      found(
        'I2',
        `no inventory showed ${made.uid} ${made.incarnation} on ${made.host} before order ${id}`,
        about,
      );
  },
});
