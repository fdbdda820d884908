// Approving and rejecting a plan: by its hash, which the caller has compared, and by the list that the hash names.
import { Unfit } from '../../port.ts';
import { deleteApproval, insertApproval } from '../approvals.ts';
import { listed } from '../listed.ts';
import { insertHold } from '../protections.ts';
import type { Tx } from '../transaction.ts';
import type { About, Actor } from './act.ts';
import type { ActOf } from './kind.ts';
import { refusePast } from './protections.ts';

export function approvePlan(tx: Tx, { by, reason }: Actor, what: ActOf<'plan.approved'>): About {
  const { cell, hash, members } = what;
  refuseEmpty(what);
  for (const { uid, incarnation } of members) insertApproval(tx, { uid, incarnation, by, reason });
  return { cell, hash, ...listed(members) };
}

/** Every servo of it is held, each by a hold of its own, so that they can be released one by one. */
export function rejectPlan(tx: Tx, { by, reason }: Actor, what: ActOf<'plan.rejected'>): About {
  const { cell, hash, members, holdUntilMs } = what;
  refuseEmpty(what);
  refusePast(tx, holdUntilMs);
  const holds = [...new Set(members.map(({ uid }) => uid))].map((uid) =>
    insertHold(tx, {
      scope: { kind: 'servo', uid },
      by,
      reason: `rejected: ${reason}`,
      untilMs: holdUntilMs,
    }),
  );
  for (const member of members) deleteApproval(tx, member);
  return { cell, hash, holdUntilMs, firstHold: holds.at(0), lastHold: holds.at(-1), ...listed(members) };
}

function refuseEmpty({ cell, members }: Pick<ActOf<'plan.approved'>, 'cell' | 'members'>): void {
  if (members.length === 0)
    throw new Unfit(`the plan of ${cell} proposes nothing: see servoctl plans show ${cell}`);
}
