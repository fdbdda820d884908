// A synthetic fleet: ids as bytes, from which fresh strings are made as a decoder would make them (flat, hashed by nobody yet).
// Everything follows from the sizes alone: two runs measure the same fleet.
import { inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId, type HostId, type ProjectId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Servo } from '@servo-auditor/proto/wire.ts';
import type { EnrolledHost } from '../../coordinator/src/domain/operator.ts';
import { defaultPolicy } from '../../coordinator/src/domain/policy.ts';
import type { Claim, Tombstone, WitnessProfile } from '../../coordinator/src/domain/witness.ts';
import { Fleet } from '../../coordinator/src/fold/fleet.ts';

const uidChars = 20;

export const epoch = parseEpoch(1);
export const policy = defaultPolicy;
export const servosPerHost = 50;
const cells = ['c1', 'c2', 'c3', 'c4'].map((name) => parseId('cell', name));
const generations = ['manifest-directory/process', 'sqlite/process', 'labels/process'].map((name) =>
  parseId('generation', name),
);
const readerVersion = parseId('reader version', 'a'.repeat(64));
const bootId = parseId('boot', 'boot-1');

const profile = (id: string, authority: boolean): WitnessProfile => ({
  id: parseId('witness', id),
  source: parseId('source', id),
  authority,
  reads: 'primary',
  hasLookup: true,
  mappingHash: id,
});
export const registry = profile('registry', true);
export const router = profile('router', false);

/** One servo in a hundred is claimed by nobody; of those, every other one has a tombstone, the rest are strays. */
export const isUnclaimed = (servo: number): boolean => servo % 100 === 0;
export const hasTombstone = (servo: number): boolean => servo % 200 === 0;

/** What the witnesses say in a round. */
export interface Said {
  readonly claims: readonly Claim[];
  readonly tombstones: readonly Tombstone[];
}

export class World {
  readonly servos: number;
  readonly hosts: readonly HostId[];
  readonly enrolled: readonly EnrolledHost[];
  /** Servos of the same project: four. */
  readonly projects: readonly ProjectId[];
  readonly #bytes: Buffer;
  #waitMs = 1000;
  #heartbeats = 0;

  constructor(servos: number) {
    this.servos = servos;
    this.hosts = Array.from({ length: Math.ceil(servos / servosPerHost) }, (_, h) =>
      parseId('host', `host-${String(h).padStart(6, '0')}`),
    );
    this.enrolled = this.hosts.map((host, h) => ({
      host,
      cell: cellOf(h),
      generation: generationOf(h),
      readerVersion,
      inheritsFrom: undefined,
      retired: false,
    }));
    this.projects = Array.from({ length: Math.ceil(servos / 4) }, (_, p) =>
      parseId('project', `project-${p}`),
    );
    this.#bytes = Buffer.alloc(servos * uidChars);
    for (let i = 0; i < servos; i++) this.#bytes.write(spelled(i), i * uidChars, 'latin1');
  }

  get now(): Now {
    const ms = this.#waitMs;
    return { bootId, monoMs: ms, bootMs: ms, wallMs: ms, waitMs: ms };
  }

  wait(ms: number): void {
    this.#waitMs += ms;
  }

  /** A fresh string. */
  uid(servo: number): ServoUid {
    return this.#bytes.toString('latin1', servo * uidChars, (servo + 1) * uidChars) as ServoUid;
  }

  /** Fresh strings of all servos that are claimed, in an order that is not the hosts'. */
  claimedUids(): ServoUid[] {
    const uids: ServoUid[] = [];
    for (let i = 0; i < this.servos; i++) {
      const servo = shuffled(i, this.servos);
      if (!isUnclaimed(servo)) uids.push(this.uid(servo));
    }
    return uids;
  }

  cells() {
    return cells;
  }

  /** In each step one servo in a thousand changes: half of them are replaced by others, half are released. */
  get changedPerStep(): number {
    return this.servos / 1000;
  }

  /** Whether the last servo of a host was replaced by another until (and in) this step. */
  isReplaced(host: number, step: number): boolean {
    return host < step * this.changedPerStep && host % this.changedPerStep < this.changedPerStep / 2;
  }

