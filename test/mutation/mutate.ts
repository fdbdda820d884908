// Tries all mutants of some sources, in several processes side by side, and gathers which of them no test noticed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Died, Guarded, type Limits } from '../support/guard.ts';
import type { Asked, Tried } from './child.ts';
import { Compiler } from './compiler.ts';
import { root } from './graph.ts';
import { mutantsOf, type Mutant } from './mutants.ts';

/** CPU that one mutant's tests may take; and memory, after which the modules of earlier mutants fill the process. */
const limits: Limits = { workMs: 20_000, memoryMib: 2048 };
/** Mutants that one process tries before another one takes over: what was imported is never forgotten. */
const perProcess = 60;

export interface Outcome {
  readonly source: string;
  readonly mutant: Mutant;
  readonly outcome: Tried['outcome'];
  readonly by: string;
}

/** Throws unless the tests pass on the source as it is, in this way of running them. */
export async function mutate(
  sources: readonly string[],
  processes: number,
  untilMs: number,
  tell: (outcome: Outcome) => void,
): Promise<readonly Outcome[]> {
  const queue = sources.flatMap((source) => {
    const mutants = mutantsOf(source, readFileSync(join(root, source), 'utf8'));
    return Array.from({ length: Math.ceil(mutants.length / perProcess) }, (_, i) => ({
      source,
      mutants,
      from: i * perProcess,
      to: Math.min(mutants.length, (i + 1) * perProcess),
    }));
  });
  const outcomes: Outcome[] = [];
  let compiler: Compiler | undefined;
  const work = async () => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      if (performance.now() > untilMs) return;
      const { source, mutants, from, to } = next;
      for (const { mutant, outcome, by } of await tryAll(source, from, to)) {
        const own = mutants[mutant];
        if (own === undefined) continue;
        const refusal =
          outcome === 'survived' ? (compiler ??= new Compiler()).refusal(source, own) : undefined;
        const found: Outcome = {
          source,
          mutant: own,
          ...(refusal === undefined ? { outcome, by } : { outcome: 'invalid', by: refusal }),
        };
        outcomes.push(found);
        tell(found);
      }
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return outcomes;
}

/** With a new process for each piece, and another where a mutant hung: then it was noticed. */
async function tryAll(source: string, from: number, to: number): Promise<readonly Tried[]> {
  const done: Tried[] = [];
  for (let first = from; first < to;) {
    const process = new Guarded<Asked, readonly Tried[]>(join(import.meta.dirname, 'child.ts'), limits);
    const mutants = [-1, ...Array.from({ length: to - first }, (_, i) => first + i)];
    try {
      const [clean, ...tried] = await process.ask({ source, mutants });
      if (clean?.outcome !== 'survived')
        throw new Error(`${source}: its tests fail without a mutant: ${clean?.by ?? ''}`);
      return [...done, ...tried];
    } catch (error) {
      if (!(error instanceof Died) || error.at < first) throw error;
      // What was tried before it is tried again, one time less.
      done.push(...(await tryAll(source, first, error.at)), {
        mutant: error.at,
        outcome: 'killed',
        by: error.message,
        assertions: 0,
      });
      first = error.at + 1;
    } finally {
      await process.close();
    }
  }
  return done;
}
