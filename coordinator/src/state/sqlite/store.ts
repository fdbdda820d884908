// The StateStore on SQLite: each operation is one of the transactions beside this file, fenced and durable.
import type { StateStore } from '../port.ts';
import { act } from './acts/act.ts';
import { readBreakers } from './breakers.ts';
import { caseHistory, findCases } from './cases.ts';
import { hashAt, readAudit, readHead, verifyAudit } from './chain.ts';
import type { Db } from './db.ts';
import { recordFold } from './fold.ts';
import { lead } from './lead.ts';
import { readMemory } from './memory.ts';
import { openDatabase, type SqliteOptions } from './open.ts';
import { readOperatorState } from './operator.ts';
import { closeOrders, findOrder } from './orders.ts';
import { openPlan } from './plan.ts';
import { recordReceipt } from './receipt.ts';
import { openRestores } from './restores.ts';
import { recordSnapshot } from './snapshot.ts';
import { consult, transact } from './transaction.ts';
import { giveYes } from './yes.ts';

/** Opens, checks and migrates the state file. Throws `StateFailed` with what is wrong and what lifts it. */
export function openSqliteStore(options: SqliteOptions): StateStore {
  return storeOn(openDatabase(options));
}

function storeOn(db: Db): StateStore {
  const inTurn = turns();
  return {
    lead: async (coordinator, wallMs) => lead(db, coordinator, wallMs),
    readMemory: async () => await readMemory(db),
    readOperatorState: async (fence) => consult(db, fence, () => readOperatorState(db, fence.now)),
    recordFold: async (fence, change) => await inTurn(async () => await recordFold(db, fence, change)),
    recordSnapshot: async (fence, change) =>
      await inTurn(async () => await recordSnapshot(db, fence, change)),
    openPlan: async (fence, change) => transact(db, fence, (tx) => openPlan(tx, change)),
    giveYes: async (fence, order, limits) => transact(db, fence, (tx) => giveYes(tx, order, limits)),
    recordReceipt: async (fence, receipt, refusedAgainMs) =>
      transact(db, fence, (tx) => recordReceipt(tx, receipt, refusedAgainMs)),
    closeOrders: async (fence, orders, reason) =>
      transact(db, fence, (tx) => closeOrders(tx, orders, reason)),
    openRestores: async (fence, orders, wrong) =>
      transact(db, fence, (tx) => openRestores(tx, orders, wrong)),
    act: async (fence, by, reason, what) => transact(db, fence, (tx) => act(tx, { by, reason }, what)),
    findCases: async (filter) => findCases(db, filter),
    caseHistory: async (uid, incarnation) => caseHistory(db, uid, incarnation),
    findOrder: async (id) => findOrder(db, id)?.order,
    openBreakers: async () => readBreakers(db),
    latest: async () => readHead(db),
    hashAt: async (version) => hashAt(db, version),
    readAudit: async (after, limit) => readAudit(db, after, limit),
    verifyAudit: async () => await verifyAudit(db),
    close: async () => {
      db.close();
    },
  };
}

/** Runs one after the other what consists of several transactions: two of them at once could take each other's rows for old ones. */
function turns(): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  return async (work) => {
    const mine = last.then(work);
    last = mine.catch(() => undefined);
    return await mine;
  };
}
