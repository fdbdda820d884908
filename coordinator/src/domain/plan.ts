// What to do in one round in one cell, with everything that it was decided by. A finished plan is complete in itself:
// nothing that executes it chooses anything.
import type {
  CellId,
  Digest,
  Epoch,
  Generation,
  HostId,
  Incarnation,
  ProjectId,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Evidence, EvidenceRound } from './evidence.ts';
import type { BreakerMember, OperatorState, Track } from './operator.ts';
import type { Policy } from './policy.ts';
import type { ActionGate, ActionRow, Judgement, Verdict } from './verdict.ts';

/** How well the servos of one (cell, generation, reader version) were recognised in this round: what certification counts. */
export interface GenerationFacts {
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  /** Servos that the authority expects on its hosts, and those of them that were found and judged live. */
  readonly expected: number;
  readonly found: number;
  /** Its hosts on which any is expected, and those of them that are fresh and complete. */
  readonly hostsExpected: number;
  readonly hostsFound: number;
  /** Its hosts that have missed an expected servo for long enough to be a swap. */
  readonly swappedHosts: readonly HostId[];
}

/** What is the same for all servos of a round, as values. */
export interface RoundContext {
  readonly now: Now;
  readonly policy: Policy;
  readonly epoch: Epoch;
  /** Hash over all witnesses' queries and mappings. */
  readonly mappingHash: string;
  /** Longest stall or sleep of the coordinator since the oldest evidence of this round was read, in milliseconds. */
  readonly stalledMs: number;
  /** Wait time since the pass before, if some witness has no fresh snapshot now (else 0): trust is not earned meanwhile. */
  readonly unseenMs: number;
  readonly operator: OperatorState;
  /** Servos in the fresh inventories, per cohort name. */
  readonly population: ReadonlyMap<string, number>;
  /** Enrolled hosts and fresh hosts per cell. */
  readonly cells: ReadonlyMap<CellId, { readonly enrolled: number; readonly fresh: number }>;
}

/** An orphan that every action gate lets pass: it becomes an order. */
export interface PlanEntry {
  readonly evidence: Evidence;
  readonly rounds: readonly EvidenceRound[];
  readonly row: ActionRow;
  /** Only possible by an approval. */
  readonly approved: boolean;
}

/** An orphan that is not acted on in this round, and the gates that refuse. */
export interface Blocked {
  readonly evidence: Evidence;
  readonly row: ActionRow;
  readonly by: readonly ActionGate[];
}

/** A breaker that opens in this round, or one that is open and whose list changed. */
export interface BreakerOpening {
  readonly cohort: string;
  readonly message: string;
  readonly members: readonly BreakerMember[];
}

/** An orphan that waits for nothing but an approval. */
export interface Proposal {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly host: HostId;
  readonly generation: Generation;
  readonly project: ProjectId | undefined;
}

export interface Plan {
  readonly cell: CellId;
  readonly epoch: Epoch;
  readonly entries: readonly PlanEntry[];
  readonly blocked: readonly Blocked[];
  /** Sorted by uid, then incarnation, then host: what an operator approves, by the hash of exactly this list. */
  readonly proposals: readonly Proposal[];
  readonly openings: readonly BreakerOpening[];
  /** Approved orphans that nothing but a budget or the agent's limit holds back: their approvals do not age meanwhile. */
  readonly paused: readonly { readonly uid: ServoUid; readonly incarnation: Incarnation }[];
}

/** The whole report of a round over one cell, also when nothing happens. */
export interface Decision {
  readonly plan: Plan;
  readonly judgements: readonly Judgement[];
  readonly verdicts: Readonly<Record<Verdict, number>>;
  /** How many servos each gate refuses. */
  readonly refusals: ReadonlyMap<string, number>;
  readonly tracks: readonly Track[];
}

/** One way in which a finished plan contradicts the raw evidence. Any finding voids the whole plan. */
export interface Finding {
  readonly rule: string;
  readonly uid: ServoUid | undefined;
  readonly message: string;
}

/** A plan's proposals with the hash that names them. */
export interface ProposedPlan {
  readonly cell: CellId;
  readonly hash: Digest;
  readonly proposals: readonly Proposal[];
}
