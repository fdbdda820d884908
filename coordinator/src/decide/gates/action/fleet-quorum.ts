// Enough of the cell's enrolled hosts are fresh. Where they are not, the coordinator is the one that is cut off.
import { pass, refuse } from '../../../domain/answer.ts';
import type { ActionGateRule } from '../../acting.ts';

export const fleetQuorum: ActionGateRule = ({ evidence }, { context: { cells, policy } }) => {
  const { cell } = evidence.host.view;
  const { enrolled, fresh } = cells.get(cell) ?? { enrolled: 0, fresh: 0 };
  const atLeast = Math.max(1, Math.ceil(policy.fleetQuorumShare * enrolled));
  const numbers = { cell, enrolled, fresh, atLeast };
  return fresh >= atLeast
    ? pass('{fresh} of {enrolled} hosts of {cell} are fresh, at least {atLeast}', numbers)
    : refuse(
        'only {fresh} of {enrolled} hosts of {cell} are fresh, fewer than {atLeast}: the coordinator may be cut off',
        'the hosts answer again, or dead ones are taken out: servoctl hosts list, servoctl hosts retire <host>',
        numbers,
      );
};
