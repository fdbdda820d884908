// Long loops give way to the event loop, so that heartbeats are never late because a round is large.
import type { Steps } from '../decide/steps.ts';
import { Turns } from '../fold/turns.ts';

/** Calls `work` for every item, in order, giving way between slices. */
export async function inSlices<T>(items: Iterable<T>, work: (item: T) => void): Promise<void> {
  await stepwise(
    (function* (): Steps<undefined> {
      for (const item of items) {
        work(item);
        yield;
      }
      return undefined;
    })(),
  );
}

/** Takes all steps, giving way between slices. */
export async function stepwise<T>(steps: Steps<T>): Promise<T> {
  const turns = new Turns();
  for (let untilLook = 0; ; untilLook++) {
    const step = steps.next();
    if (step.done === true) return step.value;
    if (untilLook % 16 === 15 && turns.over) await turns.give();
  }
}
