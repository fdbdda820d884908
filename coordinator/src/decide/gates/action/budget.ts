// There is still room for one more stop in every scope, and nothing else is under way for this servo.
import { duration, pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';
import { placeOf } from '../../tally.ts';

export const budget: ActionGateRule = ({ evidence }, { context, budgets }) => {
  const { operator, now, policy } = context;
  const order = operator.openOrders.find((o) => o.uid === evidence.uid && o.state !== 'closed');
  if (order !== undefined)
    return refuse(
      'order {order} for this uid is not closed yet ({state})',
      'waits for the receipt of {order}; see: servoctl orders list',
      {
        order: order.id,
        state: order.state,
      },
    );
  const refused = operator.cases.find(
    (c) => c.uid === evidence.uid && c.incarnation === evidence.incarnation,
  );
  if (refused?.notBeforeMs !== undefined && refused.notBeforeMs > now.waitMs)
    return refuse(
      'its agent refused the last order: {message}',
      'next order in {inMs}, if the host’s reason is gone by then',
      {
        message: refused.message,
        inMs: refused.notBeforeMs - now.waitMs,
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
