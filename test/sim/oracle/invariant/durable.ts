// I10: intent is durable before an order leaves and before a hand begins; an outcome is durable before it is told, and a receipt before
// it is acknowledged.
import type { OrderId } from '@servo-auditor/proto/ids.ts';
import type { Invariant } from '../court.ts';

export const durable: Invariant = ({ ledger, found }) => {
  const told = new Set<string>();
  const accepted = new Set<OrderId>();
  return {
    'order.sent': ({ order: id, host }) => {
      if (ledger.orders.find(id) === undefined)
        found('I10', `order ${id} left for ${host}, and its intent is not durable`, { order: id, host });
    },
    'journal.durable': ({ host, order, entry }) => {
      told.add(`${host} ${order} ${entry}`);
    },
    'yes.sent': ({ order: id }) => {
      if (ledger.orders.find(id)?.yesMs === undefined)
        found('I10', `a yes to order ${id} left, and it was not committed`, { order: id });
    },
    'stop.began': ({ order: id, host, uid }) => {
      const order = ledger.orders.find(id);
      const about = { order: id, host, uid };
      if (order?.yesMs === undefined)
        found('I10', `${host} began order ${id}, to which no yes was committed`, about);
      else if (order.yesHeardMs === undefined)
        found('I10', `${host} began order ${id}, whose yes it never got`, about);
      if (!told.has(`${host} ${id} intent`))
        found('I10', `${host} began order ${id}, and its intent is not on the disk`, about);
    },
    'receipt.sent': ({ host, order: id, outcome }) => {
      // What an agent refuses because its journal takes nothing is told without it.
      if (outcome === 'refused') return;
      if (!told.has(`${host} ${id} outcome`) && !told.has(`${host} ${id} closed`))
        found('I10', `${host} tells that order ${id} is ${outcome}, and that is not on its disk`, {
          order: id,
          host,
        });
    },
    'receipt.accepted': ({ order: id, outcome }) => {
      accepted.add(id);
      const order = ledger.orders.find(id);
      const truth = order === undefined ? undefined : ledger.subject(order);
      const runs = truth !== undefined && truth.goneMs === undefined && truth.stoppedMs === undefined;
      // A host that was set back to before it knows nothing of it, and runs the servo again.
      const diskMs = order === undefined ? undefined : ledger.hosts.find(order.made.host)?.diskSinceMs;
      const executedMs = runs && (diskMs ?? 0) > (order?.executedMs ?? 0) ? undefined : order?.executedMs;
      if (outcome !== 'executed' && outcome !== 'unknown' && executedMs !== undefined)
        found('I10', `order ${id} was executed, and its receipt says ${outcome}`, { order: id });
      // An intent whose servo is gone is receipted so, by whatever hand it went.
      if (outcome === 'executed' && order?.made.action === 'stop' && order.executedMs === undefined && runs)
        found('I10', `order ${id} was not executed, and its receipt says that it was`, { order: id });
    },
    'receipt.acknowledged': ({ order: id }) => {
      if (!accepted.has(id))
        found('I10', `the receipt of order ${id} was acknowledged before it was durable`, { order: id });
    },
    'host.renamed': ({ host, to }) => {
      for (const key of told) if (key.startsWith(`${host} `)) told.add(`${to}${key.slice(host.length)}`);
    },
  };
};
