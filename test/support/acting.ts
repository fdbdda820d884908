// How an action gate is tested: against one orphan, and as the only gate that keeps it out of the plan.
import type t from 'tap';
import type { Answer } from '../../coordinator/src/domain/answer.ts';
import type { Evidence } from '../../coordinator/src/domain/evidence.ts';
import type { RoundContext } from '../../coordinator/src/domain/plan.ts';
import type { ActionGate } from '../../coordinator/src/domain/verdict.ts';
import { actionGateRules } from '../../coordinator/src/decide/gates/action/index.ts';
import { actingOn, planCell } from '../../coordinator/src/decide/plan.ts';
import { judge } from '../../coordinator/src/decide/verdict.ts';
import { anOrphan, cell, given } from './build.ts';

/** What a gate answers about one orphan in a round. */
export function askGate(gate: ActionGate, context: RoundContext, evidence: Evidence = anOrphan()): Answer {
  const orphan = judge(evidence, given);
  return actionGateRules[gate](orphan, actingOn([orphan], context));
}

/** In this round the gate alone keeps this orphan out of the plan. */
export function aloneBlocks(
  test: Pick<typeof t, 'strictSame' | 'equal'>,
  gate: ActionGate,
  context: RoundContext,
  evidence: Evidence = anOrphan(),
): void {
  const plan = planCell(cell, [judge(evidence, given)], context);
  test.equal(plan.entries.length, 0);
  test.strictSame(
    plan.blocked.map((b) => b.by),
    [[gate]],
  );
}
