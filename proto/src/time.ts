// Time as a value. Pure: reading the clocks is clock.ts's.
// A *staleness* only ever errs towards old, a *wait* only towards short: suspend, restarts and clock jumps
// make evidence older and waits longer, never the reverse.
import type { BootId } from './ids.ts';

/** One moment, as every clock of this machine sees it. Comparable within one boot; across boots it is infinitely old. */
export interface Instant {
  readonly bootId: BootId;
  /** CLOCK_MONOTONIC, milliseconds since boot, not counting suspend. */
  readonly monoMs: number;
  /** CLOCK_BOOTTIME, milliseconds since boot, counting suspend. */
  readonly bootMs: number;
  /** Wall clock, milliseconds since 1970. For people, and as a third opinion on staleness. */
  readonly wallMs: number;
}

/** A moment, with the time that has been waited so far: what is measured by `waitMs` survives restarts. */
export interface Now extends Instant {
  /** Monotonic time summed over restarts, in milliseconds; a gap that nobody measured counts zero. A demo scales it. */
  readonly waitMs: number;
}

/** How old `since` is at `now`, in milliseconds, from 0: the largest elapse of any clock, infinite across boots. */
export function stalenessMs(since: Instant, now: Instant): number {
  if (since.bootId !== now.bootId) return Infinity;
  return Math.max(0, now.monoMs - since.monoMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);
}
