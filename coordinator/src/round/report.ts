// What the last pass found, kept in memory for status and explain: also, and above all, when nothing happened.
import type { CellId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Finding, Plan, ProposedPlan, RoundContext } from '../domain/plan.ts';
import type { Judgement, Verdict } from '../domain/verdict.ts';

export interface CellReport {
  readonly cell: CellId;
  readonly plan: Plan;
  readonly proposed: ProposedPlan;
  /** Findings of the second reading. Any voided the whole plan. */
  readonly findings: readonly Finding[];
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** How many servos that nobody claims each gate refuses. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly context: RoundContext;
}

export interface Report {
  /** Counts the passes of this leadership, from 1. */
  readonly pass: number;
  readonly at: Now;
  readonly tookMs: number;
  readonly cells: readonly CellReport[];
  /** All servos that nobody plainly claims, over all cells. */
  readonly judgements: readonly Judgement[];
  /** Witnesses that could not be read, with why. */
  readonly failures: readonly string[];
}
