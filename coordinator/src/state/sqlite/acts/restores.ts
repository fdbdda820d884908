// An operator brings servos back out of quarantine. Each is held once it runs again, so that it is not stopped at once.
import { Unfit } from '../../port.ts';
import { findCase } from '../cases.ts';
import { insertOrders } from '../orders.ts';
import { listed } from '../listed.ts';
import type { Tx } from '../transaction.ts';
import type { About, Actor } from './act.ts';
import type { ActOf } from './kind.ts';
import { refusePast } from './protections.ts';

export function orderRestores(tx: Tx, { by, reason }: Actor, what: ActOf<'restore.ordered'>): About {
  const { orders, holdUntilMs } = what;
  if (orders.length === 0) throw new Unfit('nothing to restore: see servoctl quarantine list');
  refusePast(tx, holdUntilMs);
  for (const { id, action, uid, incarnation, host } of orders) {
    if (action !== 'start') throw new Error(`order ${id} is a ${action}: a restore is a start`);
    const quarantined = findCase(tx.db, uid, incarnation);
    if (quarantined?.state !== 'quarantined' || quarantined.host !== host)
      throw new Unfit(
        `${uid} (${incarnation}) is not in quarantine on ${host} (${quarantined?.state ?? 'no case'}): see servoctl quarantine list`,
      );
  }
  insertOrders(tx, orders, { by, reason, untilMs: holdUntilMs });
  return {
    holdUntilMs,
    ...listed(orders.map(({ id, uid, incarnation, host }) => ({ order: id, uid, incarnation, host }))),
  };
}
