// I5: an agent never executes an epoch below the highest that it has seen, nor one order twice; a yes is given once, by the one who
// leads; and no agent acts on a yes that an earlier process of it asked for.
import type { CellId, HostId, OrderId } from '@servo-auditor/proto/ids.ts';
import { time, type Invariant } from '../court.ts';

export const once: Invariant = ({ ledger, found }) => {
  const executed = new Map<OrderId, number>();
  const yes = new Map<OrderId, number>();
  const leads = new Map<CellId, number>();
  const crashed = new Map<HostId, number>();

  const checkEpoch = (id: OrderId, host: HostId): void => {
    const order = ledger.orders.find(id);
    const highest = Math.max(0, ...(ledger.hosts.find(host)?.epochs ?? []).map((seen) => seen.epoch));
    if (order !== undefined && order.made.epoch < highest)
      found('I5', `${host} executed order ${id} of epoch ${order.made.epoch}, and had seen ${highest}`, {
        order: id,
        host,
        uid: order.made.uid,
      });
  };
  const fenced = (what: string, cell: CellId | undefined, epoch: number, order: OrderId): void => {
    const highest = cell === undefined ? undefined : leads.get(cell);
    if (highest !== undefined && epoch < highest)
      found(
        'I5',
        `${what} of order ${order} was committed under epoch ${epoch}, while ${highest} led ${cell}`,
        {
          order,
        },
      );
  };

  return {
    'lead.taken': ({ cells, epoch }) => {
      for (const cell of cells) {
        const before = leads.get(cell) ?? 0;
        if (epoch <= before) found('I5', `${cell} is led under epoch ${epoch}, after ${before}`, {});
        leads.set(cell, Math.max(before, epoch));
      }
    },
    // An older copy of the state knows only older epochs; the agents remember.
    'state.rewound': () => leads.clear(),
    'agent.crashed': ({ host, atMs }) => {
      crashed.set(host, atMs);
    },
    'host.crashed': ({ host, atMs }) => {
      crashed.set(host, atMs);
    },
    'order.durable': ({ order, cell, epoch }) => fenced('the intent', cell, epoch, order),
    'yes.committed': ({ order, epoch, atMs }) => {
      fenced('the yes', ledger.orders.find(order)?.made.cell, epoch, order);
      const before = yes.get(order);
      if (before !== undefined)
        found('I5', `order ${order} got a second yes, ${time(atMs - before)} after the first`, { order });
      yes.set(order, atMs);
    },
    'stop.began': ({ order: id, host, uid, atMs }) => {
      checkEpoch(id, host);
      const asked = ledger.orders.find(id)?.question;
      const crashedMs = crashed.get(host);
      if (asked !== undefined && crashedMs !== undefined && crashedMs >= asked.atMs)
        found(
          'I5',
          `${host} acted on a question that it asked ${time(atMs - asked.atMs)} ago, before its agent was killed`,
          { order: id, host, uid },
        );
    },
    'stop.executed': ({ order: id, host, uid, atMs }) => {
      const before = executed.get(id);
      if (before !== undefined)
        found('I5', `order ${id} was executed twice on ${host}, ${time(atMs - before)} apart`, {
          order: id,
          host,
          uid,
        });
      executed.set(id, atMs);
    },
    'start.executed': ({ order: id, host, uid, atMs }) => {
      if (id === undefined) return;
      checkEpoch(id, host);
      const before = executed.get(id);
      if (before !== undefined)
        found('I5', `order ${id} was executed twice on ${host}, ${time(atMs - before)} apart`, {
          order: id,
          host,
          uid,
        });
      executed.set(id, atMs);
    },
  };
};
