// Who lives where, by the platform's own truth: which servo of which project is in use on which host, and what was deleted
// lately and could come back.
import { parseId, type HostId, type ProjectId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Host, TrueServo } from './host.ts';
import type { World } from './world.ts';

export interface Tenant {
  readonly uid: ServoUid;
  readonly host: HostId;
  readonly project: ProjectId;
}

export class Tenants {
  readonly #world: World;
  readonly #homes = new Map<ServoUid, Tenant>();
  readonly deleted: Tenant[] = [];
  #created = 0;

  constructor(world: World) {
    this.#world = world;
    for (const host of world.hosts.values())
      for (const { uid, project } of host.running)
        if (world.registry.claims(uid, host.id)) this.#homes.set(uid, { uid, host: host.id, project });
  }

  /** In use now, in no order that changes by itself. */
  get all(): readonly Tenant[] {
    return [...this.#homes.values()];
  }

  of(uid: ServoUid): Tenant | undefined {
    return this.#homes.get(uid);
  }

  servo({ uid, host }: Tenant): TrueServo | undefined {
    return this.#world.hosts.get(host)?.find(uid);
  }

  newUid(): ServoUid {
    return parseId('servo uid', `w${++this.#created}`);
  }

  newProject(): ProjectId {
    return parseId('project', `wp${++this.#created}`);
  }

  /** It starts there and is claimed; `claimedInMs` later than it runs. */
  settle(host: Host, uid: ServoUid, project: ProjectId, claimedInMs = 0): TrueServo {
    const servo = host.create(uid, project);
    const tenant = { uid, host: host.id, project };
    this.#homes.set(uid, tenant);
    const claim = (): void => {
      if (this.#homes.get(uid) === tenant) this.#world.claim(uid, tenant.host, project);
    };
    if (claimedInMs === 0) claim();
    else this.#world.loop.after(claimedInMs, undefined, claim);
    return servo;
  }

  /** Its home is another one from now on; claims are the caller's. */
  moved(tenant: Tenant): void {
    this.#homes.set(tenant.uid, tenant);
  }

  leave(tenant: Tenant): void {
    this.#homes.delete(tenant.uid);
    this.deleted.push(tenant);
  }

  forget(uid: ServoUid): void {
    this.#homes.delete(uid);
  }

  /** A host has another name from now on. */
  renamed(from: HostId, to: HostId): void {
    for (const tenant of this.all) if (tenant.host === from) this.moved({ ...tenant, host: to });
  }

  /** The platform looks at a host and creates what should run there and is nowhere to be found. */
  reconcile(id: HostId): void {
    const host = this.#world.hosts.get(id);
    if (host?.up !== true) return;
    for (const tenant of this.all)
      if (tenant.host === id && host.find(tenant.uid) === undefined) host.create(tenant.uid, tenant.project);
  }
}
