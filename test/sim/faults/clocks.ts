// Clocks that jump, run fast or slow, or stand still with their machine.
import type { Machine } from '../kernel/machine.ts';
import type { Proc } from '../kernel/loop.ts';
import { hour, minute } from '../world/shape.ts';
import type { Subject } from '../event.ts';
import { onHost, someHost, type FaultRule, type Given } from './fault.ts';

function someMachine(
  given: Given,
): { readonly machine: Machine; readonly subject: Subject; readonly proc: Proc } | undefined {
  const { world, rng } = given;
  const { leader } = world;
  if (leader !== undefined && rng.chance(0.4))
    return {
      machine: leader.proc.machine,
      proc: leader.proc,
      subject: { kind: 'coordinator', coordinator: leader.id },
    };
  const host = someHost(given);
  const run = host === undefined ? undefined : world.agents.get(host.id);
  if (host === undefined || run === undefined) return undefined;
  return { machine: host.machine, subject: onHost(host), proc: run.proc };
}

/** Somebody sets the clock; or the machine sleeps. */
export const clockJump: FaultRule = (given) => {
  const { world, rng, toMs } = given;
  const some = someMachine(given);
  if (some === undefined) return undefined;
  const { machine, subject, proc } = some;
  if (rng.chance(0.3)) {
    const sleepMs = Math.min(rng.pick([10_000, 4 * minute, hour]), toMs - world.nowMs);
    const untilMs = world.nowMs + sleepMs;
    given.begin(subject, `its machine sleeps for ${sleepMs} ms`);
    proc.pause(untilMs);
    world.loop.at(untilMs, undefined, () => machine.suspended(sleepMs));
    return () => undefined;
  }
  const ms = rng.pick([-25 * hour, -hour, -minute, 10_000, 30 * minute, 26 * hour]);
  given.begin(subject, `its wall clock jumps by ${ms} ms`);
  machine.jump(ms);
  return () => undefined;
};

/** At most the drift that the oracle allows for. */
export const maxDrift = 0.0009;

export const clockDrift: FaultRule = (given) => {
  const some = someMachine(given);
  if (some === undefined) return undefined;
  const { machine, subject } = some;
  const rate = 1 + (given.rng.chance(0.5) ? 1 : -1) * maxDrift;
  given.begin(subject, `its clocks run at ${rate} of the true rate`);
  machine.drift(rate);
  return () => machine.drift(1);
};
