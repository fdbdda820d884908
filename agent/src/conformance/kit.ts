// The suite that any pair of store and runtime must pass before it may serve: runs every check on a ground, one after the
// other, and tells what came of each. A check that the ground cannot offer is never passed.
import { NotOffered, type Ground } from './ground.ts';
import { actChecks } from './checks/act.ts';
import { faultChecks } from './checks/fault.ts';
import { readChecks } from './checks/read.ts';
import { Stage, usualLimits, type StageLimits } from './stage.ts';

export interface Check {
  /** Stable, in lower case with hyphens. */
  readonly name: string;
  /** What holds when it passes, in one sentence. */
  readonly says: string;
  /** Throws when it does not hold. */
  run(stage: Stage): Promise<void>;
}

export interface Outcome {
  readonly check: Check;
  readonly kind: 'passed' | 'failed' | 'not-offered';
  /** Why, for people; empty when it passed. */
  readonly message: string;
  readonly tookMs: number;
}

export const checks: readonly Check[] = [...readChecks, ...actChecks, ...faultChecks];

/** Runs the checks (all, unless some are given). Each leaves the ground as it found it. */
export async function* conformance(
  ground: Ground,
  limits: Partial<StageLimits> = {},
  chosen: readonly Check[] = checks,
): AsyncGenerator<Outcome> {
  for (const check of chosen) {
    const began = performance.now();
    const stage = new Stage(ground, { ...usualLimits, ...limits });
    const ended = await check.run(stage).then(
      () => ({ kind: 'passed' as const, message: '' }),
      (error: unknown) => ({
        kind: error instanceof NotOffered ? ('not-offered' as const) : ('failed' as const),
        message: error instanceof Error ? error.message : String(error),
      }),
    );
    const left = await stage.close();
    const tookMs = Math.round(performance.now() - began);
    if (left.length > 0 && ended.kind !== 'not-offered')
      yield { check, kind: 'failed', message: `left behind: ${left.join('; ')}; ${ended.message}`, tookMs };
    else yield { check, ...ended, tookMs };
  }
}
