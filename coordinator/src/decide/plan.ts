// The plan of one cell: which orphans become orders now, which wait, for what, and which breakers open.
// Gates of a servo are independent; only breakers (too many at once) and budgets (the oldest first) look at all of them.
import type { CellId, HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Answer } from '../domain/answer.ts';
import type { Blocked, BreakerOpening, Plan, PlanEntry, Proposal, RoundContext } from '../domain/plan.ts';
import { actionGates, type ActionGate, type ActionRow, type Judgement } from '../domain/verdict.ts';
import type { Acting } from './acting.ts';
import { byUid } from './by-uid.ts';
import { actionGateRules } from './gates/action/index.ts';
import { livingApproval, needsApproval } from './gates/action/mode.ts';
import { atOnce, type Steps } from './steps.ts';
import { actionable, breakersInSteps, BudgetBook, placeOf } from './tally.ts';

/**
 * The plan of `cell`.
 * @param judgements of all cells: breakers and budgets of the fleet look at all.
 */
export function planCell(cell: CellId, judgements: readonly Judgement[], context: RoundContext): Plan {
  return atOnce(planInSteps(cell, judgements, context));
}

/** The same in steps as short as one orphan, so that whoever has thousands of them can let others have their turn. */
export function* planInSteps(
  cell: CellId,
  judgements: readonly Judgement[],
  context: RoundContext,
): Steps<Plan> {
  const openings = yield* breakersInSteps(judgements, context);
  const taken = new Map<ServoUid, HostId>();
  const acting = actingBeside(openings, context, taken);
  const orphans = actionable(judgements)
    .filter((j) => j.evidence.host.view.cell === cell)
    .toSorted((a, b) => refusedMs(a, acting) - refusedMs(b, acting) || oldestFirst(a, b));
  const entries: PlanEntry[] = [];
  const blocked: Blocked[] = [];
  for (const orphan of orphans) {
    yield;
    const { evidence } = orphan;
    const row = answerActions(orphan, acting);
    const by = actionGates.filter((gate) => row[gate].outcome !== 'pass');
    if (by.length > 0) {
      blocked.push({ evidence, row, by });
      continue;
    }
    acting.budgets.take(placeOf(evidence));
    taken.set(evidence.uid, evidence.host.view.id);
    entries.push({ evidence, rounds: evidence.rounds, row, approved: needsApproval(orphan, context) });
  }
  const byServo = new Map(orphans.map((o) => [o.evidence, o]));
  return {
    cell,
    epoch: context.epoch,
    entries,
    blocked,
    proposals: blocked
      .filter((b) => waitsForApproval(b, byServo.get(b.evidence), context))
      .map(proposalOf)
      .toSorted(byUid),
    openings,
    paused: blocked
      .filter((b) => b.by.every((gate) => gate === 'budget') && approvedNow(byServo.get(b.evidence), context))
      .map(({ evidence: { uid, incarnation } }) => ({ uid, incarnation })),
  };
}

/** What the action gates look at beside the orphan: also for `explain`, which shows one row. */
export function actingOn(judgements: readonly Judgement[], context: RoundContext): Acting {
  return actingBeside(atOnce(breakersInSteps(judgements, context)), context);
}

function actingBeside(
  openings: readonly BreakerOpening[],
  context: RoundContext,
  taken: ReadonlyMap<ServoUid, HostId> = new Map(),
): Acting {
  const breakers = new Map(context.operator.breakers.map((b) => [b.cohort, b.message]));
  for (const opening of openings) breakers.set(opening.cohort, opening.message);
  const { openOrders, cases } = context.operator;
  const orders = new Map(openOrders.filter((o) => o.state !== 'closed').map((o) => [o.uid, o]));
  const past = new Map(cases.map((c) => [`${c.uid} ${c.incarnation}`, c]));
  return {
    context,
    breakers,
    budgets: new BudgetBook(context),
    orderOf: (uid) => orders.get(uid),
    takenOn: (uid) => taken.get(uid),
    caseOf: (uid, incarnation) => past.get(`${uid} ${incarnation}`),
  };
}

/** Every action gate's answer. */
export function answerActions(orphan: Judgement, acting: Acting): ActionRow {
  const row: Partial<Record<ActionGate, Answer>> = {};
  for (const gate of actionGates) row[gate] = actionGateRules[gate](orphan, acting);
  return row as ActionRow;
}

function approvedNow(orphan: Judgement | undefined, context: RoundContext): boolean {
  return orphan !== undefined && livingApproval(orphan, context) !== undefined;
}

/** Nothing but an approval (and perhaps its turn) is missing, and the mode lets an approval count. */
function waitsForApproval(
  { by, row }: Blocked,
  orphan: Judgement | undefined,
  context: RoundContext,
): boolean {
  return (
    by.includes('mode') &&
    by.every((gate) => gate === 'mode' || gate === 'budget') &&
    row.mode.numbers['mode'] !== 'observe' &&
    !approvedNow(orphan, context)
  );
}

function proposalOf({ evidence }: Blocked): Proposal {
  const { host, generation, project } = placeOf(evidence);
  return { uid: evidence.uid, incarnation: evidence.incarnation, host, generation, project };
}

/** One whose agent refused the last order goes after all others: else what cannot be stopped would hold up what can. */
function refusedMs({ evidence: { uid, incarnation } }: Judgement, { caseOf }: Acting): number {
  return caseOf(uid, incarnation)?.notBeforeMs ?? 0;
}

function oldestFirst(a: Judgement, b: Judgement): number {
  const byAge = (a.evidence.release?.firstReadMs ?? 0) - (b.evidence.release?.firstReadMs ?? 0);
  return byAge !== 0 ? byAge : byUid(a.evidence, b.evidence);
}
