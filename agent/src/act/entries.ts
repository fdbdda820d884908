// What the journal holds, one entry per line, and nothing else. An entry is never changed; a newer one says what became of it.
//
//   accepted  this host belongs to that installation: at first contact, or because an operator accepted another
//   seen      the highest epoch and decision rose
//   intent    an order is about to be executed; holds all that is needed to undo it
//   outcome   what became of an order, with or without an intent
//   closed    an order will never be executed: the coordinator or an operator closed it first
//   acked     the coordinator has made the receipt durable
//   waited    only the time (every line holds it)
//   base      everything that still matters of all entries before it: the first line after a compaction
import type {
  Digest,
  Incarnation,
  InstallationId,
  OrderId,
  ProjectId,
  RuntimeId,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Action, DecisionMark, ReceiptOutcome } from '@servo-auditor/proto/wire.ts';
import type { Launch } from '../scan/scan.ts';
import type { Listen } from './actor.ts';

export type Entry =
  | {
      readonly kind: 'accepted';
      readonly installation: InstallationId;
      readonly epoch: number;
      readonly decision: DecisionMark;
      readonly why: 'first-contact' | 'operator';
    }
  | { readonly kind: 'seen'; readonly epoch: number; readonly decision: DecisionMark }
  | { readonly kind: 'intent'; readonly intent: Intent }
  | { readonly kind: 'outcome'; readonly order: OrderId; readonly result: Result }
  | { readonly kind: 'closed'; readonly order: OrderId; readonly code: string; readonly message: string }
  | { readonly kind: 'acked'; readonly order: OrderId }
  | { readonly kind: 'waited' }
  | { readonly kind: 'base'; readonly base: Base };

/** What is about to be done to one servo. May hold secrets (`launch`): never logged, never sent. */
export interface Intent {
  readonly order: OrderId;
  /** By an operator on this host: nobody waits for a receipt. */
  readonly local: boolean;
  readonly action: Action;
  readonly uid: ServoUid;
  /** What runs and is to be stopped, or what was stopped and is to be started. */
  readonly incarnation: Incarnation;
  readonly runtimeId: RuntimeId;
  readonly project?: ProjectId | undefined;
  readonly launch: Launch;
  /** Addresses that it listened on. */
  readonly listens: readonly Listen[];
}

export interface Result {
  readonly outcome: ReceiptOutcome;
  readonly code: string;
  readonly message: string;
  /** After a start. */
  readonly incarnation?: Incarnation | undefined;
}

/** The line that made something durable. */
export interface Mark {
  readonly sequence: number;
  readonly hash: Digest;
}

/** What is known of one order. */
export interface OrderRecord {
  readonly order: OrderId;
  readonly local: boolean;
  /** Without an outcome: begun, and nobody knows how it ended. */
  readonly intent?: Intent | undefined;
  readonly intentMs?: number | undefined;
  readonly result?: (Result & { readonly mark: Mark }) | undefined;
  readonly acked: boolean;
}

/** A servo that was stopped here and is kept. */
export interface KeptServo {
  readonly intent: Intent;
  /** When it was stopped (`waitMs`). */
  readonly sinceMs: number;
  /** False: it ran when its outcome was written, and may have ended since. Then it can be restored, but is not reported as kept. */
  readonly certain: boolean;
}

export interface Base {
  readonly installation?: InstallationId | undefined;
  readonly epoch: number;
  readonly decision?: DecisionMark | undefined;
  readonly orders: readonly OrderRecord[];
  readonly kept: readonly KeptServo[];
  readonly stopsMs: readonly (readonly [OrderId, number])[];
}
