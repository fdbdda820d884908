// Options from a table of numbers that somebody else owns (a policy): unit, bounds, default, help.
import type { Entry } from './entry.ts';
import { duration, real, whole } from './scalar.ts';

export interface NumberRow {
  readonly unit: 'ms' | 'count' | 'share' | 'permille';
  readonly min: number;
  readonly max: number;
  readonly default: number;
  readonly help: string;
}

/** One option per row, under the row's name: durations, shares as numbers from 0 to 1, counts. */
export function numbersOf<K extends string>(
  rows: Readonly<Record<K, NumberRow>>,
): Readonly<Record<K, Entry<number>>> {
  const entries = Object.entries<NumberRow>(rows).map(([name, row]) => [name, numberOf(row)]);
  return Object.fromEntries(entries) as Readonly<Record<K, Entry<number>>>;
}

function numberOf(row: NumberRow): Entry<number> {
  const { unit, ...spec } = row;
  switch (unit) {
    case 'ms':
      return duration(spec);
    case 'count':
      return whole(spec);
    case 'permille':
      return whole({ ...spec, unit: 'thousandths' });
    case 'share':
      return real(spec);
  }
}
