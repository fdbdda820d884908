// Runs the conformance kit over pairs as tests: one test per check. What a ground does not offer is said, and is no pass.
import type { Test } from 'tap';
import { conformance, checks } from '../../agent/src/conformance/kit.ts';
import type { Ground } from '../../agent/src/conformance/ground.ts';
import type { StageLimits } from '../../agent/src/conformance/stage.ts';

/**
 * @param notOffered the checks that this ground cannot offer, each of which must indeed not run: so none is dropped unseen.
 */
export async function conforms(
  t: Test,
  ground: Ground,
  notOffered: readonly string[],
  limits: Partial<StageLimits> = {},
  only: readonly string[] = checks.map((check) => check.name),
): Promise<void> {
  const chosen = checks.filter((check) => only.includes(check.name));
  for await (const { check, kind, message, tookMs } of conformance(ground, limits, chosen)) {
    const wanted = notOffered.includes(check.name) ? 'not-offered' : 'passed';
    t.equal(kind, wanted, `${ground.name} ${check.name} in ${tookMs} ms: ${message || check.says}`);
  }
}
