// The ablation as people read it, in 100 columns.
import type { Row } from './run.ts';

const width = 100;

/** Lines of at most `width` characters, broken at blanks, all indented alike. */
export function wrapped(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(' ')) {
    if (line.length > indent.length && line.length + 1 + word.length > width) {
      lines.push(line);
      line = indent;
    }
    line += line.length > indent.length ? ` ${word}` : word;
  }
  return [...lines, line];
}

const columns = [26, 21, 24, 29] as const;
const cells = (...texts: readonly string[]): string =>
  texts
    .map((text, i) => text.padEnd(columns[i] ?? 0))
    .join('')
    .trimEnd();

export const head = [
  cells('GATE', 'REFUSES ALONE', 'WITH BACKSTOPS OFF', 'WRONG PROPOSALS PAST IT'),
  cells('', '', '', 'with it -> without it'),
  '-'.repeat(width),
];

export function lines(row: Row): readonly string[] {
  const { gate, alone, broken, behind, withIt, without, world, invariant, backstops, wrong } = row;
  const stopped = `${broken} wrongly ${gate.startsWith('agent:start') ? 'started' : 'stopped'}`;
  return [
    cells(gate, alone, stopped, `${withIt} -> ${without} ${behind}`),
    ...wrapped(`world: ${world}`, '  '),
    ...wrapped(`breaks: ${invariant}`, '  '),
    ...(backstops.length === 0 ? [] : wrapped(`backstops: ${backstops.join(', ')}`, '  ')),
    ...wrong.flatMap((why) => wrapped(`NOT SHOWN: ${why}`, '  ')),
  ];
}
