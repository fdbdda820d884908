// Delta debugging: of a list that makes something fail, as few members as still do. Parts are left out, larger ones first,
// until no single member can be left out.

/** Runs at most. */
const maxRuns = 400;

export async function shrink<T>(
  items: readonly T[],
  fails: (items: readonly T[]) => Promise<boolean>,
): Promise<{ readonly items: readonly T[]; readonly runs: number }> {
  let kept = items;
  let runs = 0;
  let parts = 2;
  while (kept.length > 0 && runs < maxRuns) {
    const size = Math.ceil(kept.length / parts);
    let found = false;
    for (let from = 0; from < kept.length && runs < maxRuns; from += size) {
      const rest = [...kept.slice(0, from), ...kept.slice(from + size)];
      runs++;
      if (!(await fails(rest))) continue;
      kept = rest;
      parts = Math.max(2, parts - 1);
      found = true;
      break;
    }
    if (found) continue;
    if (size <= 1) break;
    parts = Math.min(kept.length, parts * 2);
  }
  return { items: kept, runs };
}
