// What the life of an order needs: everything that touches the world, as values that tests can replace one by one.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { HostId, Nonce, OrderId } from '@servo-auditor/proto/ids.ts';
import { maxSentenceChars } from '@servo-auditor/proto/limits.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';
import type { ConfirmReply, ConfirmRequest, SignedOrder } from '@servo-auditor/proto/wire.ts';
import type { LocalLimits, Refused } from '../judge/facts.ts';
import type { Actor } from './actor.ts';
import type { Result } from './entries.ts';
import type { Holds } from './holds.ts';
import type { Journal } from './journal.ts';
import type { Seen } from './memory.ts';
import type { SentNonces } from './nonces.ts';
import type { Scanner } from './scanner.ts';

export interface Context {
  readonly host: HostId;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly seen: Seen;
  readonly scanner: Pick<Scanner, 'scan'>;
  readonly actor: Actor;
  readonly holds: Holds;
  readonly nonces: SentNonces;
  /** Whether a known order key signed these bytes. */
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
  /** Asks the coordinator. Rejects when there is no answer within `timeoutMs`. */
  readonly ask: (question: ConfirmRequest, timeoutMs: number) => Promise<ConfirmReply>;
  readonly newNonce: () => Nonce;
  readonly limits: LocalLimits;
  readonly log: Logger;
}

/** An order, and when the nonce that it cites was sent: looked up when it came, since nonces are forgotten. */
export interface Received {
  readonly order: SignedOrder;
  readonly nonceSentAt: Instant | undefined;
}

/** `closed`: somebody closed the order meanwhile, and its outcome is durable already. */
export type Ended = Result | 'closed';

export function refused({ code, message }: Pick<Refused, 'code' | 'message'>): Result {
  return { outcome: 'refused', code, message: sentence(message) };
}

/** At most what a receipt takes. */
export function sentence(text: string): string {
  return text.length <= maxSentenceChars ? text : `${text.slice(0, maxSentenceChars - 1)}…`;
}

/** Whether an order's outcome is durable already: it was closed while it waited. */
export function isFinished({ journal }: Context, order: OrderId): boolean {
  return journal.view.order(order)?.result !== undefined;
}
