// There is still room for one more stop in every scope, and nothing else is under way for this servo.
import { duration, pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';
import { placeOf } from '../../tally.ts';

export const budget: ActionGateRule = ({ evidence }, { context, budgets, orderOf, takenOn, caseOf }) => {
  const { now, policy } = context;
  const order = orderOf(evidence.uid);
  if (order !== undefined)
    return refuse(
      'order {order} for this uid is not closed yet ({state})',
      'waits for the receipt of {order}; see: servoctl orders list',
      {
        order: order.id,
        state: order.state,
      },
    );
  const beside = takenOn(evidence.uid);
  if (beside !== undefined)
    return refuse('another copy of {uid}, on {host}, is stopped first', 'waits for the receipt from {host}', {
      uid: evidence.uid,
      host: beside,
    });
  const past = caseOf(evidence.uid, evidence.incarnation);
  // Its host's inventory is older than the receipt: the servo only looks as if it ran.
  if (past?.state === 'quarantined')
    return refuse(
      'it was stopped already, by order {order}',
      'waits for the host’s next inventory; nothing to do',
      {
        order: past.order ?? 'unknown',
      },
    );
  if (past?.notBeforeMs !== undefined && past.notBeforeMs > now.waitMs)
    return refuse(
      'its agent refused the last order: {message}',
      'next order in {inMs}, if the host’s reason is gone by then',
      {
        message: past.message,
        inMs: past.notBeforeMs - now.waitMs,
      },
    );
  const full = budgets.full(placeOf(evidence));
  return full === undefined
    ? pass('every scope has room for one more stop')
    : refuse('{cohort} has used {used} of {limit} stops per {window}', 'waits; the oldest go first', {
        ...full,
        window: duration(policy.budgetWindowMs),
      });
};
