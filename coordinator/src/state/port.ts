// Hard state, behind one port. Each operation is a whole transaction, fenced by the epoch: it happens entirely, is durable
// when its promise resolves, and is refused with `Fenced` when another coordinator leads meanwhile. Every transaction that
// decides something appends to the audit chain; the chain's length is the installation's decision version.
//
// Nothing above this port knows which database is behind it.
import type {
  CellId,
  CoordinatorId,
  Digest,
  Epoch,
  Generation,
  HostId,
  Incarnation,
  InstallationId,
  OperatorName,
  OrderId,
  ProjectId,
  ReaderVersion,
  ServoUid,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Case } from '../domain/case.ts';
import type { Release } from '../domain/evidence.ts';
import type { Acknowledged } from '../domain/host.ts';
import type {
  Approval,
  BreakerMember,
  EnrolledHost,
  HoldScope,
  Mode,
  OpenBreaker,
  OperatorState,
  Track,
} from '../domain/operator.ts';
import type { OpenOrder, ReceiptOutcome } from '../domain/order.ts';
import type { Claim, Tombstone } from '../domain/witness.ts';

/** Under which leadership, and when, a transaction is made. The store keeps the largest `waitMs` that it has seen. */
export interface Fence {
  readonly epoch: Epoch;
  readonly now: Now;
}

/** Another coordinator leads: this one must stop deciding at once. */
export class Fenced extends Error {}
/** The request does not fit what is there (an unknown id, a stale hash). Nothing was changed. For people; says what would be right. */
export class Unfit extends Error {}

/** Number of the latest decision, and the hash of the chain up to it. */
export interface DecisionMark {
  readonly version: number;
  readonly hash: Digest;
}

export interface Leadership {
  readonly installation: InstallationId;
  readonly epoch: Epoch;
  /** Time waited so far by all earlier leaders (`waitMs`). */
  readonly waitedMs: number;
  readonly decision: DecisionMark;
}

/** One line of the audit chain: `hash` = SHA-256 of the canonical JSON of all the rest, `previous` included (audit.ts). */
export interface AuditEntry {
  readonly version: number;
  readonly wallMs: number;
  /** Operator's name, or `coordinator:<id>`. */
  readonly by: string;
  /** Stable name of the event, for example `hold.set`, `order.opened`. */
  readonly event: string;
  readonly reason: string;
  /** What it was about, with before and after where something changed. Canonical JSON object. */
  readonly about: Readonly<Record<string, unknown>>;
  readonly previous: Digest;
  readonly hash: Digest;
}

/** What the installation remembers of each servo and claim, beyond one round. Large; read once at the start, then owned by the leader. */
export interface Memory {
  readonly releases: readonly Release[];
  readonly vouched: readonly Vouched[];
  readonly witnesses: readonly WitnessMemory[];
  readonly hosts: readonly HostMemory[];
}

/** Witnesses that claimed this uid here while this incarnation was observed, by name. */
export interface Vouched {
  readonly host: HostId;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly witnesses: readonly WitnessId[];
}

export interface WitnessMemory {
  readonly witness: WitnessId;
  readonly version: number;
  readonly lineage: string;
  readonly levels: Levels;
  readonly claims: readonly Claim[];
  /** Every tombstone that the authority has, with the time (`waitMs`) when it was first read. */
  readonly tombstones: readonly (Tombstone & { readonly firstReadMs: number })[];
}

/**
 * High-water marks of accepted claims: in total, per host, per generation. The level is the larger of two successive
 * windows, so it covers at least one whole window; marks move on only when a snapshot is accepted.
 */
export interface Levels {
  /** Start of the current window (`waitMs`). */
  readonly sinceMs: number;
  /** Highest count per key (`total`, `host:<id>`, `generation:<cell>:<generation>`) in this window and in the one before. */
  readonly current: Readonly<Record<string, number>>;
  readonly previous: Readonly<Record<string, number>>;
}

