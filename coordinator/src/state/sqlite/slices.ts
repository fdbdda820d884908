// Large things are written and read in slices, with a pause between them in which everything else goes on.

/** Rows in one slice: a few milliseconds of work, far below the 50 ms for which the event loop may be held. */
export const sliceRows = 1000;

/** Lets the event loop turn once. */
export async function breathe(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

/** `items` in slices of at most `sliceRows`. */
export function* slices<T>(items: readonly T[]): Iterable<readonly T[]> {
  for (let from = 0; from < items.length; from += sliceRows) yield items.slice(from, from + sliceRows);
}
