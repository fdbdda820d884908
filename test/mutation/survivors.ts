// Mutants that no test notices, each with the reason why none can or should: survivors.yaml. An explanation belongs to a piece of
// text, not to a line number, so that it stays with its code; one that fits no survivor any more is an error.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { root } from './graph.ts';
import type { Outcome } from './mutate.ts';

export const survivorsFile = join(import.meta.dirname, 'survivors.yaml');

/** `from` and `to`: the line of the source as it is, and with the mutant in it, without indentation. */
export interface Explained {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly why: string;
}

export function readSurvivors(text = readFileSync(survivorsFile, 'utf8')): readonly Explained[] {
  const read = (parse(text) ?? []) as readonly Partial<Explained>[];
  return read.map(({ file, from, to, why }, i) => {
    const wrong = [file, from, to, why].some((part) => typeof part !== 'string' || part.trim() === '');
    if (wrong || file === undefined || from === undefined || to === undefined || why === undefined)
      throw new Error(`survivors.yaml, entry ${i + 1}: want file, from, to and why`);
    return { file, from: from.trim(), to: to.trim(), why };
  });
}

/** The changed lines of a mutant, before and after, as one line each. */
export function linesOf({
  source,
  mutant,
}: Pick<Outcome, 'source' | 'mutant'>): Pick<Explained, 'from' | 'to'> {
  const text = readFileSync(join(root, source), 'utf8');
  const start = text.lastIndexOf('\n', mutant.start - 1) + 1;
  const stop = text.indexOf('\n', mutant.end);
  const end = stop < 0 ? text.length : stop;
  const plain = (piece: string) => piece.split(/\s+/).join(' ').trim();
  return {
    from: plain(text.slice(start, end)),
    to: plain(text.slice(start, mutant.start) + mutant.text + text.slice(mutant.end, end)),
  };
}

export interface Judged {
  readonly explained: readonly Outcome[];
  readonly unexplained: readonly Outcome[];
  /** Explanations of mutants that were tried, and of which none survived. */
  readonly stale: readonly Explained[];
}

/** @param outcomes everything that was tried; explanations of other files are left alone. */
export function judge(outcomes: readonly Outcome[], known: readonly Explained[]): Judged {
  const key = (file: string, { from, to }: Pick<Explained, 'from' | 'to'>) => `${file}\n${from}\n${to}`;
  const survivors = outcomes
    .filter((o) => o.outcome === 'survived')
    .map((outcome) => ({ outcome, key: key(outcome.source, linesOf(outcome)) }));
  const keys = new Set(known.map((k) => key(k.file, k)));
  const found = new Set(survivors.map((s) => s.key));
  const tried = new Set(outcomes.map((o) => o.source));
  return {
    explained: survivors.filter((s) => keys.has(s.key)).map((s) => s.outcome),
    unexplained: survivors.filter((s) => !keys.has(s.key)).map((s) => s.outcome),
    stale: known.filter((k) => tried.has(k.file) && !found.has(key(k.file, k))),
  };
}
