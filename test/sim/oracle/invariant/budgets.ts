// I6: stops, executed or possibly executed, never exceed any budget, over every window of true time, across coordinators and
// restarts; nor an agent's own limit, across crashes of it; nor automatic restores theirs.
import type { CellId, HostId } from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import { time, type Court, type Invariant } from '../court.ts';
import { atLeastMs } from '../setting.ts';

export const budgets: Invariant = (court) => {
  const { ledger, setting } = court;
  const { policy, agent } = setting;
  const yeses = new Map<string, number[]>();
  const stops = new Map<HostId, number[]>();
  const restores = new Map<CellId, number[]>();

  const charge = (cohort: string, limit: number, atMs: number, made: Told<'order.durable'>): void => {
    const used = within(yeses, cohort, atMs, policy.budgetWindowMs, court);
    used.push(atMs);
    if (used.length > limit)
      court.found(
        'I6',
        `${cohort} has ${used.length} stops that were or may have been executed within ${time(atMs - (used[0] ?? atMs))}, at most ${limit} per ${time(policy.budgetWindowMs)}`,
        { order: made.order, host: made.host, uid: made.uid },
      );
  };
  const own = (host: HostId, limit: number, windowMs: number, event: Told<'stop.began'>): void => {
    const since = event.atMs - atLeastMs(windowMs, setting);
    const used = (stops.get(host) ?? []).filter((atMs) => atMs > since);
    if (used.length > limit)
      court.found(
        'I6',
        `${host} began ${used.length} stops within ${time(windowMs)}, its own limit is ${limit}`,
        {
          order: event.order,
          host,
          uid: event.uid,
        },
      );
  };

  return {
    'yes.committed': ({ order: id, atMs }) => {
      const order = ledger.orders.find(id);
      if (order === undefined)
        return court.found(
          'I6',
          `a yes was committed for order ${id}, which nobody made: it is charged to no budget`,
          {
            order: id,
          },
        );
      const { made, outcomeMs, beganMs } = order;
      // Its agent had waited long enough, and refused it for good: such a yes stops nothing.
      if (outcomeMs !== undefined && beganMs === undefined) return;
      const { host, cell, generation } = made;
      charge(`host:${host}`, policy.budgetHost, atMs, made);
      charge(`generation:${cell}:${generation}`, policy.budgetGeneration, atMs, made);
      charge(`cell:${cell}`, cellLimit(cell, court), atMs, made);
      charge('fleet', policy.budgetFleet, atMs, made);
    },
    'stop.began': (event) => {
      const { host, atMs } = event;
      const began = within(stops, host, atMs, agent.longWindowMs, court);
      began.push(atMs);
      own(host, agent.stops, agent.windowMs, event);
      // It counts what it sees: those that it has stopped before included.
      const servos = ledger.servos.on(host).size;
      own(host, Math.max(1, Math.floor(servos * agent.longShare)), agent.longWindowMs, event);
    },
    // A new disk remembers nothing, and is a new host to its servos.
    'host.reimaged': ({ host }) => {
      stops.delete(host);
    },
    'host.restored': ({ host, toMs }) => {
      stops.set(
        host,
        (stops.get(host) ?? []).filter((atMs) => atMs <= toMs),
      );
    },
    'host.renamed': ({ host, to }) => {
      const known = stops.get(host);
      if (known !== undefined) stops.set(to, known);
    },
    'order.durable': ({ action, automatic, cell, atMs, order, host, uid }) => {
      if (action !== 'start' || !automatic) return;
      const used = within(restores, cell, atMs, policy.budgetWindowMs, court);
      used.push(atMs);
      if (used.length > policy.restoreBudgetCell)
        court.found(
          'I6',
          `${cell} has ${used.length} automatic restores within ${time(policy.budgetWindowMs)}, at most ${policy.restoreBudgetCell}`,
          { order, host, uid },
        );
    },
  };
};

function cellLimit(cell: CellId, { ledger, setting: { policy } }: Court): number {
  let servos = 0;
  for (const [id, host] of ledger.hosts.all) if (host.cell === cell) servos += ledger.servos.on(id).size;
  return Math.max(policy.budgetCellCount, Math.floor(policy.budgetCellShare * servos));
}

/** The times of a key that lie within a window which ends now; what lies before is forgotten. */
function within<K>(
  times: Map<K, number[]>,
  key: K,
  nowMs: number,
  windowMs: number,
  { setting }: Court,
): number[] {
  const since = nowMs - atLeastMs(windowMs, setting);
  const kept = (times.get(key) ?? []).filter((atMs) => atMs > since);
  times.set(key, kept);
  return kept;
}
