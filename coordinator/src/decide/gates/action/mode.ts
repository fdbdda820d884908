// How far this generation has been promoted here, and whether an operator approved this very incarnation.
import { duration, pass, refuse } from '../../../domain/answer.ts';
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { modeKey, type Approval } from '../../../domain/operator.ts';
import type { RoundContext } from '../../../domain/plan.ts';
import { evidenceGates, type Judgement } from '../../../domain/verdict.ts';
import type { ActionGateRule } from '../../acting.ts';

/** The approval of this very incarnation, if it still lives, and whoever gave it could know what speaks against it now. */
export function livingApproval(
  { evidence }: Judgement,
  { operator, policy, now }: RoundContext,
): Approval | undefined {
  return operator.approvals.find(
    (a) =>
      a.uid === evidence.uid &&
      a.incarnation === evidence.incarnation &&
      (evidence.nowhereSince?.monoMs ?? -Infinity) <= a.at.monoMs &&
      stalenessMs(a.at, now) - a.pausedMs <= policy.approvalLivesMs,
  );
}

/** Whether nothing happens to this orphan without an approval, if its generation's mode allows anything at all. */
export function needsApproval(orphan: Judgement, { operator }: RoundContext): boolean {
  const { cell, generation } = orphan.evidence.host.view;
  return orphan.capped || operator.modes.get(modeKey(cell, generation)) !== 'enforce';
}

export const mode: ActionGateRule = (orphan, { context }) => {
  const { cell, generation } = orphan.evidence.host.view;
  const current = context.operator.modes.get(modeKey(cell, generation)) ?? 'observe';
  const numbers = { cell, generation, mode: current, lives: duration(context.policy.approvalLivesMs) };
  if (current === 'observe')
    return refuse(
      '{generation} in {cell} is in mode observe',
      'once it is certified: servoctl modes set {cell} {generation} propose',
      numbers,
    );
  if (!needsApproval(orphan, context)) return pass('{generation} in {cell} is in mode {mode}', numbers);
  const approval = livingApproval(orphan, context);
  if (approval !== undefined)
    return pass('approved by {by}: {reason}', { by: approval.by, reason: approval.reason });
  const cappedBy = evidenceGates.find((gate) => orphan.row?.[gate].outcome === 'cap');
  return refuse(
    cappedBy === undefined
      ? '{generation} in {cell} is in mode {mode}, and nobody approved this'
      : 'capped at propose by {gate}, and nobody approved this',
    'servoctl plans show {cell}, then approve it; an approval lives {lives}',
    { ...numbers, gate: cappedBy ?? '' },
  );
};
