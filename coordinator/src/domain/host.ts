// What is believed of one host. A view is immutable: every message of the host makes a new one.
import type {
  BootId,
  CellId,
  Digest,
  Generation,
  HostId,
  ReaderVersion,
  Epoch,
} from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { Inventory } from './servo.ts';

/** Proof that the host lived between two instants, both by the coordinator's own clocks. */
export interface Heartbeat {
  /** Counts the heartbeats of this leadership over all hosts, from 1: two rounds of evidence cite two different ones. */
  readonly number: number;
  /** When the coordinator sent the nonce that this heartbeat echoed: the host lived no earlier. Ages the heartbeat. */
  readonly askedAt: Instant;
  /** When it came: what was scanned was scanned no later. Snapshots that are paired with it began after this. */
  readonly receivedAt: Instant;
}

/** A broken item that an operator acknowledged on a host: it counts as read, and as protected. */
export interface Acknowledged {
  readonly path: string;
  readonly contentSha256: Digest;
}

export interface HostView {
  readonly id: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly bootId: BootId;
  /** Epoch under which the host began to read its inventory. */
  readonly epoch: Epoch;
  readonly heartbeat: Heartbeat | undefined;
  /** The last full inventory. Absent until the first one of this leadership has come whole. */
  readonly inventory: Inventory | undefined;
  /** Whether the latest heartbeat vouches for `inventory` by its digest. */
  readonly digestMatches: boolean;
  /** Per row of `inventory`: when this incarnation was first seen here (`waitMs`). */
  readonly firstSeenMs: Float64Array;
  /**
   * Per row: the witnesses (bit i: the i-th configured) that claimed this uid on this host, in an accepted snapshot,
   * while this incarnation was observed here.
   */
  readonly vouched: Uint8Array;
  /** Why this host gets no orders until `servoctl hosts accept`. Absent: nothing is wrong. */
  readonly contested: string | undefined;
  /** The certified reader version that this host's own reader inherits from, because its first inventory equalled the last. */
  readonly inheritsFrom: ReaderVersion | undefined;
  readonly acknowledged: readonly Acknowledged[];
}

/** The problems of an inventory that nobody has acknowledged. */
export function openProblems(view: HostView): Inventory['problems'] {
  return (view.inventory?.problems ?? []).filter(
    (p) =>
      p.contentSha256 === undefined ||
      !view.acknowledged.some((a) => a.path === p.path && a.contentSha256 === p.contentSha256),
  );
}
