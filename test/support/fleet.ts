// A fleet in a test: hosts that report, witnesses that are read, passes that are made; time passes only when told.
import { inventoryDigest, compareServos } from '@servo-auditor/proto/canonical.ts';
import { parseId, type HostId, type ServoUid, type WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Servo } from '@servo-auditor/proto/wire.ts';
import type { Evidence } from '../../coordinator/src/domain/evidence.ts';
import type { EnrolledHost, AcknowledgedMissing } from '../../coordinator/src/domain/operator.ts';
import type { Problem } from '../../coordinator/src/domain/servo.ts';
import type {
  Claim,
  Lookup,
  SnapshotMeta,
  Tombstone,
  WitnessProfile,
} from '../../coordinator/src/domain/witness.ts';
import { Fleet, type Arrival, type Taken } from '../../coordinator/src/fold/fleet.ts';
import { prepare, type Prepared } from '../../coordinator/src/round/prepare.ts';
import type { FoldChange, Memory, Vouched, WitnessMemory } from '../../coordinator/src/state/port.ts';
import { at, bootId, cell, epoch, generation, policy, readerVersion } from './build.ts';

export const registryProfile: WitnessProfile = {
  id: parseId('witness', 'registry'),
  source: parseId('source', 'registry'),
  authority: true,
  reads: 'primary',
  hasLookup: true,
  mappingHash: 'm1',
};
export const routerProfile: WitnessProfile = {
  id: parseId('witness', 'router'),
  source: parseId('source', 'router'),
  authority: false,
  reads: 'primary',
  hasLookup: true,
  mappingHash: 'm2',
};

export const noMemory: Memory = { releases: [], vouched: [], witnesses: [], hosts: [] };

/** A row of an inventory, in short. */
export interface Row {
  readonly uid: string;
  readonly incarnation?: string;
  readonly runtimeId?: string;
  readonly project?: string;
  readonly state?: Servo['state'];
  readonly contradiction?: Servo['contradiction'];
}

export function aServo({ uid, incarnation, runtimeId, project, state, contradiction }: Row): Servo {
  const name = incarnation ?? `${uid}-i1`;
  return {
    uid: parseId('servo uid', uid),
    incarnation: parseId('incarnation', name),
    runtimeId: parseId('runtime id', runtimeId ?? `${name}-r`),
    ...(project === undefined ? {} : { project: parseId('project', project) }),
    state: state ?? 'running',
    activity: 'quiet',
    contradiction: contradiction ?? 'none',
    cpuPermille: 0,
    connections: 0,
  };
}

/** A claim, in short: `uid`, `uid@host`, `uid@host#incarnation`, and `project` after a slash at the end. */
export function aClaim(text: string): Claim {
  const { uid, host, incarnation, project } = place(text);
  return { uid, ...host, ...incarnation, ...project };
}

export function aTombstone(text: string, projectReleased = false): Tombstone {
  return { ...aClaim(text), projectReleased };
}

function place(text: string) {
  const [rest = '', project] = text.split('/');
  const [before = '', incarnation] = rest.split('#');
  const [uid = '', host] = before.split('@');
  return {
    uid: parseId('servo uid', uid),
    host: host === undefined ? {} : { host: parseId('host', host) },
    incarnation: incarnation === undefined ? {} : { incarnation: parseId('incarnation', incarnation) },
    project: project === undefined ? {} : { project: parseId('project', project) },
  };
}

export const hostId = (name: string): HostId => parseId('host', name);
export const servoUid = (name: string): ServoUid => parseId('servo uid', name);

/** One leadership. `restarted()` begins the next one from what was made durable. */
export class FleetUnderTest {
  readonly fleet: Fleet;
  readonly witnesses: readonly WitnessProfile[];
  readonly memory: Memory;
  /** What the authority's look-up answers; by default what its last reading claimed. */
  lookup: ((uid: ServoUid) => Promise<Lookup>) | undefined;
  readonly lookedUp: ServoUid[] = [];
  readonly acknowledgedMissing: AcknowledgedMissing[] = [];
  waitMs: number;
  readonly #startedMs: number;
  #heartbeats = 0;
  #snapshots = 0;
  readonly #accepted = new Map<WitnessId, SnapshotMeta>();
  readonly #read = new Map<WitnessId, readonly Claim[]>();
  readonly #hosts = new Map<
    string,
    { readonly servos: readonly Servo[]; readonly digest: Servo['uid'] | string }
  >();
  readonly changes: FoldChange[] = [];

