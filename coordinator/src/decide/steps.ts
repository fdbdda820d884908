// Work on many that can be interrupted between two of them. It stays pure: whoever runs it decides when the next step comes.

/** Yields between its steps, and returns what came of all of them. */
export type Steps<T> = Generator<undefined, T, undefined>;

/** All steps without a pause. */
export function atOnce<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
