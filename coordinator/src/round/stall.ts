// Whether this process stalled or slept: evidence that was read before is older than its own clock made it look.
import { setInterval } from 'node:timers';
import type { Clock } from '@servo-auditor/proto/clock.ts';
import { stalenessMs, type Instant } from '@servo-auditor/proto/time.ts';

/** How often it looks, in milliseconds: what stalls for less is not seen, and does no harm. */
const everyMs = 250;
/** Stalls that are remembered; older ones lie before any evidence that still counts. */
const maxRemembered = 100;

export class StallWatch {
  readonly #clock: Clock;
  readonly #timer: NodeJS.Timeout;
  readonly #stalls: { readonly endedAt: Instant; readonly ms: number }[] = [];
  #last: Instant;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#last = clock.now();
    this.#timer = setInterval(() => this.look(), everyMs);
    this.#timer.unref();
  }

  /** Notes how long nothing ran since it last looked, by whichever clock says most. */
  look(): void {
    const now = this.#clock.now();
    const ms = stalenessMs(this.#last, now) - everyMs;
    this.#last = now;
    if (ms < everyMs) return;
    this.#stalls.push({ endedAt: now, ms });
    if (this.#stalls.length > maxRemembered) this.#stalls.shift();
  }

  /** Longest stall that ended within the last `withinMs`, in milliseconds; 0 when there was none. */
  longestMs(withinMs: number): number {
    this.look();
    const now = this.#clock.now();
    return Math.max(
      0,
      ...this.#stalls.filter((s) => now.monoMs - s.endedAt.monoMs <= withinMs).map((s) => s.ms),
    );
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}
