// The state store of one coordinator, watched: each call takes time, in which others go on and the process may end, and what
// it made durable is told as it became so.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type {
  DecisionMark,
  Fence,
  HostMemory,
  PlanChange,
  StateStore,
} from '../../../coordinator/src/state/port.ts';
import type { Proc } from '../kernel/loop.ts';
import { tellAct, type ActsGiven } from './acts.ts';
import { tellOrder } from './orders.ts';
import type { Teller } from './tell.ts';

/** Milliseconds that one transaction takes at most. */
const callMs = 2;

export interface StoreGiven extends ActsGiven {
  readonly store: StateStore;
  readonly proc: Proc;
}

export function watchedStore(given: StoreGiven): StateStore {
  const { store, proc, tell } = given;
  let last: DecisionMark | undefined;
  const pause = async (): Promise<void> => await proc.wait(proc.rng.int(0, callMs));
  /** Nothing that a process did after it was killed ever happened. */
  const call = async <T>(work: () => Promise<T>): Promise<T> => {
    await pause();
    if (!proc.alive) return await proc.ended();
    const result = await work();
    if (!proc.alive) return await proc.ended();
    return result;
  };
  const chain = async (): Promise<void> => {
    const mark = await store.latest();
    if (last === undefined || mark.version > last.version) {
      last = mark;
      tell.tell({ kind: 'audit.appended', version: mark.version, hash: mark.hash });
    }
  };
  /** A write, and what is told once it is durable; then the way back to whoever asked. */
  const write = async <T>(work: () => Promise<T>, told: (result: T) => Promise<void> | void): Promise<T> => {
    const result = await call(async () => {
      const done = await work();
      await told(done);
      await chain();
      return done;
    });
    await pause();
    return result;
  };
  const contested = new Map<HostId, string>();
  /** Numbers of the writes that accepted hosts: what was found before is over, though it is written later. */
  const accepted = new Map<HostId, number>();
  let writes = 0;
  const tellContested = (hosts: readonly HostMemory[], number: number): void => {
    for (const { host, contested: why } of hosts) {
      if ((accepted.get(host) ?? 0) > number) continue;
      if (why !== undefined && contested.get(host) !== why) tell.tell({ kind: 'host.contested', host, why });
      if (why === undefined) contested.delete(host);
      else contested.set(host, why);
    }
  };
  return {
    lead: async (...args) => await store.lead(...args),
    readMemory: async () => await store.readMemory(),
    readOperatorState: async (fence) => await call(async () => await store.readOperatorState(fence)),
    recordFold: async (fence, change) => {
      const number = ++writes;
      await write(
        async () => await store.recordFold(fence, change),
        () => tellContested(change.hosts, number),
      );
    },
    recordSnapshot: async (fence, change) =>
      await write(
        async () => await store.recordSnapshot(fence, change),
        () => undefined,
      ),
    openPlan: async (fence, change) => {
      const before = change.tracks.length === 0 ? [] : (await store.readOperatorState(fence)).tracks;
      return await write(
        async () => await store.openPlan(fence, change),
        () => tellPlan(change, before, tell),
      );
    },
    giveYes: async (fence, order, limits) =>
      await write(
        async () => await store.giveYes(fence, order, limits),
        (answer) => {
          if (answer.given) tell.tell({ kind: 'yes.committed', order, epoch: fence.epoch });
        },
      ),
    recordReceipt: async (fence, receipt, refusedAgainMs) =>
      await write(
        async () => await store.recordReceipt(fence, receipt, refusedAgainMs),
        ({ known }) => {
          if (known) tell.tell({ kind: 'receipt.accepted', order: receipt.order, outcome: receipt.outcome });
        },
      ),
    closeOrders: async (fence, orders, reason) =>
      await write(
        async () => await store.closeOrders(fence, orders, reason),
        () => {
          for (const order of orders) tell.tell({ kind: 'order.closing', order, epoch: fence.epoch });
        },
      ),
    openRestores: async (fence, orders, wrong) =>
      await write(
        async () => await store.openRestores(fence, orders, wrong),
        () => {
          for (const order of orders) tellOrder(order, [], true, tell);
          for (const { cohorts } of wrong)
            for (const cohort of cohorts) tell.tell({ kind: 'breaker.opened', cohort });
        },
      ),
    act: async (fence, by, reason, act) =>
      await write(
        async () => await store.act(fence, by, reason, act),
        async () => {
          if (act.kind === 'host.accepted') accepted.set(act.host, ++writes);
          tellAct(act, await stateOf(store, fence), given);
        },
      ),
    findCases: async (filter) => await call(async () => await store.findCases(filter)),
    caseHistory: async (...args) => await call(async () => await store.caseHistory(...args)),
    findOrder: async (id) => await call(async () => await store.findOrder(id)),
    openBreakers: async () => await call(async () => await store.openBreakers()),
    latest: async () => await call(async () => await store.latest()),
    hashAt: async (version) => await call(async () => await store.hashAt(version)),
    readAudit: async (...args) => await call(async () => await store.readAudit(...args)),
    verifyAudit: async () => await call(async () => await store.verifyAudit()),
    close: async () => await store.close(),
  };
}

async function stateOf(store: StateStore, fence: Fence) {
  return await store.readOperatorState(fence);
}

function tellPlan(
  change: PlanChange,
  before: Awaited<ReturnType<StateStore['readOperatorState']>>['tracks'],
  tell: Teller,
): void {
  for (const order of change.orders) tellOrder(order, [], false, tell);
  for (const { cohort } of change.breakers) tell.tell({ kind: 'breaker.opened', cohort });
  for (const { cell, generation, readerVersion, certified } of change.tracks) {
    const old = before.find(
      (t) => t.cell === cell && t.generation === generation && t.readerVersion === readerVersion,
    );
    if ((old?.certified ?? 'observe') !== certified)
      tell.tell({ kind: 'certified', cell, generation, readerVersion, mode: certified });
  }
}
