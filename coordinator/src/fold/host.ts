// All that the book holds of one host beside its view: what is carried between inventories, and what follows from them.
import type { HostId, Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { EvidenceRound, Release } from '../domain/evidence.ts';
import type { Acknowledged, HostView } from '../domain/host.ts';
import { cohortName } from '../domain/operator.ts';
import type { HostMemory } from '../state/port.ts';
import type { Carried, Reading } from './inventory.ts';
import type { Matched } from './match.ts';
import { Tally, type Noted } from './rounds.ts';

/** An incarnation that is vouched for, and is not in the inventory that is held. */
export interface Absent {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly vouched: number;
  /** It comes from an earlier leadership, and no inventory came since. */
  readonly remembered: boolean;
}

/** What the inventory that was matched last says of a candidate: kept beside it, so that a pass need not look there. */
export interface CandidateRow {
  readonly row: number;
  readonly uid: ServoUid;
  readonly uidIndex: number;
  readonly incarnation: Incarnation;
  readonly firstSeenMs: number;
  /** As in `HostView.vouched`. */
  readonly vouched: number;
  readonly hasContradiction: boolean;
  /** A witness claims it on another host. */
  readonly elsewhere: boolean;
}

/** A servo that no witness plainly claims. Lives as long as that is so of this incarnation. */
export class Candidate {
  /** Identity key. */
  readonly key: string;
  at: CandidateRow;
  readonly rounds = new Tally();
  /** What the last look-up of the uid said, and the pass in which it was asked; 0: never. */
  lookedUp: 'released' | 'claimed' | 'not yet' = 'not yet';
  askedInPass = 0;
  /** As in `Evidence`, of the latest pass. */
  nowhere: ServoUid | undefined;
  /** As in `Evidence`. */
  nowhereSince: Instant | undefined;
  /** As in `Evidence`. */
  nowhereMs: number | undefined;

  constructor(key: string, at: CandidateRow) {
    this.key = key;
    this.at = at;
  }
}

export class HostRecord {
  readonly id: HostId;
  /** Number of the host in the claims' columns. */
  readonly number: number;
  /** Name of the host's cohort. */
  readonly cohort: string;
  readonly memory: HostMemory | undefined;
  /** Absent until it connects to this leadership. */
  view: HostView | undefined;
  acknowledged: readonly Acknowledged[];
  contested: string | undefined;
  /** The last inventory, also across a boot or another reader. */
  last: Carried | undefined;
  /** The last complete inventory by another reader than the present one, until the first complete one by this. */
  before: Reading | undefined;
  /** By identity key. */
  readonly absent = new Map<string, Absent>();
  /** By identity key. */
  readonly releases = new Map<string, Release>();
  /** Identity keys that an earlier leadership observed before this one first read a tombstone for them. */
  readonly seenBefore = new Set<string>();
  /** Number of its (cell, generation, reader version) in the book, from its connecting on. */
  group = -1;
  /** Whether it was fresh in the latest pass. */
  isFresh = false;
  matched: Matched | undefined;
  candidates: readonly Candidate[] = [];
  /** Uids that the authority expects here and that neither record nor runtime shows, acknowledged ones included. */
  missing: readonly ServoUid[] = [];
  /** Uids without a host in the claims that are expected here because they were vouched for here, and are gone. */
  missingHostless: readonly ServoUid[] = [];
  missingRounds = 0;
  /** As in `HostEvidence.swappedMs`. */
  swappedMs: number | undefined;
  noted: Noted | undefined;
  lastRound: EvidenceRound | undefined;
  /** The newest rounds, oldest first; replaced whole, so that evidence may share it. */
  recent: readonly EvidenceRound[] = [];

  constructor(id: HostId, number: number, memory: HostMemory | undefined) {
    this.id = id;
    this.number = number;
    this.cohort = cohortName({ kind: 'host', host: id });
    this.memory = memory;
    this.acknowledged = memory?.acknowledged ?? [];
    this.contested = memory?.contested;
  }

  /** What was counted so far does not count any more: another boot, another reader, or a doubt about who speaks. */
  forgetRounds(): void {
    this.noted = undefined;
    this.lastRound = undefined;
    this.recent = [];
    this.missingRounds = 0;
    this.swappedMs = undefined;
    for (const candidate of this.candidates) candidate.rounds.restart(0);
  }
}
