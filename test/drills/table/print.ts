// The drills' table as people read it, in 100 columns.
import { wrapped } from '../../ablation/table.ts';
import type { Measured } from './measure.ts';

const columns = [21, 6, 20, 9, 44] as const;
const cells = (...texts: readonly string[]): string =>
  texts
    .map((text, i) => text.padEnd(columns[i] ?? 0))
    .join('')
    .trimEnd();
const before = columns.slice(0, 4).reduce((sum, width) => sum + width, 0);

export const head = [
  cells('INCIDENT', 'YEAR', 'WOULD BE STOPPED', 'STOPPED', 'REFUSED BY'),
  cells('', '', 'without what refused', '', ''),
  '-'.repeat(100),
];

export interface Printed extends Measured {
  readonly tests: { readonly passed: number; readonly failed: number };
}

export function lines(row: Printed): readonly string[] {
  const [first = '', ...more] = wrapped(row.refusedBy.join(', '), ' '.repeat(before));
  const start = cells(row.incident, String(row.year), String(row.without), String(row.stopped));
  return [
    start.padEnd(before) + first.trimStart(),
    ...more,
    ...wrapped(`believed -> true: ${row.believed}`, '  '),
    ...wrapped(`world: ${row.world}`, '  '),
    ...wrapped(`in detail: ${row.tests.passed} assertions held, ${row.tests.failed} failed`, '  '),
    ...row.wrong.flatMap((why) => wrapped(`FAILED: ${why}`, '  ')),
  ];
}
