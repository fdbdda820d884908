// Coverage for people: the matrix of faults and gates, in a hundred columns, and what was never hit.
import { faults } from './event.ts';
import { gates, hitsOf, impossible, missing, type Counted } from './coverage.ts';

const letters = 'abcdefghijklmnopqrstuvwxyz';

/** Counts in three characters: `12k` for twelve thousand. */
export function short(count: number): string {
  if (count < 1000) return String(count);
  if (count < 10_000) return `${(count / 1000).toFixed(0)}k`;
  if (count < 1_000_000) return `${Math.min(99, Math.floor(count / 1000))}k`;
  return '>1M';
}

/** Rows are faults, columns gates. `·` never, `-` impossible; a star: also because of the fault. */
export function matrix(counted: Counted): readonly string[] {
  const width = Math.max(...faults.map((f) => f.length));
  const declared = new Set(impossible.map(({ fault, gate }) => `${fault} ${gate}`));
  const head = `${' '.repeat(width)} ${gates.map((_, i) => (letters[i] ?? '?').padStart(3)).join(' ')}`;
  const rows = faults.map((fault) => {
    const cells = gates.map((gate) => {
      const { under, because } = hitsOf(counted, fault, gate);
      const text = under > 0 ? short(under) : declared.has(`${fault} ${gate}`) ? '-' : '·';
      return `${text.padStart(3)}${because > 0 ? '*' : ' '}`;
    });
    return `${fault.padEnd(width)} ${cells.join('')}`.trimEnd();
  });
  const legend = gates.map((gate, i) => `${letters[i]} ${gate}`);
  return [
    head,
    ...rows,
    '',
    ...wrap(legend, 98),
    '* also in a pass in which the gate had refused nothing just before the fault; · never; - cannot be',
  ];
}

/** What was never hit, by name. */
export function gaps(counted: Counted): readonly string[] {
  const found = missing(counted);
  const lines: string[] = [];
  const say = (what: string, names: readonly string[]): void => {
    if (names.length > 0)
      lines.push(`${what} (${names.length}):`, ...wrap(names, 96).map((line) => `  ${line}`));
  };
  say('pairs never hit', found.pairs);
  say('declared impossible, and hit', found.contradicted);
  say('faults never had', found.faults);
  say('refusals of agents never had', found.agent);
  say('answers of the last question never had', found.noes);
  say('budgets never full', found.budgets);
  say('acts of operators never had', found.acts);
  say('codes in no list', found.unlisted);
  return lines;
}

function wrap(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + word.length + 2 <= width)
      lines[lines.length - 1] = `${last}, ${word}`;
    else lines.push(word);
  }
  return lines;
}
