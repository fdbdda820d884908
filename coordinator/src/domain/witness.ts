// What witnesses say. Only complete snapshots are ever accepted; the last accepted one keeps its veto until the next.
import type {
  HostId,
  Incarnation,
  ProjectId,
  ServoUid,
  SourceId,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';

/** A witness says that this uid is in use. Without a host it protects every copy. */
export interface Claim {
  readonly uid: ServoUid;
  readonly host?: HostId;
  readonly incarnation?: Incarnation;
  readonly project?: ProjectId;
  /** Version of the witness's data in which the claim was made, where it tells. Shows whether a claim predates a stop. */
  readonly since?: number;
}

/** The authority records that this uid (on this host) was released. */
export interface Tombstone {
  readonly uid: ServoUid;
  readonly host?: HostId;
  readonly incarnation?: Incarnation;
  readonly project?: ProjectId;
  /** The whole project was released, not this servo alone. */
  readonly projectReleased: boolean;
}

/** How a witness is configured; what it is asked with is part of its lineage. */
export interface WitnessProfile {
  readonly id: WitnessId;
  readonly source: SourceId;
  readonly authority: boolean;
  /** A primary proves that its data is current by being it; a replica by its replay position, which must move. */
  readonly reads: 'primary' | 'replica';
  readonly hasLookup: boolean;
  /** SHA-256 of queries and mapping. An edit voids certification. */
  readonly mappingHash: string;
}

/** One complete, accepted reading of a witness. */
export interface SnapshotMeta {
  /** Counts the snapshots of this leadership, over all witnesses, from 1. */
  readonly number: number;
  readonly startedAt: Instant;
  readonly tookMs: number;
  /** Version or watermark of the data: a whole number that never goes back within a lineage. */
  readonly version: number;
  /** Which database this is, and what it was asked with. */
  readonly lineage: string;
  readonly claims: number;
}

/** A complete snapshot that an operator must accept before it counts. */
export interface WaitingSnapshot {
  readonly why: 'lineage' | 'version' | 'shrink';
  /** With its numbers, for people. */
  readonly message: string;
  /** What `servoctl witness accept` must name, so that it accepts what was seen and nothing else. */
  readonly hash: string;
}

export interface WitnessView extends WitnessProfile {
  /** Absent: no snapshot was accepted under this epoch. */
  readonly accepted: SnapshotMeta | undefined;
  readonly waiting: WaitingSnapshot | undefined;
  /** Why the latest reading was not complete, with where and what. Absent: it was. */
  readonly failure: string | undefined;
}

/**
 * All claims of one witness's last accepted snapshot, in columns by uid number.
 * `on[i]`: 0 not claimed; 1 claimed without a host; n >= 2 claimed on the host with number n - 2; -1 several claims,
 * which stand in `several`.
 */
export interface ClaimColumns {
  readonly on: Int32Array;
  readonly several: ReadonlyMap<number, readonly Claim[]>;
}

/** The answer to a look-up of one single uid. An error is a thrown one, and never "released". */
export interface Lookup {
  readonly claims: readonly Claim[];
  readonly version: number;
  readonly lineage: string;
}
