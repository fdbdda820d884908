// Large things are written and read in slices, with a pause between them in which everything else goes on.

/** Rows in one slice: a few milliseconds of work, far below the 50 ms for which the event loop may be held. */
export const sliceRows = 1000;

/** Lets the event loop turn once. */
export async function breathe(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** `items` in slices of `sliceRows`, or of so many more as belong together with the last one. */
export function* slices<T>(
  items: readonly T[],
  areTogether: (a: T, b: T) => boolean = () => false,
): Iterable<readonly T[]> {
  for (let from = 0, to: number; from < items.length; from = to) {
    to = Math.min(from + sliceRows, items.length);
    while (to < items.length && areTogether(items[to - 1] as T, items[to] as T)) to++;
    yield items.slice(from, to);
  }
}
