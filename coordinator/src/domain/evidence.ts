// All that is known of one servo that nobody is known to claim, as values: what the evidence gates read, and nothing else.
import type {
  BootId,
  Epoch,
  HostId,
  Incarnation,
  ProjectId,
  RuntimeId,
  ServoUid,
  SourceId,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { HostView } from './host.ts';
import type { Activity, Contradiction, ServoState } from './servo.ts';
import type { Claim, WitnessView } from './witness.ts';

/** Positive evidence that the authority's claim has ended. Hard state until the servo is gone; any claim removes it. */
export interface Release {
  readonly uid: ServoUid;
  readonly host: HostId;
  readonly incarnation: Incarnation;
  readonly kind: 'tombstone' | 'disappearance';
  /** When it was first read (`waitMs`). */
  readonly firstReadMs: number;
  /** The authority's project record says that the whole project was released. */
  readonly projectReleased: boolean;
  readonly project: ProjectId | undefined;
  /**
   * Why nobody may act on it without an approval. Absent: it stands by itself.
   * `tombstone-older`: it names no incarnation, and was read before this one was seen.
   * `no-lookup`: a disappearance that no separate look-up of the single uid has confirmed.
   */
  readonly capped: 'tombstone-older' | 'no-lookup' | undefined;
}

/** One observation of a host, followed by a snapshot of every witness that began after it. Shared by all servos of the host. */
export interface EvidenceRound {
  readonly host: HostId;
  readonly bootId: BootId;
  readonly epoch: Epoch;
  readonly heartbeat: number;
  /** When that heartbeat came; every snapshot of the round began after it. */
  readonly receivedAt: Instant;
  /** When the coordinator counted it (`waitMs`). */
  readonly atMs: number;
  /** Whether the heartbeat was fresh when the round was made. */
  readonly fresh: boolean;
  readonly snapshots: readonly RoundSnapshot[];
}

export interface RoundSnapshot {
  readonly witness: WitnessId;
  readonly number: number;
  readonly startedAt: Instant;
  readonly version: number;
}

/** What one witness says of the servo. Says `released` only what it claimed before, here, while this incarnation was observed. */
export interface Voice {
  readonly witness: WitnessId;
  readonly source: SourceId;
  readonly authority: boolean;
  readonly says: 'claims' | 'released' | 'nothing';
  /** The claims behind `claims`. */
  readonly claims: readonly Claim[];
}

/** How well a host's inventory, or a generation's inventories, match what the authority expects there. */
export interface Match {
  readonly expected: number;
  readonly found: number;
  /** The first few expected uids that neither record nor runtime shows, and that nobody acknowledged. */
  readonly missing: readonly ServoUid[];
  /** Consecutive rounds for which something was missing. */
  readonly missingRounds: number;
}

/** What all servos of a host share. */
export interface HostEvidence {
  readonly view: HostView;
  readonly match: Match;
  /** Of the host's (cell, generation). */
  readonly generationMatch: Match;
  /** When (`waitMs`) it was last found to miss a servo for as many rounds as look like a swap; undefined: not since it is known. */
  readonly swappedMs: number | undefined;
}

export interface Evidence {
  readonly host: HostEvidence;
  /** Row of the servo in the host's inventory. */
  readonly row: number;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly runtimeId: RuntimeId;
  readonly project: ProjectId | undefined;
  readonly state: ServoState;
  readonly activity: Activity;
  readonly contradiction: Contradiction;
  readonly firstSeenMs: number;
  readonly voices: readonly Voice[];
  /** The authority claimed it here while this incarnation was observed. */
  readonly known: boolean;
  readonly release: Release | undefined;
  /**
   * Where it disappeared from the authority without a tombstone: a uid that is claimed for its project or for none, and that no host
   * shows. Claimed by the authority, naming this host or none, or by another witness alone.
   */
  readonly nowhere: ServoUid | undefined;
  /** The first of the passes since which it was this very one; undefined: there is none now. */
  readonly nowhereSince: Instant | undefined;
  /** When (`waitMs`) a round of its host last found one; undefined: none did since nobody claims the servo. */
  readonly nowhereMs: number | undefined;
  /** Its rounds of evidence since the last claim, oldest first; only the first and the newest few are kept. */
  readonly rounds: readonly EvidenceRound[];
  /** How many rounds there were in all. */
  readonly roundCount: number;
  readonly witnesses: readonly WitnessView[];
}
