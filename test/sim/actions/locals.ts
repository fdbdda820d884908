// What people do on a host itself, with no coordinator.
import { minute } from '../world/shape.ts';
import { later, type Action } from './act.ts';

/** Somebody protects a servo, or all of them, with a file. */
export const localHold: Action = (scene) => {
  const { world, rng } = scene;
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up && h.running.length > 0));
  if (host === undefined) return;
  const scope = rng.chance(0.3) ? 'all' : host.shown(rng.pick(host.running));
  host.hold(scope);
  later(scene, 90 * minute, () => host.unhold(scope));
};

/** `servo-agent restore`: somebody brings back what was stopped there. */
export const localRestore: Action = ({ world, rng, operators }) => {
  const kept = [...world.hosts.values()]
    .filter((host) => host.up && world.agents.has(host.id))
    .flatMap((host) =>
      [...host.servos.values()].filter((s) => s.kept && !s.running).map((servo) => ({ host, servo })),
    );
  const one = rng.maybe(kept);
  if (one !== undefined) operators.undo(one.host, one.servo, false);
};
