// Orders, what becomes of them, and what they cost.
import type {
  BootId,
  CellId,
  Digest,
  Epoch,
  Generation,
  HostId,
  Incarnation,
  OrderId,
  ProjectId,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { EvidenceRound } from './evidence.ts';

export type Action = 'stop' | 'start';

/**
 * Where an order stands.
 * `open`: its intent is durable, it may be delivered, nobody has said yes to it.
 * `possible`: the one yes was given: it counts as possibly executed until a receipt says otherwise.
 * `closing`: the coordinator wants it closed and waits for the receipt.
 * `closed`: receipted; the outcome says how.
 */
export type OrderState = 'open' | 'possible' | 'closing' | 'closed';
export const outcomes = ['executed', 'refused', 'unexecuted', 'unknown'] as const;
export type ReceiptOutcome = (typeof outcomes)[number];

/** One order as hard state knows it. A `stop` is asked about once more (confirm); a `start` is not. */
export interface OpenOrder {
  readonly id: OrderId;
  readonly epoch: Epoch;
  readonly action: Action;
  readonly state: OrderState;
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly bootId: BootId;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly project: ProjectId | undefined;
  /** The project had a tombstone of its own. */
  readonly projectReleased: boolean;
  readonly identity: Digest;
  /** For people. */
  readonly reason: string;
  /** When it was made (`waitMs`). */
  readonly madeMs: number;
  /** Decision that made it. */
  readonly decisionVersion: number;
  /** Whether it was only possible by an approval. */
  readonly approved: boolean;
  /** The rounds of evidence that it cites (stop). Each is another heartbeat, same boot, same epoch, fresh when made. */
  readonly rounds: readonly EvidenceRound[];
}

/** One stop, executed or possibly executed, as budgets and breakers count it. Never refunded. */
export interface Charge {
  readonly order: OrderId;
  readonly atMs: number;
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly project: ProjectId | undefined;
  /** The project had a tombstone of its own. */
  readonly projectReleased: boolean;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly action: Action;
}
