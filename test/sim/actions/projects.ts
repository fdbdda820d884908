// What a platform does with its projects: created, scaled, deleted, brought back, created anew, renamed.
import type { Source } from '../world/platform.ts';
import { minute } from '../world/shape.ts';
import type { Tenant } from '../world/tenants.ts';
import { later, type Action, type Scene } from './act.ts';

export const create: Action = (scene) => {
  const { world, tenants, rng } = scene;
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up));
  if (host !== undefined) tenants.settle(host, tenants.newUid(), tenants.newProject());
};

export const scale: Action = ({ world, tenants, rng }) => {
  const like = rng.maybe(tenants.all);
  const host = rng.maybe([...world.hosts.values()].filter((h) => h.up));
  if (like !== undefined && host !== undefined) tenants.settle(host, tenants.newUid(), like.project);
};

/** The platform's own crash half-way is what leaves servos behind: most of them stay. */
const leftBehind = 0.75;

/** A project is deleted: its claims end, here and there, and its servos stop, or stay behind. */
export const deleteProject: Action = (scene) => {
  const { tenants, rng } = scene;
  const tenant = rng.maybe(tenants.all);
  if (tenant === undefined) return;
  const all = rng.chance(0.3) ? tenants.all.filter((t) => t.project === tenant.project) : [tenant];
  for (const one of all) release(one, scene, all.length > 1 || rng.chance(0.5));
};

function release(tenant: Tenant, scene: Scene, isWhole: boolean): void {
  const { world, tenants, rng } = scene;
  const servo = tenants.servo(tenant);
  tenants.leave(tenant);
  const hasTombstone = rng.chance(0.6);
  const incarnation = rng.chance(0.5) ? servo?.incarnation : undefined;
  const end = (source: Source): void => {
    // It may have come back meanwhile.
    if (tenants.of(tenant.uid) !== undefined) return;
    source.withdraw(
      tenant.uid,
      tenant.host,
      'released',
      hasTombstone ? { projectReleased: isWhole, incarnation } : undefined,
    );
  };
  const [first, second] = rng.chance(0.7) ? [world.registry, world.router] : [world.router, world.registry];
  end(first);
  later(scene, 3 * minute, () => end(second));
  if (servo === undefined) return;
  world.host(tenant.host).use(servo, false);
  if (rng.chance(leftBehind)) return;
  later(scene, 10 * minute, () => {
    if (tenants.of(tenant.uid) === undefined) world.hosts.get(tenant.host)?.remove(servo);
  });
}

/** A deleted project comes back, with its servo if that is still there, also out of quarantine. */
export const undelete: Action = ({ world, tenants, rng }) => {
  const tenant = rng.maybe(tenants.deleted);
  const host = tenant === undefined ? undefined : world.hosts.get(tenant.host);
  if (tenant === undefined || host === undefined || tenants.of(tenant.uid) !== undefined) return;
  const elsewhere = [...world.hosts.values()].some((h) => h !== host && h.find(tenant.uid) !== undefined);
  if (elsewhere) return;
  tenants.moved(tenant);
  if (host.find(tenant.uid) === undefined && host.up) host.create(tenant.uid, tenant.project);
  world.claim(tenant.uid, tenant.host, tenant.project);
};

/** Created anew in the same slot, by the same name. */
export const recreate: Action = ({ world, tenants, rng }) => {
  const tenant = rng.maybe(tenants.all);
  const servo = tenant === undefined ? undefined : tenants.servo(tenant);
  if (tenant === undefined || servo?.running !== true) return;
  const host = world.host(tenant.host);
  if (!host.up) return;
  host.remove(servo);
  host.create(tenant.uid, tenant.project);
};

/** Its servos have new uids; the host learns of it later. */
export const rename: Action = (scene) => {
  const { world, tenants, rng } = scene;
  const tenant = rng.maybe(tenants.all);
  const servo = tenant === undefined ? undefined : tenants.servo(tenant);
  // Where the authority names no host, nobody can expect the new uid anywhere: such a platform records a tombstone.
  if (tenant === undefined || servo?.running !== true || servo.spelled !== undefined) return;
  if (!world.registry.namesHosts) return;
  const host = world.host(tenant.host);
  const to = tenants.newUid();
  host.rename(servo, to);
  tenants.forget(tenant.uid);
  tenants.moved({ ...tenant, uid: to });
  for (const source of world.sources) {
    source.withdraw(tenant.uid, tenant.host, 'released', undefined);
    source.claim(to, tenant.host, tenant.project, undefined);
  }
  later(scene, 90 * minute, () => {
    if (host.servos.get(servo.runtimeId) === servo) host.spell(servo, undefined);
  });
};
