// One record that follows a servo from suspicion to its end.
//
//   suspect -> orphan -> ordered -> quarantined -> restored
//      ^         |          |             |
//      +---------+----------+-- (a claim, a refusal, a servo that went away by itself: `over`)
import type {
  CellId,
  Generation,
  HostId,
  Incarnation,
  OrderId,
  ProjectId,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';

export const caseStates = ['suspect', 'orphan', 'ordered', 'quarantined', 'restored', 'over'] as const;
export type CaseState = (typeof caseStates)[number];

export interface Case {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly project: ProjectId | undefined;
  readonly state: CaseState;
  /** When it came into this state (`waitMs`, and wall clock for people). */
  readonly sinceMs: number;
  readonly sinceWallMs: number;
  /** Last order of this servo. */
  readonly order: OrderId | undefined;
  /** Authority's version of the last snapshot that the stop was decided by. A claim made before it predates the stop. */
  readonly decidedAtVersion: number | undefined;
  /** Until when (`waitMs`) it gets no further order, because its agent refused one. */
  readonly notBeforeMs: number | undefined;
  /** Latest remark, for people: why it is over, what the agent refused. */
  readonly message: string;
}
