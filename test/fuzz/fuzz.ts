// Runs targets one after the other, each in several processes side by side, and gathers what they found.
import { join } from 'node:path';
import type { Answered, Asked } from './child.ts';
import type { Executed, Failure } from './execute.ts';
import { Died, Guarded as GuardedProcess, type Limits } from '../support/guard.ts';

type Guarded = GuardedProcess<Asked, Answered>;

/** What one execution, or its shrinking, may take: a million executions take some minutes. */
const limits: Limits = { workMs: 10_000, memoryMib: 1024 };

export interface Plan {
  readonly targets: readonly string[];
  readonly seed: number;
  /** Executions per target, and seconds; whichever is over first. */
  readonly executions: number;
  readonly seconds: number;
  readonly processes: number;
  /** Only the input with this number. */
  readonly at?: number | undefined;
}

export interface Result {
  readonly name: string;
  readonly executions: number;
  readonly failed: number;
  readonly perSecond: number;
  readonly failures: readonly Failure[];
}

/** Times that a target's process may die before the target is given up. */
const maxDeaths = 3;

/** @param tell is called with each target's result as soon as it is there. */
export async function fuzz(plan: Plan, tell: (result: Result) => void): Promise<readonly Result[]> {
  const processes = Array.from(
    { length: plan.at === undefined ? plan.processes : 1 },
    () => new GuardedProcess<Asked, Answered>(join(import.meta.dirname, 'child.ts'), limits),
  );
  const results: Result[] = [];
  try {
    for (const name of plan.targets) {
      const result = await fuzzOne(name, plan, processes);
      results.push(result);
      tell(result);
    }
  } finally {
    await Promise.all(processes.map((p) => p.close()));
  }
  return results;
}

async function fuzzOne(name: string, plan: Plan, processes: readonly Guarded[]): Promise<Result> {
  const began = performance.now();
  const shares = await Promise.all(
    processes.map(async (process, k) => {
      // Every process opens the target; one of them tries its cases.
      const kept = k === 0 && plan.at === undefined ? [await casesIn(process, name)] : [];
      return [...kept, ...(await shareIn(process, name, plan, k, processes.length))];
    }),
  );
  const all = shares.flat();
  const executions = all.reduce((sum, e) => sum + e.executions, 0);
  const failures = all.flatMap((e) => e.failures);
  const perSecond = Math.round(executions / Math.max(0.001, (performance.now() - began) / 1000));
  return { name, executions, failed: failures.length, perSecond, failures };
}

async function casesIn(process: Guarded, target: string): Promise<Executed> {
  try {
    return await executedBy(process, { kind: 'cases', target });
  } catch (error) {
    if (!(error instanceof Died)) throw error;
    return {
      executions: 0,
      tookMs: 0,
      failures: [{ says: `one of the kept cases: ${error.message}`, found: 'null', shrunk: 'null' }],
    };
  }
}

/** One process's share of a target, with a new process where one died. */
async function shareIn(
  process: Guarded,
  target: string,
  plan: Plan,
  k: number,
  step: number,
): Promise<readonly Executed[]> {
  const done: Executed[] = [];
  const endMs = performance.now() + plan.seconds * 1000;
  let first = plan.at ?? k;
  let left = plan.at === undefined ? Math.ceil(plan.executions / step) : 1;
  for (let deaths = 0; deaths < maxDeaths && left > 0; deaths++) {
    const seconds = Math.max(0.1, (endMs - performance.now()) / 1000);
    try {
      const share = { seed: plan.seed, first, step, executions: left, seconds };
      return [...done, await executedBy(process, { kind: 'share', target, share })];
    } catch (error) {
      if (!(error instanceof Died)) throw error;
      // It never came to its first input.
      if (error.at < 0) throw new Error(`target ${target}: ${error.message}`, { cause: error });
      const made = await process.ask({ kind: 'make', target, seed: plan.seed, at: error.at });
      const input = made.kind === 'made' ? made.input : 'null';
      const executions = Math.floor((error.at - first) / step) + 1;
      done.push({
        executions,
        tookMs: 0,
        failures: [{ at: error.at, says: error.message, found: input, shrunk: input }],
      });
      first = error.at + step;
      left -= executions;
    }
  }
  return done;
}

async function executedBy(process: Guarded, asked: Asked): Promise<Executed> {
  const answered = await process.ask(asked);
  if (answered.kind !== 'executed') throw new Error(`asked for executions, answered ${answered.kind}`);
  return answered.executed;
}
