// No operator protects the servo, its project, its host, its generation or its cell.
import { duration, pass, refuse } from '../../../domain/answer.ts';
import type { Evidence } from '../../../domain/evidence.ts';
import type { HoldScope } from '../../../domain/operator.ts';
import type { ActionGateRule } from '../../acting.ts';

/** Whether a hold with this scope protects this servo. */
export function covers(scope: HoldScope, { uid, project, release, host: { view } }: Evidence): boolean {
  switch (scope.kind) {
    case 'servo':
      return scope.uid === uid;
    case 'project':
      return scope.project === project || scope.project === release?.project;
    case 'host':
      return scope.host === view.id;
    case 'generation':
      return scope.cell === view.cell && scope.generation === view.generation;
    case 'cell':
      return scope.cell === view.cell;
  }
}

export const hold: ActionGateRule = ({ evidence }, { context: { operator, now } }) => {
  const found = operator.holds.find(
    (h) => covers(h.scope, evidence) && (h.untilMs === undefined || h.untilMs > now.waitMs),
  );
  if (found === undefined) return pass('nobody holds it');
  return refuse('hold {id} on its {scope} by {by}: {reason} (ends {ends})', 'servoctl holds release {id}', {
    id: found.id,
    scope: found.scope.kind,
    by: found.by,
    reason: found.reason,
    ends: found.untilMs === undefined ? 'when released' : `in ${duration(found.untilMs - now.waitMs)}`,
  });
};
