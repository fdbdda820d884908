// Runs the conformance kit over pairs as tests: one assertion per check. What a ground does not offer is said, and is no pass.
import type { Test } from 'tap';
import { conformance, checks, type Check } from '../../agent/src/conformance/kit.ts';
import type { Ground } from '../../agent/src/conformance/ground.ts';
import type { StageLimits } from '../../agent/src/conformance/stage.ts';

/** Checks that stop or restart the engine, which everything on it would feel. */
const alone: readonly string[] = ['stays-stopped', 'engine-hangs', 'engine-gone', 'engine-restarts'];

/**
 * All checks over one ground.
 * @param notOffered the checks that this ground cannot offer, each of which must indeed not run: so none is dropped unseen.
 */
export async function conforms(
  t: Test,
  ground: Ground,
  notOffered: readonly string[],
  limits: Partial<StageLimits> = {},
  chosen: readonly Check[] = checks,
): Promise<void> {
  for await (const { check, kind, message, tookMs } of conformance(ground, limits, chosen)) {
    const wanted = notOffered.includes(check.name) ? 'not-offered' : 'passed';
    t.equal(kind, wanted, `${ground.name} ${check.name} in ${tookMs} ms: ${message || check.says}`);
  }
}

/** Several grounds on one engine: side by side, but for what they would feel of each other. */
export async function allConform(
  t: Test,
  grounds: readonly { readonly ground: Ground; readonly notOffered: readonly string[] }[],
  limits: Partial<StageLimits>,
): Promise<void> {
  const together = checks.filter((check) => !alone.includes(check.name));
  const apart = checks.filter((check) => alone.includes(check.name));
  await Promise.all(
    grounds.map(({ ground, notOffered }) => conforms(t, ground, notOffered, limits, together)),
  );
  for (const { ground, notOffered } of grounds) await conforms(t, ground, notOffered, limits, apart);
}
