// Servos that change their place: moved between hosts and cells, redeployed blue/green under the same uid, left behind.
import type { Host } from '../world/host.ts';
import { minute } from '../world/shape.ts';
import { later, type Action, type Scene } from './act.ts';

function otherHost({ world, rng }: Scene, than: string): Host | undefined {
  return rng.maybe([...world.hosts.values()].filter((h) => h.up && h.id !== than));
}

/** A new copy starts elsewhere, claims follow it, and the old copy stops, or stays behind. */
export const move: Action = (scene) => {
  const { rng } = scene;
  shift(scene, { overlapMs: rng.int(0, 5 * minute), staysBehind: rng.chance(0.5) });
};

/** Both copies are claimed for a while. */
export const blueGreen: Action = (scene) => {
  const { rng } = scene;
  shift(scene, { overlapMs: rng.int(5, 40) * minute, staysBehind: rng.chance(0.7) });
};

function shift(
  scene: Scene,
  { overlapMs, staysBehind }: { readonly overlapMs: number; readonly staysBehind: boolean },
): void {
  const { world, tenants, rng, restMs } = scene;
  const tenant = rng.maybe(tenants.all);
  const old = tenant === undefined ? undefined : tenants.servo(tenant);
  const to = tenant === undefined ? undefined : otherHost(scene, tenant.host);
  if (tenant === undefined || old?.running !== true || to === undefined) return;
  // A second copy of what is renamed would be known to its host by its old name.
  if (old.spelled !== undefined || to.find(tenant.uid) !== undefined) return;
  to.create(tenant.uid, tenant.project);
  world.claim(tenant.uid, to.id, tenant.project);
  tenants.moved({ ...tenant, host: to.id });
  const hasTombstone = rng.chance(0.5);
  world.loop.after(Math.min(restMs, overlapMs), undefined, () => {
    const from = [...world.hosts.values()].find((h) => [...h.servos.values()].includes(old));
    // The claim of the old place ends, unless that is its place again. Where claims name no host, there is only one.
    if (from !== undefined && tenants.of(tenant.uid)?.host !== from.id && world.registry.namesHosts)
      for (const source of world.sources)
        source.withdraw(
          tenant.uid,
          from.id,
          'released',
          hasTombstone ? { projectReleased: false, incarnation: old.incarnation } : undefined,
        );
    if (from !== undefined) from.use(old, false);
    if (!staysBehind && tenants.of(tenant.uid)?.host !== from?.id)
      later(scene, minute, () => from?.remove(old));
  });
}
