// The one yes: in a single transaction everything that forbids a stop is read again, every budget is charged, and the order is
// marked as possibly executed. What is committed before it counts; what comes later finds the charge.
import type { OrderId } from '@servo-auditor/proto/ids.ts';
import { duration } from '../../domain/answer.ts';
import type { OpenOrder } from '../../domain/order.ts';
import type { YesAnswer, YesLimits } from '../port.ts';
import { findBreaker } from './breakers.ts';
import { breakerCohortsOf, budgetCohortsOf, charge, stopsPerCohort } from './charges.ts';
import { isRetired } from './hosts.ts';
import { findOrder, markPossible } from './orders.ts';
import { protects, readFreeze, readHolds } from './protections.ts';
import type { Tx } from './transaction.ts';
import { findMode } from './trust.ts';

interface Refusal {
  readonly code: string;
  readonly message: string;
}

export function giveYes(tx: Tx, id: OrderId, limits: YesLimits): YesAnswer {
  const order = findOrder(tx.db, id)?.order;
  if (order === undefined)
    return { given: false, code: 'unknown-order', message: `there is no order ${id} in this installation` };
  const refusal =
    whatTheOrderForbids(tx, order) ?? whatOperatorsForbid(tx, order) ?? whatIsUsedUp(tx, order, limits);
  if (refusal !== undefined) return { given: false, ...refusal };
  charge(tx, order);
  markPossible(tx, id);
  const { host, uid, incarnation } = order;
  tx.audit('order.confirmed', order.reason, { order: id, host, uid, incarnation });
  return { given: true, order: { ...order, state: 'possible' } };
}

function whatTheOrderForbids({ epoch }: Tx, order: OpenOrder): Refusal | undefined {
  const { id, action, state } = order;
  if (action !== 'stop')
    return { code: 'no-question', message: `order ${id} is a ${action}, which needs no yes` };
  switch (state) {
    case 'open':
      break;
    case 'possible':
      return {
        code: 'already-asked',
        message: `order ${id} got its one yes before; it waits for its receipt`,
      };
    case 'closing':
      return {
        code: 'closing',
        message: `order ${id} is being closed; the servo may get a new one after its receipt`,
      };
    case 'closed':
      return { code: 'closed', message: `order ${id} is closed; the servo may get a new one` };
  }
  if (order.epoch === epoch) return undefined;
  return {
    code: 'epoch',
    message: `order ${id} is of epoch ${order.epoch}, this leadership is ${epoch}; the servo may get a new one`,
  };
}

function whatOperatorsForbid({ db, now }: Tx, order: OpenOrder): Refusal | undefined {
  const freeze = readFreeze(db);
  if (freeze !== undefined)
    return {
      code: 'freeze',
      message: `frozen by ${freeze.by}: ${freeze.reason}; lifted by servoctl unfreeze`,
    };
  const hold = readHolds(db, now.waitMs).find(({ scope }) => protects(scope, order));
  if (hold !== undefined)
    return {
      code: 'hold',
      message: `hold ${hold.id} on its ${hold.scope.kind} by ${hold.by}: ${hold.reason}; lifted by servoctl holds release ${hold.id}`,
    };
  if (isRetired(db, order.host))
    return { code: 'retired', message: `${order.host} was retired; servoctl hosts enrol takes it in again` };
  const cohort = breakerCohortsOf(order).find((name) => findBreaker(db, name) !== undefined);
  if (cohort !== undefined)
    return { code: 'breaker', message: `breaker ${cohort} is open; see servoctl breakers show ${cohort}` };
  const { cell, generation, approved } = order;
  const mode = findMode(db, cell, generation);
  if (mode === 'enforce' || (mode === 'propose' && approved)) return undefined;
  return {
    code: 'mode',
    message: `${generation} in ${cell} is in mode ${mode}, and the order was ${approved ? '' : 'not '}approved; see servoctl modes list`,
  };
}

function whatIsUsedUp(
  { db, now }: Tx,
  order: OpenOrder,
  { sinceMs, perCohort }: YesLimits,
): Refusal | undefined {
  const cohorts = budgetCohortsOf(order);
  const missing = cohorts.find((name) => !perCohort.has(name));
  if (missing !== undefined)
    throw new Error(`no limit for ${missing}: each of ${cohorts.join(', ')} needs one`);
  const stops = stopsPerCohort(db, sinceMs);
  for (const [name, limit] of perCohort) {
    if (!cohorts.includes(name)) throw new Error(`order ${order.id} is not in ${name}`);
    const used = stops.get(name) ?? 0;
    // Written so that a limit which is no number refuses.
    if (!(used < limit))
      return {
        code: 'budget',
        message: `${name} has used ${used} of ${limit} stops per ${duration(now.waitMs - sinceMs)}; room comes back with time`,
      };
  }
  return undefined;
}
