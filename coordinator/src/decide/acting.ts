// What an action gate may know: the orphan, the round, which breakers are open now, and what the budgets have left.
import type { HostId, Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Answer } from '../domain/answer.ts';
import type { Case } from '../domain/case.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { RoundContext } from '../domain/plan.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { BudgetBook } from './tally.ts';

export interface Acting {
  readonly context: RoundContext;
  /** Open breakers by cohort, those that open in this round included, with why. */
  readonly breakers: ReadonlyMap<string, string>;
  readonly budgets: BudgetBook;
  /** The unfinished order of a uid. */
  readonly orderOf: (uid: ServoUid) => OpenOrder | undefined;
  /** Host of another copy of the uid that this plan has taken already. */
  readonly takenOn: (uid: ServoUid) => HostId | undefined;
  /** The case of one incarnation, if it is not over. */
  readonly caseOf: (uid: ServoUid, incarnation: Incarnation) => Case | undefined;
}

export type ActionGateRule = (orphan: Judgement, acting: Acting) => Answer;
