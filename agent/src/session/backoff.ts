// How long to wait before calling again. Random, so that many hosts do not call at once after an outage.

const firstMs = 250;
export const maxBackoffMs = 30_000;

/**
 * @param failures calls in a row that came to nothing.
 * @param leastMs what the coordinator asked for; spread by half as much again.
 * @param random from 0 to 1.
 * @returns milliseconds.
 */
export function backoffMs(failures: number, leastMs: number | undefined, random: number): number {
  const own = Math.min(maxBackoffMs, firstMs * 2 ** Math.min(failures, 16));
  const spread = own / 2 + (random * own) / 2;
  return leastMs === undefined ? spread : Math.max(spread, leastMs + (random * leastMs) / 2);
}