export interface HostMemory extends EnrolledHost {
  readonly acknowledged: readonly Acknowledged[];
  /** Journal mark last heard from it: a lower or different one blocks orders until `hosts accept`. */
  readonly journal: { readonly sequence: number; readonly hash: Digest } | undefined;
  /** Why it gets no orders until `hosts accept`. */
  readonly contested: string | undefined;
}

/** What a fold learned that must survive a restart. */
export interface FoldChange {
  readonly releasesAdded: readonly Release[];
  readonly releasesRemoved: readonly Pick<Release, 'uid' | 'host' | 'incarnation'>[];
  readonly vouchedAdded: readonly Vouched[];
  readonly vouchedRemoved: readonly Pick<Vouched, 'uid' | 'host' | 'incarnation'>[];
  readonly hosts: readonly HostMemory[];
}

export const nothingFolded: FoldChange = {
  releasesAdded: [],
  releasesRemoved: [],
  vouchedAdded: [],
  vouchedRemoved: [],
  hosts: [],
};

/** What accepting a snapshot changed. Additions are made durable before removals, so a crash in between keeps servos. */
export interface ClaimChange {
  readonly witness: WitnessId;
  readonly version: number;
  readonly lineage: string;
  readonly levels: Levels;
  readonly added: readonly Claim[];
  /** Uids all of whose former claims end; `added` holds those that they still have. */
  readonly replaced: readonly ServoUid[];
  readonly tombstonesAdded: readonly (Tombstone & { readonly firstReadMs: number })[];
  readonly tombstonesRemoved: readonly ServoUid[];
}

/** Everything that one round over one cell makes durable, in one transaction, before an order leaves. */
export interface PlanChange {
  readonly cell: CellId;
  readonly orders: readonly OpenOrder[];
  /** Cases that are new or have moved, each with the evidence behind it (canonical JSON, for later explanation). */
  readonly cases: readonly { readonly case: Case; readonly evidence: string }[];
  readonly breakers: readonly {
    readonly cohort: string;
    readonly message: string;
    readonly members: readonly BreakerMember[];
  }[];
  readonly tracks: readonly Track[];
  /** How much longer these approvals live. */
  readonly paused: readonly {
    readonly uid: ServoUid;
    readonly incarnation: Incarnation;
    readonly byMs: number;
  }[];
}

/** What an agent says became of an order. */
export interface ReceiptRecord {
  readonly order: OrderId;
  readonly host: HostId;
  readonly outcome: ReceiptOutcome;
  readonly code: string;
  readonly message: string;
  readonly incarnation: Incarnation | undefined;
}

/** The last word before the one yes: refused with a reason, or given, charged and marked possibly executed. */
export type YesAnswer =
  | { readonly given: true; readonly order: OpenOrder }
  | { readonly given: false; readonly code: string; readonly message: string };

/** An operator's act. Every one is audited with who, why, before and after. */
export type Act =
  | { readonly kind: 'hold.set'; readonly scope: HoldScope; readonly untilMs: number | undefined }
  | { readonly kind: 'hold.released'; readonly id: number }
  | { readonly kind: 'freeze.set' }
  | { readonly kind: 'freeze.lifted' }
  | {
      readonly kind: 'plan.approved';
      readonly cell: CellId;
      readonly hash: Digest;
      readonly members: readonly Pick<Approval, 'uid' | 'incarnation'>[];
    }
  | {
      readonly kind: 'plan.rejected';
      readonly cell: CellId;
      readonly hash: Digest;
      readonly members: readonly Pick<Approval, 'uid' | 'incarnation'>[];
      readonly holdUntilMs: number;
    }
  | { readonly kind: 'mode.set'; readonly cell: CellId; readonly generation: Generation; readonly mode: Mode }
  | {
      readonly kind: 'orphan.confirmed';
      readonly cell: CellId;
      readonly generation: Generation;
      readonly readerVersion: ReaderVersion;
      readonly uid: ServoUid;
      readonly incarnation: Incarnation;
    }
  | { readonly kind: 'breaker.closed'; readonly cohort: string; readonly hash: Digest }
  | { readonly kind: 'witness.accepted'; readonly witness: WitnessId; readonly hash: string }
  | { readonly kind: 'host.enrolled'; readonly host: HostId; readonly cell: CellId }
  | { readonly kind: 'host.retired'; readonly host: HostId }
  | { readonly kind: 'host.accepted'; readonly host: HostId; readonly before: string }
  | {
      readonly kind: 'item.acknowledged';
      readonly host: HostId;
      readonly path: string;
      readonly contentSha256: Digest;
    }
  | { readonly kind: 'missing.acknowledged'; readonly host: HostId; readonly uid: ServoUid }
  | { readonly kind: 'restore.ordered'; readonly orders: readonly OpenOrder[]; readonly holdUntilMs: number };

