// What happens to whole hosts: they fail and boot, get a new disk, go back to a snapshot, come back under another name.
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Host } from '../world/host.ts';
import { minute } from '../world/shape.ts';
import { onHost, someHost, type FaultRule, type Given } from './fault.ts';

/** Down: neither servos nor agent run. */
function down({ world, rng }: Given, host: Host): void {
  world.killAgent(host);
  host.crash((bytes) => rng.int(0, bytes));
}

/** Up again, with an agent; the platform then creates what is missing. */
function up({ world, tenants, rng }: Given, host: Host): void {
  if (host.up || world.hosts.get(host.id) !== host) return;
  host.boot();
  world.startAgent(host);
  world.loop.after(rng.int(1, 90) * 1000, undefined, () => tenants.reconcile(host.id));
}

function fails(given: Given, host: Host, meanwhile: () => void, detail: string): ReturnType<FaultRule> {
  const { world, rng } = given;
  const backMs = rng.pick([20_000, 4 * minute, 30 * minute]);
  given.begin(onHost(host), `${detail}, up again after ${backMs} ms`);
  down(given, host);
  meanwhile();
  world.loop.after(backMs, undefined, () => up(given, host));
  return () => up(given, host);
}

export const hostCrash: FaultRule = (given) => {
  const host = someHost(given);
  return host === undefined ? undefined : fails(given, host, () => undefined, 'it fails');
};

/** Its disk is new: journal, hold files and servos are gone. */
export const hostReimaged: FaultRule = (given) => {
  const { world } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const wipe = (): void => {
    for (const servo of host.servos.values()) host.remove(servo);
    host.disk.restore(new Map());
    for (const path of host.broken.keys()) world.teller.tell({ kind: 'item.mended', host: host.id, path });
    host.broken.clear();
    host.held.clear();
    world.teller.tell({ kind: 'host.reimaged', host: host.id });
  };
  return fails(given, host, wipe, 'it is re-imaged');
};

/** Its disk is what it was: a journal that goes back, and what an engine kept then. */
export const hostRestored: FaultRule = (given) => {
  const { world, rng, snapshots } = given;
  const host = someHost(given);
  const snapshot = rng.maybe(snapshots);
  const state = host === undefined ? undefined : snapshot?.hosts.get(host.machine.name);
  if (host === undefined || snapshot === undefined || state === undefined) return undefined;
  const back = (): void => {
    host.disk.restore(state.disk);
    for (const scope of host.held) if (!state.held.includes(scope)) host.unhold(scope);
    if (host.keepsStopped) host.returnTo(state.servos);
    world.teller.tell({ kind: 'host.restored', host: host.id, toMs: snapshot.atMs });
  };
  return fails(given, host, back, `it goes back to what it was at ${snapshot.atMs} ms`);
};

/** The same machine under another host id: with its servos, and the journal of before. */
export const hostRenamed: FaultRule = (given) => {
  const { world, tenants, rng } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const from = host.id;
  const to = parseId('host', `${from}-n${given.id}`);
  given.begin(onHost(host), `${from} is called ${to} from now on`);
  world.killAgent(host);
  world.hosts.delete(from);
  host.id = to;
  world.hosts.set(to, host);
  world.teller.tell({ kind: 'host.renamed', host: from, to });
  world.startAgent(host);
  const moveClaims = (): void => {
    for (const tenant of tenants.all) {
      if (tenant.host !== from) continue;
      tenants.moved({ ...tenant, host: to });
      if (!world.registry.namesHosts) continue;
      for (const source of world.sources) {
        source.claim(tenant.uid, to, tenant.project, undefined);
        source.withdraw(tenant.uid, from, 'released', undefined);
      }
    }
  };
  world.loop.after(rng.int(0, 20) * minute, undefined, moveClaims);
  return moveClaims;
};
