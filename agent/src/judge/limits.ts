// The last limit, on the host: however many orders come, and whoever signs them, no more than so many stops.
import type { Now } from '@servo-auditor/proto/time.ts';
import { refuse, type LocalLimits, type Refused } from './facts.ts';

/**
 * @param stopsMs when earlier stops were intended (`waitMs`).
 * @param servos how many this host has.
 */
export function judgeLimits(
  stopsMs: readonly number[],
  servos: number,
  limits: LocalLimits,
  now: Now,
): Refused | undefined {
  const longStops = Math.max(1, Math.floor(servos * limits.longShare));
  return (
    judgeWindow(stopsMs, limits.stops, limits.windowMs, now) ??
    judgeWindow(stopsMs, longStops, limits.longWindowMs, now)
  );
}

function judgeWindow(
  stopsMs: readonly number[],
  allowed: number,
  windowMs: number,
  now: Now,
): Refused | undefined {
  const inside = stopsMs.filter((atMs) => now.waitMs - atMs < windowMs).toSorted((a, b) => a - b);
  if (inside.length < allowed) return undefined;
  const free = inside[inside.length - allowed] ?? now.waitMs;
  const leftMs = Math.max(0, Math.ceil(free + windowMs - now.waitMs));
  return refuse(
    'local-limit',
    `${inside.length} of ${allowed} stops in ${windowMs} ms are used; the next is free in ${leftMs} ms`,
  );
}