/** Which cases to list; at most `limit`, newest first. Empty fields do not filter. */
export interface CaseFilter {
  readonly host?: HostId;
  readonly project?: ProjectId;
  readonly uid?: ServoUid;
  readonly states?: readonly Case['state'][];
  readonly limit: number;
}

export interface StateStore {
  /** Takes the lead: the epoch of this leadership is higher than every one before. */
  lead(coordinator: CoordinatorId, wallMs: number): Promise<Leadership>;
  readMemory(): Promise<Memory>;
  readOperatorState(fence: Fence): Promise<OperatorState>;
  recordFold(fence: Fence, change: FoldChange): Promise<void>;
  recordSnapshot(fence: Fence, change: ClaimChange): Promise<void>;
  /** The intent of every order is durable when this resolves. Refuses a second unfinished order for one uid with `Unfit`. */
  openPlan(fence: Fence, change: PlanChange): Promise<DecisionMark>;
  /**
   * Re-checks, in one transaction, that the order is open and under this epoch, that nothing holds or freezes it, that every
   * budget still has room, that it was not asked about before; then charges it and marks it possibly executed.
   */
  giveYes(fence: Fence, order: OrderId, limits: YesLimits): Promise<YesAnswer>;
  /** Idempotent: a second receipt for an order changes nothing. Moves the case. `known: false`: there is no such order. */
  recordReceipt(
    fence: Fence,
    receipt: ReceiptRecord,
    refusedAgainMs: number,
  ): Promise<{ readonly known: boolean }>;
  /** Marks orders as closing: they get no yes from here on. */
  closeOrders(fence: Fence, orders: readonly OrderId[], reason: string): Promise<void>;
  /** An automatic restore: start orders for quarantined servos that are claimed again. */
  openRestores(
    fence: Fence,
    orders: readonly OpenOrder[],
    wrong: readonly {
      readonly cohorts: readonly string[];
      readonly member: BreakerMember;
      readonly message: string;
    }[],
  ): Promise<DecisionMark>;
  act(fence: Fence, by: OperatorName, reason: string, act: Act): Promise<DecisionMark>;
  findCases(filter: CaseFilter): Promise<readonly Case[]>;
  /** Evidence at each step of a case, oldest first. */
  caseHistory(
    uid: ServoUid,
    incarnation: Incarnation,
  ): Promise<
    readonly { readonly state: Case['state']; readonly wallMs: number; readonly evidence: string }[]
  >;
  findOrder(id: OrderId): Promise<OpenOrder | undefined>;
  openBreakers(): Promise<readonly OpenBreaker[]>;
  /** Where the chain ends now. */
  latest(): Promise<DecisionMark>;
  /** Hash of the chain at a version; undefined when the chain does not reach it. 0 is the empty chain's. */
  hashAt(version: number): Promise<Digest | undefined>;
  /** Entries with a version above `after`, oldest first, at most `limit`. */
  readAudit(after: number, limit: number): Promise<readonly AuditEntry[]>;
  /** Walks the whole chain. Resolves with the first version that does not verify, if any. */
  verifyAudit(): Promise<{ readonly entries: number; readonly firstBroken: number | undefined }>;
  close(): Promise<void>;
}

/** How many stops each cohort of an order may have in the budget window, and since when they count. */
export interface YesLimits {
  readonly sinceMs: number;
  readonly perCohort: ReadonlyMap<string, number>;
}