  constructor(
    witnesses: readonly WitnessProfile[] = [registryProfile, routerProfile],
    memory: Memory = noMemory,
    startedMs = 1000,
  ) {
    this.witnesses = witnesses;
    this.memory = memory;
    this.waitMs = startedMs;
    this.#startedMs = startedMs;
    this.fleet = new Fleet({ witnesses, policy, epoch, startedMs, memory });
    this.lookup = (uid) =>
      Promise.resolve({
        claims: (this.#read.get(registryProfile.id) ?? []).filter((c) => c.uid === uid),
        version: 1,
        lineage: 'l',
      });
  }

  get now(): Now {
    return at(this.waitMs);
  }

  wait(ms: number): this {
    this.waitMs += ms;
    return this;
  }

  connect(host: string, more: Partial<Arrival> = {}): this {
    this.fleet.connect(
      { host: hostId(host), cell, generation, readerVersion, bootId, epoch, ...more },
      this.now,
    );
    return this;
  }

  /** The host sends a whole inventory (connecting first where it must). */
  report(host: string, rows: readonly (Row | string)[], problems: readonly Problem[] = []): Taken {
    if (!this.fleet.views.has(hostId(host))) this.connect(host);
    const servos = rows
      .map((row) => aServo(typeof row === 'string' ? { uid: row } : row))
      .toSorted(compareServos);
    const digest = inventoryDigest(this.fleet.views.get(hostId(host))?.generation ?? generation, servos);
    this.#hosts.set(host, { servos, digest });
    return this.fleet.takeSnapshot(
      hostId(host),
      { digest, problems, servos, heartbeat: this.#heartbeat() },
      this.now,
    );
  }

  retire(host: string): this {
    this.fleet.retire(hostId(host));
    this.#hosts.delete(host);
    return this;
  }

  /** All hosts that reported prove that they live, with nothing changed. */
  beat(...hosts: readonly string[]): this {
    this.wait(1000);
    for (const host of hosts.length > 0 ? hosts : this.#hosts.keys()) {
      const { servos, digest } = this.#hosts.get(host) ?? { servos: [], digest: '' };
      this.fleet.takeHeartbeat(hostId(host), {
        digest: parseId('digest', digest),
        count: servos.length,
        changes: [],
        heartbeat: this.#heartbeat(),
      });
    }
    return this;
  }

  #heartbeat() {
    this.#heartbeats++;
    return { number: this.#heartbeats, askedAt: at(this.waitMs - 500), receivedAt: this.now };
  }

  /** Reads one witness whole, and accepts it. @param version by default one more than before. */
  async read(
    witness: WitnessProfile,
    claims: readonly (string | Claim)[],
    tombstones: readonly (string | Tombstone)[] = [],
    version?: number,
  ) {
    this.wait(100);
    const startedAt = this.now;
    const builder = this.fleet.beginSnapshot(witness.id, startedAt);
    const rows = claims.map((c) => (typeof c === 'string' ? aClaim(c) : c));
    for (const claim of rows) builder.claim(claim);
    for (const t of tombstones) builder.tombstone(typeof t === 'string' ? aTombstone(t) : t);
    const finished = await builder.finish();
    const number = ++this.#snapshots;
    const meta: SnapshotMeta = {
      number,
      startedAt,
      tookMs: 10,
      version: version ?? number,
      lineage: 'l',
      claims: finished.claims,
    };
    finished.commit(meta);
    this.#accepted.set(witness.id, meta);
    this.#read.set(witness.id, rows);
    this.wait(10);
    return finished;
  }

  /** Heartbeats of all hosts, then both witnesses, then what follows from it. */
  async round(
    claims: readonly string[],
    tombstones: readonly string[] = [],
    router: readonly string[] = claims,
  ) {
    this.beat();
    this.fleet.noteHeartbeats(this.now);
    for (const witness of this.witnesses)
      await this.read(witness, witness.authority ? claims : router, witness.authority ? tombstones : []);
    return await this.prepare();
  }

  get views() {
    return this.witnesses.map((profile) => ({
      ...profile,
      accepted: this.#accepted.get(profile.id),
      waiting: undefined,
      failure: undefined,
    }));
  }

  async prepare(): Promise<Prepared> {
    const { lookup } = this;
    const prepared = await prepare(this.fleet, {
      now: this.now,
      witnesses: this.views,
      enrolled: [...this.fleet.views.values()].map(({ id, cell: of }): EnrolledHost => ({
        host: id,
        cell: of,
        generation,
        readerVersion,
        inheritsFrom: undefined,
        retired: false,
      })),
      acknowledgedMissing: this.acknowledgedMissing,
      lookup:
        lookup === undefined
          ? undefined
          : (uid) => {
              this.lookedUp.push(uid);
              return lookup(uid);
            },
    });
    this.changes.push(prepared.change);
    return prepared;
  }

  /** The next leadership, from what this one made durable. */
  restarted(): FleetUnderTest {
    const key = (p: { host: string; uid: string; incarnation: string }) =>
      `${p.host} ${p.uid} ${p.incarnation}`;
    const releases = new Map(this.memory.releases.map((r) => [key(r), r]));
    const vouched = new Map<string, Vouched>(this.memory.vouched.map((v) => [key(v), v]));
    for (const change of this.changes) {
      for (const r of change.releasesRemoved) releases.delete(key(r));
      for (const v of change.vouchedRemoved) vouched.delete(key(v));
      for (const v of change.vouchedAdded) vouched.set(key(v), v);
      for (const r of change.releasesAdded) releases.set(key(r), r);
    }
    const witnesses = this.fleet.book.seats.map(
      ({ profile, claims, tombstones, version }): WitnessMemory => ({
        witness: profile.id,
        version,
        lineage: 'l',
        levels: { sinceMs: 0, current: {}, previous: {} },
        claims: [...this.fleet.book.tables.uids.numbers()].flatMap((uid) => claims.claimsOf(uid)),
        tombstones: tombstones.all(),
      }),
    );
    const memory = { releases: [...releases.values()], vouched: [...vouched.values()], witnesses, hosts: [] };
    return new FleetUnderTest(this.witnesses, memory, this.waitMs + this.#startedMs);
  }
}

/** The evidence of one servo of a pass. Throws when it has none. */
export function evidenceIn(prepared: Prepared, uid: string, host?: string): Evidence {
  const found = prepared.evidences.filter(
    (e) => e.uid === uid && (host === undefined || e.host.view.id === host),
  );
  const [first] = found;
  if (first === undefined || found.length > 1) throw new Error(`${found.length} evidences of ${uid}`);
  return first;
}
