// Runs the seeds of one shape, one after the other, and sums up.
import { merge, noneCounted } from '../coverage.ts';
import { addFigures, noFigures } from '../oracle/figures.ts';
import { line } from '../story/words.ts';
import { runSeed, type SeedResult } from '../story/run.ts';
import { prepare, type Prepared } from '../world/prepare.ts';
import type { Batch, Failing, Report } from './message.ts';

const prepared = new Map<number, Promise<Prepared>>();

/** The prepared world of a shape, simulated once in this process. */
export async function preparedWorld(shape: number): Promise<Prepared> {
  let found = prepared.get(shape);
  if (found === undefined) prepared.set(shape, (found = prepare(shape)));
  return await found;
}

export async function runBatch({ shape, seeds }: Batch, each: () => void = () => undefined): Promise<Report> {
  const began = performance.now();
  const world = await preparedWorld(shape);
  const hashes: [number, string][] = [];
  const failing: Failing[] = [];
  const coverage = noneCounted();
  let figures = noFigures();
  let events = 0;
  for (const seed of seeds) {
    const result = await runSeed(seed, world);
    hashes.push([seed, result.hash]);
    figures = addFigures(figures, result.figures);
    merge(coverage, result.coverage);
    events += result.events;
    const wrong = failingOf(result);
    if (wrong !== undefined) failing.push(wrong);
    each();
  }
  return { shape, hashes, failing, figures, coverage, events, tookMs: performance.now() - began };
}

/** Undefined: nothing failed. */
export function failingOf({ seed, violations, broken }: SeedResult): Failing | undefined {
  const [first] = violations;
  if (first !== undefined)
    return { seed, what: first.invariant, message: first.message, chain: first.chain.map(line) };
  return broken === undefined ? undefined : { seed, what: 'world', message: broken, chain: [] };
}
