// What coordinators truly heard and read, and when: what an order may cite, whatever it says of itself.
import type { Digest, HostId, Incarnation, ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';
import type { Span } from './claims.ts';

interface Shown {
  readonly digest: Digest;
  readonly atMs: number;
  readonly epoch: number;
  readonly problems: number;
  /** Incarnations per uid as the host shows it. */
  readonly servos: ReadonlyMap<ServoUid, ReadonlySet<Incarnation>>;
}

/** Which readings are meant. */
interface Window {
  readonly witness: WitnessId;
  readonly fromVersion: number;
  readonly fromMs: number;
  readonly toMs: number | undefined;
  readonly host?: HostId;
  /** Whether a reading counts; absent: each does. */
  readonly counts?: (reading: Told<'witness.read'>) => boolean;
}

export class Heard {
  readonly #heartbeats = new Map<string, Told<'heartbeat.heard'>>();
  readonly #inventories = new Map<string, Shown>();
  readonly #latest = new Map<HostId, Shown>();
  readonly #readings = new Map<string, Told<'witness.read'>>();
  /** Accepted readings of each witness, in order. */
  readonly #accepted = new Map<WitnessId, Told<'witness.read'>[]>();
  readonly #lastReading = new Map<WitnessId, Told<'witness.read'>>();
  /**
   * When a uid was first reported running on a host by a complete inventory; and when each incarnation was reported under its uid
   * first, since an inventory lacked it last.
   */
  readonly #ranOn = new Map<string, number>();
  readonly #observed = new Map<string, number>();
  /** When a host first showed an inventory to the leader of an epoch. */
  readonly #met = new Map<string, number>();

  readonly handlers: Handlers = {
    'heartbeat.heard': (event) => {
      this.#heartbeats.set(`${event.host} ${event.epoch} ${event.number}`, event);
    },
    'inventory.taken': (event) => this.#take(event),
    // What a host showed before it was taken out counts for nobody any more.
    'host.retired': ({ host }) => {
      for (const key of this.#observed.keys()) if (key.startsWith(`${host} `)) this.#observed.delete(key);
    },
    'witness.read': (event) => {
      const { witness, epoch, number, outcome } = event;
      this.#lastReading.set(witness, event);
      if (outcome !== 'accepted' || number === undefined) return;
      this.#readings.set(`${epoch} ${number}`, event);
      const accepted = this.#accepted.get(witness);
      if (accepted === undefined) this.#accepted.set(witness, [event]);
      else accepted.push(event);
    },
  };

  heartbeat(host: HostId, epoch: number, number: number): Told<'heartbeat.heard'> | undefined {
    return this.#heartbeats.get(`${host} ${epoch} ${number}`);
  }

  reading(epoch: number, number: number): Told<'witness.read'> | undefined {
    return this.#readings.get(`${epoch} ${number}`);
  }

  lastReading(witness: WitnessId): Told<'witness.read'> | undefined {
    return this.#lastReading.get(witness);
  }

  lastAccepted(witness: WitnessId): Told<'witness.read'> | undefined {
    return this.#accepted.get(witness)?.at(-1);
  }

  /**
   * How many accepted readings of a witness lay wholly within this time, and showed it as it was at this version, or later; with
   * a host: by a leader to whom that host had shown an inventory by then.
   */
  readingsWithin({ witness, fromVersion, fromMs, toMs = Infinity, host, counts }: Window): number {
    const accepted = this.#accepted.get(witness) ?? [];
    let count = 0;
    for (let i = accepted.length - 1; i >= 0; i--) {
      const reading = accepted[i] as Told<'witness.read'>;
      const { beganMs, atMs, version, epoch } = reading;
      if (beganMs < fromMs) break;
      if (counts?.(reading) === false) continue;
      const hasMet = host === undefined || (this.#met.get(`${host} ${epoch}`) ?? Infinity) <= atMs;
      if (hasMet && atMs < toMs && (version ?? 0) >= fromVersion) count++;
    }
    return count;
  }

  /** Whether this reading showed a claim that stood already when it began: what is stale may show less. */
  shows(reading: Told<'witness.read'>, { fromMs, fromVersion }: Span): boolean {
    return fromMs <= reading.beganMs && fromVersion <= (reading.version ?? 0);
  }

  /** Whether some accepted reading lay wholly within the time for which a claim stood, and showed it: whoever looked then saw it. */
  saw({ witness, fromVersion, fromMs, toMs }: Span): boolean {
    return this.readingsWithin({ witness, fromVersion, fromMs, toMs }) > 0;
  }

  /** The inventory with this digest, as that host showed it last. */
  inventory(host: HostId, digest: Digest): Shown | undefined {
    return this.#inventories.get(`${host} ${digest}`);
  }

  latest(host: HostId): Shown | undefined {
    return this.#latest.get(host);
  }

  /** When that host first showed it running, in a complete inventory. */
  ranOnSinceMs(uid: ServoUid, host: HostId): number | undefined {
    return this.#ranOn.get(`${host} ${uid}`);
  }

  /** When this incarnation was first reported under this uid, since an inventory lacked it last. */
  observedSinceMs(host: HostId, uid: ServoUid, incarnation: Incarnation): number | undefined {
    return this.#observed.get(`${host} ${uid} ${incarnation}`);
  }

  #take({ atMs, host, epoch, digest, problems, servos }: Told<'inventory.taken'>): void {
    const rows = new Map<ServoUid, Set<Incarnation>>();
    for (const { uid, incarnation, running } of servos) {
      const known = rows.get(uid);
      if (known === undefined) rows.set(uid, new Set([incarnation]));
      else known.add(incarnation);
      note(this.#observed, `${host} ${uid} ${incarnation}`, atMs);
      if (running && problems === 0) note(this.#ranOn, `${host} ${uid}`, atMs);
    }
    for (const [uid, incarnations] of this.#latest.get(host)?.servos ?? [])
      for (const incarnation of incarnations)
        if (rows.get(uid)?.has(incarnation) !== true) this.#observed.delete(`${host} ${uid} ${incarnation}`);
    note(this.#met, `${host} ${epoch}`, atMs);
    const shown: Shown = { digest, atMs, epoch, problems, servos: rows };
    this.#inventories.set(`${host} ${digest}`, shown);
    this.#latest.set(host, shown);
  }
}

function note(into: Map<string, number>, key: string, atMs: number): void {
  if (!into.has(key)) into.set(key, atMs);
}
