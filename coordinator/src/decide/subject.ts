// What an explanation is about: one judgement, and what is known of the servo beside its evidence.
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Case } from '../domain/case.ts';
import type { Mode } from '../domain/operator.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { ActionRow, Judgement } from '../domain/verdict.ts';

/** What is known of a servo beside its evidence. */
export interface Subject {
  /** With the whole row, for a live servo too (`judgeWhole`). */
  readonly judgement: Judgement;
  /** Absent before the first round: nothing is acted on then. */
  readonly actions: ActionRow | undefined;
  readonly now: Now;
  readonly servoCase: Case | undefined;
  readonly order: OpenOrder | undefined;
  /** Of its generation in its cell. */
  readonly mode: Mode;
  /** Highest mode that its reader version is certified for. */
  readonly certified: Mode;
  /** An operator confirmed a true orphan of its reader version. */
  readonly confirmed: boolean;
}
