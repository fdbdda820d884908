// No operator has frozen everything.
import { pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';

export const freeze: ActionGateRule = (_orphan, { context: { operator } }) =>
  operator.freeze === undefined
    ? pass('no freeze is on')
    : refuse('everything is frozen by {by}: {reason}', 'servoctl unfreeze', {
        by: operator.freeze.by,
        reason: operator.freeze.reason,
      });
