// What operators have said, and what the installation remembers of its own acts: the hard state that a round decides by.
import type {
  CellId,
  Digest,
  Generation,
  HostId,
  Incarnation,
  OperatorName,
  ProjectId,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { Case } from './case.ts';
import type { Charge, OpenOrder } from './order.ts';

export const modes = ['observe', 'propose', 'enforce'] as const;
export type Mode = (typeof modes)[number];

/** A cohort: servos that share something. Breakers and budgets are kept per cohort. */
export type Cohort =
  | { readonly kind: 'host'; readonly host: HostId }
  | { readonly kind: 'generation'; readonly cell: CellId; readonly generation: Generation }
  | { readonly kind: 'reader'; readonly cell: CellId; readonly readerVersion: ReaderVersion }
  | { readonly kind: 'cell'; readonly cell: CellId }
  | { readonly kind: 'project'; readonly project: ProjectId }
  | { readonly kind: 'fleet' };

/** A cohort's name: `host:h1`, `generation:c1:sqlite/process`, `reader:c1:<hash>`, `cell:c1`, `project:p1`, `fleet`. */
export function cohortName(cohort: Cohort): string {
  switch (cohort.kind) {
    case 'host':
      return `host:${cohort.host}`;
    case 'generation':
      return `generation:${cohort.cell}:${cohort.generation}`;
    case 'reader':
      return `reader:${cohort.cell}:${cohort.readerVersion}`;
    case 'cell':
      return `cell:${cohort.cell}`;
    case 'project':
      return `project:${cohort.project}`;
    case 'fleet':
      return 'fleet';
  }
}

/** What a hold protects. */
export type HoldScope =
  | { readonly kind: 'servo'; readonly uid: ServoUid }
  | { readonly kind: 'project'; readonly project: ProjectId }
  | { readonly kind: 'host'; readonly host: HostId }
  | { readonly kind: 'generation'; readonly cell: CellId; readonly generation: Generation }
  | { readonly kind: 'cell'; readonly cell: CellId };

export interface Hold {
  /** Whole number from 1. */
  readonly id: number;
  readonly scope: HoldScope;
  readonly by: OperatorName;
  readonly reason: string;
  readonly since: Instant;
  /** End by wait time (`waitMs`). Absent: until an operator releases it. */
  readonly untilMs: number | undefined;
}

export interface Freeze {
  readonly by: OperatorName;
  readonly reason: string;
  readonly since: Instant;
}

/** An operator's yes to stopping one incarnation. Lifts `mode` and caps, and nothing else. */
export interface Approval {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly by: OperatorName;
  readonly reason: string;
  readonly at: Instant;
  /** Time that only a budget or the agent's own limit made it wait: does not count towards its life. */
  readonly pausedMs: number;
}

/** One member of a list that a person closes a breaker for. */
export interface BreakerMember {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly host: HostId;
}

export interface OpenBreaker {
  readonly cohort: string;
  readonly since: Instant;
  /** With its numbers, for people. */
  readonly message: string;
  /** What it blocked when last looked at, and the hash by which a person closes it for exactly this list. */
  readonly members: readonly BreakerMember[];
  readonly hash: Digest;
}

/** What a closed breaker no longer counts in its cohort. */
export interface Exemption {
  readonly cohort: string;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
}

/** How far a (cell, generation, reader version) has come on its way to being certified. */
export interface Track {
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  /** Since when (`waitMs`) its known-live servos were judged live without a break. Absent: not now. */
  readonly since: number | undefined;
  /** Best time that it has held, and what broke it last, for people. */
  readonly message: string;
  /** Hash over all witnesses' queries and mappings while it was earned: an edit voids it. */
  readonly mappingHash: string;
  /** Certified for this mode at most. */
  readonly certified: Mode;
  /** A true orphan of it that an operator confirmed. */
  readonly confirmedOrphan:
    { readonly uid: ServoUid; readonly incarnation: Incarnation; readonly by: OperatorName } | undefined;
}

/** A host that an operator made a member of a cell. */
export interface EnrolledHost {
  readonly host: HostId;
  readonly cell: CellId;
  /** Its generation and reader version, when last heard. */
  readonly generation: Generation | undefined;
  readonly readerVersion: ReaderVersion | undefined;
  readonly inheritsFrom: ReaderVersion | undefined;
  /** Taken out by an operator: counts no more, and may not speak. */
  readonly retired: boolean;
}

/** A missing uid that an operator acknowledged on a host: no `swap` any more. */
export interface AcknowledgedMissing {
  readonly host: HostId;
  readonly uid: ServoUid;
}

/** Everything above, read in one transaction at the start of a round. */
export interface OperatorState {
  readonly holds: readonly Hold[];
  readonly freeze: Freeze | undefined;
  readonly approvals: readonly Approval[];
  /** Mode per `<cell>:<generation>`; what is not in it is `observe`. */
  readonly modes: ReadonlyMap<string, Mode>;
  readonly tracks: readonly Track[];
  readonly breakers: readonly OpenBreaker[];
  readonly exemptions: readonly Exemption[];
  readonly hosts: readonly EnrolledHost[];
  readonly acknowledgedMissing: readonly AcknowledgedMissing[];
  readonly openOrders: readonly OpenOrder[];
  /** Stops, executed or possibly executed, that still count towards a budget or a breaker. */
  readonly charges: readonly Charge[];
  /** Cases that are not over. */
  readonly cases: readonly Case[];
}

/** Key of a mode. */
export function modeKey(cell: CellId, generation: Generation): string {
  return `${cell}:${generation}`;
}
