// Rounds of evidence: one observation of a host, followed by a snapshot of every witness that began after it and shows later
// data than the round before. A host's rounds are shared by all its servos; each servo counts only its own.
import type { BootId, Epoch, HostId } from '@servo-auditor/proto/ids.ts';
import type { EvidenceRound, RoundSnapshot } from '../domain/evidence.ts';
import type { Heartbeat } from '../domain/host.ts';
import type { WitnessView } from '../domain/witness.ts';

/** A host's latest heartbeat, as it stood before the witnesses of a pass were read: fresh, of a whole and matching inventory. */
export interface Noted {
  readonly heartbeat: Heartbeat;
  readonly bootId: BootId;
  readonly epoch: Epoch;
  /** When it was noted (`waitMs`): a servo seen later is not in it. */
  readonly atMs: number;
}

/** The snapshots of all witnesses, in one list that the rounds of a pass share. Undefined: one has none that is accepted. */
export function snapshotsOf(witnesses: readonly WitnessView[]): readonly RoundSnapshot[] | undefined {
  if (witnesses.length === 0) return undefined;
  const snapshots: RoundSnapshot[] = [];
  for (const { id, accepted } of witnesses) {
    if (accepted === undefined) return undefined;
    const { number, startedAt, version } = accepted;
    snapshots.push({ witness: id, number, startedAt, version });
  }
  return snapshots;
}

/** The host's round of this pass. Undefined: something of it is missing, or was counted before. */
export function roundOf(
  host: HostId,
  noted: Noted,
  snapshots: readonly RoundSnapshot[],
  witnesses: readonly WitnessView[],
  previous: EvidenceRound | undefined,
  atMs: number,
): EvidenceRound | undefined {
  const { heartbeat, bootId, epoch } = noted;
  const same = previous?.bootId === bootId && previous.epoch === epoch ? previous : undefined;
  if (same !== undefined && heartbeat.number <= same.heartbeat) return undefined;
  const { receivedAt } = heartbeat;
  for (let i = 0; i < snapshots.length; i++) {
    const { startedAt, number, version } = snapshots[i] as RoundSnapshot;
    if (startedAt.bootId !== receivedAt.bootId || startedAt.monoMs < receivedAt.monoMs) return undefined;
    const last = same?.snapshots[i];
    if (last === undefined) continue;
    if (number <= last.number) return undefined;
    if (witnesses[i]?.reads !== 'primary' && version <= last.version) return undefined;
  }
  return { host, bootId, epoch, heartbeat: heartbeat.number, receivedAt, atMs, fresh: true, snapshots };
}

/** How a servo that nobody claims counts its rounds. */
export class Tally {
  #first: EvidenceRound | undefined;
  #count = 0;
  /** When the count began (`waitMs`): only rounds from then on count. */
  #sinceMs = 0;

  get count(): number {
    return this.#count;
  }

  /** Begins anew: only rounds from `sinceMs` on count. */
  restart(sinceMs: number): void {
    this.#first = undefined;
    this.#count = 0;
    this.#sinceMs = sinceMs;
  }

  /** Begins anew unless it already counts from then. */
  countFrom(sinceMs: number): void {
    if (sinceMs !== this.#sinceMs) this.restart(sinceMs);
  }

  add(round: EvidenceRound): void {
    if (round.atMs < this.#sinceMs) return;
    this.#first ??= round;
    this.#count++;
  }

  /** The first round and the newest few, oldest first. @param recent the host's newest rounds, oldest first. */
  rounds(recent: readonly EvidenceRound[]): readonly EvidenceRound[] {
    const first = this.#first;
    if (first === undefined) return none;
    if (this.#count === recent.length) return recent;
    if (this.#count < recent.length) return recent.slice(recent.length - this.#count);
    return [first, ...recent];
  }
}

const none: readonly EvidenceRound[] = Object.freeze([]);
