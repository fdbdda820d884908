// The mutable book of a leadership: what hosts and witnesses said, and what follows from it. Views are immutable and are
// replaced whole; everything derived (matches, releases, rounds) is brought up to date by round/prepare.ts.
import type {
  BootId,
  CellId,
  Digest,
  Epoch,
  Generation,
  HostId,
  ReaderVersion,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Servo, ServoChange } from '@servo-auditor/proto/wire.ts';
import type { Release } from '../domain/evidence.ts';
import type { Acknowledged, Heartbeat, HostView } from '../domain/host.ts';
import type { Policy } from '../domain/policy.ts';
import type { Problem } from '../domain/servo.ts';
import type { Claim, ClaimColumns, SnapshotMeta, Tombstone, WitnessProfile } from '../domain/witness.ts';
import type { ClaimChange, Memory } from '../state/port.ts';
import type { RowSink } from '../witness/port.ts';

export interface FleetSetting {
  /** All configured witnesses, at most 8; the position of one is its bit in `HostView.vouched`. */
  readonly witnesses: readonly WitnessProfile[];
  readonly policy: Policy;
  readonly epoch: Epoch;
  /** `waitMs` at which this leadership began (`Leadership.waitedMs`). */
  readonly startedMs: number;
  /** What earlier leaderships made durable. */
  readonly memory: Memory;
}

/** Who a host says to be when it connects. */
export interface Arrival {
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly bootId: BootId;
  readonly epoch: Epoch;
}

export interface ReportedInventory {
  readonly digest: Digest;
  readonly problems: readonly Problem[];
  readonly servos: readonly Servo[];
  readonly heartbeat: Heartbeat;
}

export interface ReportedHeartbeat {
  readonly digest: Digest;
  readonly count: number;
  readonly changes: readonly ServoChange[];
  readonly heartbeat: Heartbeat;
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** One witness's accepted claims, as `check` wants them too. */
export interface AcceptedClaims extends ClaimColumns {
  readonly hostAt: (number: number) => HostId | undefined;
  /** When (`waitMs`) the present claims of a uid were first read. */
  readonly firstReadMs: (uidIndex: number) => number;
}

/** A snapshot that is being read. Rows go in; nothing counts before `commit`. Dropping it needs no call. */
export interface SnapshotBuilder extends RowSink {
  /** After the last row. Gives way to the event loop. */
  finish(now: Now): Promise<FinishedSnapshot>;
}

export interface FinishedSnapshot {
  readonly witness: WitnessId;
  /** Rows that were sunk, claims and tombstones. */
  readonly rows: number;
  readonly claims: number;
  /** Claims per key of `Levels`: `total`, `host:<id>`, `generation:<cell>:<generation>`. */
  readonly levels: Readonly<Record<string, number>>;
  /** SHA-256 over the claims, order-independent: two readings of the same claims have the same. */
  readonly hash: string;
  /** What differs from the last accepted snapshot: what `recordSnapshot` makes durable. */
  readonly diff: Pick<ClaimChange, 'added' | 'replaced' | 'tombstonesAdded' | 'tombstonesRemoved'>;
  /** Makes it the accepted one. Synchronous; at most once; call it after `diff` is durable. */
  commit(meta: SnapshotMeta): void;
}

const unwritten = (): never => {
  throw new Error('under construction');
};

export class Fleet {
  readonly views: ReadonlyMap<HostId, HostView> = new Map();

  constructor(_setting: FleetSetting) {}

  /** A host's session began. Its former view stands until its first inventory; orders and rounds wait for that. */
  connect(_arrival: Arrival, _now: Now): void {
    unwritten();
  }

  /** A whole inventory. Refused, with nothing changed, when its digest does not match or its rows are not canonical. */
  takeSnapshot(_host: HostId, _reported: ReportedInventory, _now: Now): Taken {
    return unwritten();
  }

  /** A heartbeat. `full`: it does not vouch for the inventory that is held here; ask for a whole one. */
  takeHeartbeat(_host: HostId, _reported: ReportedHeartbeat): { readonly full: boolean } {
    return unwritten();
  }

  /** Bars a host from orders, or lifts that. */
  contest(_host: HostId, _why: string | undefined): void {
    unwritten();
  }

  /** All broken items of a host that operators acknowledged (replaces the former list). */
  acknowledge(_host: HostId, _items: readonly Acknowledged[]): void {
    unwritten();
  }

  /** Forgets a host and all that was derived from it. */
  retire(_host: HostId): void {
    unwritten();
  }

  /** Whether the authority's accepted snapshot claims the servo of this row, on this host if it names hosts. */
  isKnownLive(_view: HostView, _row: number): boolean {
    return unwritten();
  }

  /** Servos in the fresh inventories per cohort name, as of the latest pass. */
  population(): ReadonlyMap<string, number> {
    return unwritten();
  }

  /** Starts the reading of a witness. @param now when the reading begins: before its first query. */
  beginSnapshot(_witness: WitnessId, _now: Now): SnapshotBuilder {
    return unwritten();
  }

  /** Accepted claims per witness, those remembered from the last leadership included. For `check` and `confirm`. */
  claims(): ReadonlyMap<WitnessId, AcceptedClaims> {
    return unwritten();
  }

  /** All releases that stand now. */
  releases(): readonly Release[] {
    return unwritten();
  }

  /** Start of a pass, before any witness is read: notes every host's latest heartbeat. Rounds of evidence are made of these. */
  noteHeartbeats(_now: Now): void {
    unwritten();
  }
}

export type { Claim, Tombstone };