  #isReleased(host: number, step: number): boolean {
    return host < step * this.changedPerStep && host % this.changedPerStep >= this.changedPerStep / 2;
  }

  /** What the witnesses say after so many steps, in an order that is not the hosts'. */
  said(step: number): Said {
    const claims: Claim[] = [];
    const tombstones: Tombstone[] = [];
    for (let i = 0; i < this.servos; i++) {
      const servo = shuffled(i, this.servos);
      const h = Math.floor(servo / servosPerHost);
      const isLast = servo % servosPerHost === servosPerHost - 1;
      const host = this.hosts[h] as HostId;
      const project = this.projects[servo >> 2] as ProjectId;
      const uid = this.uid(servo);
      if (isLast && this.isReplaced(h, step)) claims.push({ uid: successorOf(uid), host, project });
      else if ((isLast && this.#isReleased(h, step)) || hasTombstone(servo))
        tombstones.push({ uid, host, project, projectReleased: true });
      else if (!isUnclaimed(servo)) claims.push({ uid, host, project });
    }
    return { claims, tombstones };
  }

  fleet(): Fleet {
    const memory = { releases: [], vouched: [], witnesses: [], hosts: [] };
    return new Fleet({ witnesses: [registry, router], policy, epoch, startedMs: 0, memory });
  }

  /** What a host sends. @param replaced servos of the host that were created anew under another uid. */
  servosOf(host: number, replaced = 0): Servo[] {
    const servos: Servo[] = [];
    for (let i = host * servosPerHost; i < Math.min(this.servos, (host + 1) * servosPerHost); i++) {
      const isNew = i % servosPerHost >= servosPerHost - replaced;
      const uid = isNew ? successorOf(this.uid(i)) : this.uid(i);
      const { incarnation, runtimeId } = process(i, isNew);
      servos.push({
        uid,
        incarnation,
        runtimeId,
        project: parseId('project', `project-${i >> 2}`),
        state: 'running',
        activity: 'quiet',
        contradiction: 'none',
        cpuPermille: 1,
        connections: 0,
      });
    }
    return servos.toSorted((a, b) => (a.uid < b.uid ? -1 : 1));
  }

  connect(fleet: Fleet, h: number): void {
    const host = this.hosts[h] as HostId;
    const arrival = { host, cell: cellOf(h), generation: generationOf(h), readerVersion, bootId, epoch };
    fleet.connect(arrival, this.now);
  }

  /** One host's whole inventory, as its session would hand it over. */
  report(fleet: Fleet, h: number, replaced = 0): void {
    const servos = this.servosOf(h, replaced);
    const digest = inventoryDigest(generationOf(h), servos);
    const taken = fleet.takeSnapshot(
      this.hosts[h] as HostId,
      { digest, problems: [], servos, heartbeat: this.#heartbeat() },
      this.now,
    );
    if (!taken.ok) throw new Error(taken.message);
  }

  beat(fleet: Fleet): void {
    for (const host of this.hosts) {
      const inventory = fleet.views.get(host)?.inventory;
      if (inventory === undefined) throw new Error(`${host} has no inventory`);
      const { digest, count } = inventory;
      fleet.takeHeartbeat(host, { digest, count, changes: [], heartbeat: this.#heartbeat() });
    }
  }

  #heartbeat() {
    return { number: ++this.#heartbeats, askedAt: this.now, receivedAt: this.now };
  }
}

function cellOf(host: number) {
  return cells[host % cells.length] as (typeof cells)[number];
}

function generationOf(host: number) {
  return generations[host % generations.length] as (typeof generations)[number];
}

/** As spread as random ids, and the same in every run. */
function spelled(servo: number): string {
  const low = (Math.imul(servo + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0');
  return `srv-${low}${servo.toString(16).padStart(8, '0')}`;
}

function successorOf(uid: ServoUid): ServoUid {
  return `new-${uid.slice(4)}` as ServoUid;
}

/** A permutation of 0 .. size - 1: steps by a prime. */
function shuffled(i: number, size: number): number {
  return (i * 7919) % size;
}

/** What the process runtime calls it: pid, start time, boot. */
function process(servo: number, isNew: boolean) {
  const pid = 1000 + (servo % 30_000) + (isNew ? 40_000 : 0);
  return {
    incarnation: parseId('incarnation', `${pid}-${1_000_000 + servo}-9f3a5c77`),
    runtimeId: parseId('runtime id', `${pid}-${1_000_000 + servo}`),
  };
}
