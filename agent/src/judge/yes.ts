// Whether an answer to the last question is the signed yes to exactly this question, and young enough to act on.
import type { BootId, Epoch, Nonce, OrderId } from '@servo-auditor/proto/ids.ts';
import { stalenessMs, type Instant, type Now } from '@servo-auditor/proto/time.ts';
import { refuse, type Hold, type Refused } from './facts.ts';
import { judgeHold } from './stop.ts';

/** How old a yes may be when the signal leaves, in milliseconds from sending the question: the exposure of the whole system. */
export const maxYesAgeMs = 5000;

export interface Question {
  readonly orderId: OrderId;
  readonly epoch: Epoch;
  readonly bootId: BootId;
  readonly nonce: Nonce;
}

/** Everything that is read once more after the yes has come. */
export interface LastLook {
  readonly signed: boolean;
  readonly hold: Hold;
  /** Highest epoch seen by now. */
  readonly epoch: number;
}

/** Why this is no yes to act on, or undefined. */
export function judgeYes(
  question: Question,
  askedAt: Instant,
  yes: Question,
  look: LastLook,
  now: Now,
): Refused | undefined {
  if (!look.signed) return refuse('yes-signature', 'the yes is not signed by a key that this host knows');
  if (yes.orderId !== question.orderId)
    return refuse('yes-order', `the yes is for order ${yes.orderId}, not ${question.orderId}`);
  if (yes.nonce !== question.nonce) return refuse('yes-nonce', 'the yes answers another question');
  if (yes.bootId !== question.bootId) return refuse('yes-boot', 'the yes is for another boot of this host');
  if (yes.epoch !== question.epoch)
    return refuse('yes-epoch', `the yes is of epoch ${yes.epoch}, the order of ${question.epoch}`);
  if (look.epoch > question.epoch)
    return refuse('epoch', `this host has seen epoch ${look.epoch} since, the order is of ${question.epoch}`);
  return judgeHold(look.hold) ?? judgeYesAge(askedAt, now);
}

/** Asked again immediately before the signal: a paused agent must not act on a stale yes. */
export function judgeYesAge(askedAt: Instant, now: Now): Refused | undefined {
  const ageMs = stalenessMs(askedAt, now);
  if (ageMs <= maxYesAgeMs) return undefined;
  return refuse(
    'yes-too-old',
    `${Math.round(ageMs)} ms passed since it was asked for, at most ${maxYesAgeMs}`,
  );
}
