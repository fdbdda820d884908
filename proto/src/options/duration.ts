// Durations as people write them, in configuration and on the command line: `500 ms`, `10 s`, `15 min`, `1 h`, `7 d`.

const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
  ['ms', 1],
] as const;

export const durationSpelling = 'a duration like "500 ms", "10 s", "15 min", "1 h" or "7 d"';

/** Whole milliseconds, or undefined when the text is no duration. Fractions are allowed where whole milliseconds come out. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,3})?) ?(ms|s|min|h|d)$/.exec(text);
  const [, count, name] = match ?? [];
  const unit = units.find(([known]) => known === name);
  if (count === undefined || unit === undefined) return undefined;
  const ms = Number((Number(count) * unit[1]).toFixed(6));
  return Number.isSafeInteger(ms) ? ms : undefined;
}

/** Exactly so many milliseconds (a whole number from 0), in the largest unit that needs no fraction. */
export function writeDuration(ms: number): string {
  const [name, size] = units.find(([, unit]) => ms !== 0 && ms % unit === 0) ?? ['ms', 1];
  return `${ms / size} ${name}`;
}
