// Works through a list, a few at a time, and stops at once when the scan is over.
import { setImmediate } from 'node:timers/promises';

/** At once: enough to hide the latency of a disk, few enough to leave the machine alone. */
const batch = 32;

/** The results in the order of the items. Rejects with the signal's reason as soon as it aborts. */
export async function inBatches<T, R>(
  items: readonly T[],
  signal: AbortSignal,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += batch) {
    signal.throwIfAborted();
    results.push(...(await Promise.all(items.slice(i, i + batch).map(work))));
    // Work that never waited would keep everything else of the agent waiting.
    await setImmediate();
  }
  signal.throwIfAborted();
  return results;
}
