// What an action gate may know: the orphan, the round, which breakers are open now, and what the budgets have left.
import type { Answer } from '../domain/answer.ts';
import type { RoundContext } from '../domain/plan.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { BudgetBook } from './tally.ts';

export interface Acting {
  readonly context: RoundContext;
  /** Open breakers by cohort, those that open in this round included, with why. */
  readonly breakers: ReadonlyMap<string, string>;
  readonly budgets: BudgetBook;
}

export type ActionGateRule = (orphan: Judgement, acting: Acting) => Answer;
