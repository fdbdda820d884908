// Long loops give way to the event loop, so that heartbeats are never late because a round is large.
import { setImmediate } from 'node:timers/promises';

/** Longest time that a loop runs without giving way, in milliseconds. */
const sliceMs = 8;

/** Calls `work` for every item, in order, giving way between slices. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  let until = performance.now() + sliceMs;
  let untilLook = 0;
  for (const item of items) {
    work(item);
    if (++untilLook < 16) continue;
    untilLook = 0;
    if (performance.now() < until) continue;
    await setImmediate();
    until = performance.now() + sliceMs;
  }
}
