// Claims that flap or lag, servos that come into use and out of it, servos that nobody ever claimed, records that disagree.
import { minute } from '../world/shape.ts';
import { later, type Action } from './act.ts';

/** A source, or both, loses a claim for a while, and has it again. */
export const flap: Action = (scene) => {
  const { world, tenants, rng } = scene;
  const tenant = rng.maybe(tenants.all);
  if (tenant === undefined) return;
  const sources = rng.pick([[world.registry], [world.router], world.sources]);
  for (const source of sources) source.withdraw(tenant.uid, tenant.host, 'released', undefined);
  later(scene, 45 * minute, () => {
    const now = tenants.of(tenant.uid);
    if (now === undefined || now.host !== tenant.host) return;
    for (const source of sources)
      if (!source.claims(tenant.uid, tenant.host))
        source.claim(tenant.uid, tenant.host, tenant.project, undefined);
  });
};

/** A servo runs before anybody claims it. */
export const lag: Action = ({ world, tenants, rng, restMs }) => {
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up));
  if (host !== undefined)
    tenants.settle(host, tenants.newUid(), tenants.newProject(), Math.min(restMs, rng.int(1, 40) * minute));
};

export const use: Action = (scene) => {
  const { world, rng } = scene;
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up && h.running.length > 0));
  if (host === undefined) return;
  const servo = rng.pick(host.running);
  host.use(servo, true);
  later(scene, 60 * minute, () => {
    if (servo.running) host.use(servo, false);
  });
};

/** Something runs that nobody ever claimed, and of which not everything can be told. */
export const stray: Action = ({ world, tenants, rng }) => {
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up));
  if (host === undefined) return;
  host.create(tenants.newUid(), tenants.newProject(), {
    measurable: rng.chance(0.5),
    keepable: rng.chance(0.8),
  });
};

/** The store of a host believes something else of a servo than what runs. */
export const contradict: Action = (scene) => {
  const { world, tenants, rng } = scene;
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up && h.running.length > 0));
  if (host === undefined) return;
  const servo = rng.pick(host.running);
  host.contradict(servo, tenants.newUid());
  later(scene, 60 * minute, () => {
    if (servo.running) host.contradict(servo, undefined);
  });
};
