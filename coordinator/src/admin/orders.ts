// Orders that are not closed; by id, a closed one too.
import { Refused, type AdminCalls } from '@servo-auditor/proto/admin.ts';
import type { AdminDeps } from './deps.ts';
import { orderRow } from './rows.ts';
import { knownCell, knownHost, look } from './scene.ts';

export function orderCalls(deps: AdminDeps): Pick<AdminCalls, 'ListOrders'> {
  return {
    async ListOrders({ host, cell, id }) {
      const scene = await look(deps);
      if (id !== undefined) {
        const order = await deps.store.findOrder(id);
        if (order === undefined)
          throw new Refused('not-found', `there is no order ${id}; see: servoctl orders list`);
        return { orders: [orderRow(order, scene.now)] };
      }
      if (host !== undefined) knownHost(host, scene);
      if (cell !== undefined) knownCell(cell, deps, scene);
      const open = scene.operator.openOrders.filter(
        (o) => o.state !== 'closed' && (host ?? o.host) === o.host && (cell ?? o.cell) === o.cell,
      );
      return { orders: open.map((o) => orderRow(o, scene.now)) };
    },
  };
}
