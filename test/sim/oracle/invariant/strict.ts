// I1, strict, where the authority offers condemn: every executed stop has a condemn record for its uid, and no claim of it commits
// between the record and the execution.
import type { Invariant } from '../court.ts';
import { time } from '../court.ts';

export const strict: Invariant = ({ ledger, found }) => ({
  'stop.executed': ({ order: id, host, uid, atMs }) => {
    const { authority } = ledger.claims;
    const order = ledger.orders.find(id);
    if (authority?.condemns !== true || order === undefined) return;
    const about = { order: id, host, uid };
    const { condemnedMs, absolvedMs } = order;
    if (condemnedMs === undefined)
      return found(
        'I1',
        `${uid} was stopped by order ${id}, and the authority has no record that it was condemned`,
        about,
      );
    if (absolvedMs !== undefined && absolvedMs <= atMs)
      found(
        'I1',
        `${uid} was stopped by order ${id}, which was absolved ${time(atMs - absolvedMs)} before`,
        about,
      );
    for (const span of ledger.claimsOn(order))
      if (span.witness === authority.id && span.fromMs > condemnedMs && span.fromMs <= atMs)
        found(
          'I1',
          `a claim of ${uid} was committed ${time(span.fromMs - condemnedMs)} after it was condemned, before it was stopped`,
          about,
        );
  },
});
