// What is true of servos: every incarnation that ever was, on which host, what became of it, and how its host shows it.
import type { HostId, Incarnation, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Servo, Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';

export interface TrueServo {
  host: HostId;
  uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly project: ProjectId;
  readonly measurable: boolean;
  readonly keepable: boolean;
  readonly createdMs: number;
  /** How its host shows its uid; undefined: it does not. */
  shown: ServoUid | undefined;
  /** Since when it is shown so. */
  shownSinceMs: number;
  contradictedSinceMs: number | undefined;
  /** Since when it works or serves. */
  usedSinceMs: number | undefined;
  /** When it last was in use, up to now. */
  lastUsedMs: number | undefined;
  goneMs: number | undefined;
  /** When the auditor stopped it. */
  stoppedMs: number | undefined;
  /** It came by undoing a stop, whoever did that. */
  isRestored: boolean;
}

export class Servos {
  readonly #byKey = new Map<string, TrueServo>();
  readonly #byHost = new Map<HostId, Set<TrueServo>>();
  readonly #byUid = new Map<ServoUid, Set<TrueServo>>();

  readonly handlers: Handlers = {
    'servo.created': (event) => this.#create(event),
    'servo.renamed': (event) => {
      const servo = this.#must(event);
      this.#byUid.get(servo.uid)?.delete(servo);
      servo.uid = event.to;
      servo.shownSinceMs = event.atMs;
      add(this.#byUid, servo.uid, servo);
    },
    'servo.spelled': (event) => {
      const servo = this.#must(event);
      servo.shown = event.as;
      servo.shownSinceMs = event.atMs;
    },
    'servo.contradicted': (event) => {
      this.#must(event).contradictedSinceMs = event.contradicted ? event.atMs : undefined;
    },
    'servo.used': (event) => {
      const servo = this.#must(event);
      if (!event.used && servo.usedSinceMs !== undefined) servo.lastUsedMs = event.atMs;
      servo.usedSinceMs = event.used ? (servo.usedSinceMs ?? event.atMs) : undefined;
    },
    'servo.gone': (event) => {
      const servo = this.#must(event);
      servo.goneMs = event.atMs;
      this.#byHost.get(servo.host)?.delete(servo);
      this.#byUid.get(servo.uid)?.delete(servo);
    },
    'stop.executed': (event) => {
      this.#must(event).stoppedMs = event.atMs;
    },
    'destroy.executed': (event) => {
      this.#must(event).goneMs = event.atMs;
    },
    'start.executed': (event) => {
      const servo = this.#must(event);
      servo.isRestored = true;
      servo.stoppedMs = undefined;
      const was = this.find(event.host, event.was);
      if (was === undefined || was.incarnation === event.incarnation) return;
      was.goneMs = event.atMs;
      this.#byHost.get(was.host)?.delete(was);
      this.#byUid.get(was.uid)?.delete(was);
    },
    'host.renamed': ({ host, to }) => {
      const here = this.#byHost.get(host);
      this.#byHost.delete(host);
      if (here !== undefined) this.#byHost.set(to, here);
      for (const servo of here ?? []) {
        this.#byKey.delete(keyOf(servo));
        servo.host = to;
        this.#byKey.set(keyOf(servo), servo);
      }
    },
  };

  /** The one that has this incarnation on this host, whatever it is shown as. */
  find(host: HostId, incarnation: Incarnation): TrueServo | undefined {
    return this.#byKey.get(`${host} ${incarnation}`);
  }

  /** All that exist on a host, those in quarantine included. */
  on(host: HostId): ReadonlySet<TrueServo> {
    return this.#byHost.get(host) ?? none;
  }

  /** All copies that exist of a uid. */
  of(uid: ServoUid): ReadonlySet<TrueServo> {
    return this.#byUid.get(uid) ?? none;
  }

  #create(event: Told<'servo.created'>): void {
    const { atMs, host, uid, incarnation, project, measurable, keepable } = event;
    const known = this.find(host, incarnation);
    // A runtime whose incarnation outlives a stop: the same one runs again, and is not stopped twice.
    if (known !== undefined && known.goneMs === undefined && known.stoppedMs !== undefined) {
      known.stoppedMs = undefined;
      known.isRestored = true;
      return;
    }
    if (known !== undefined) throw new Error(`${incarnation} on ${host} was created before`);
    const servo: TrueServo = {
      host,
      uid,
      incarnation,
      project,
      measurable,
      keepable,
      createdMs: atMs,
      shown: uid,
      shownSinceMs: atMs,
      contradictedSinceMs: undefined,
      usedSinceMs: undefined,
      lastUsedMs: undefined,
      goneMs: undefined,
      stoppedMs: undefined,
      isRestored: false,
    };
    this.#byKey.set(keyOf(servo), servo);
    add(this.#byHost, host, servo);
    add(this.#byUid, uid, servo);
  }

  #must({ host, incarnation, uid }: Servo): TrueServo {
    const servo = this.find(host, incarnation);
    if (servo === undefined) throw new Error(`the world never created ${uid} ${incarnation} on ${host}`);
    return servo;
  }
}

const none: ReadonlySet<TrueServo> = new Set();

function keyOf({ host, incarnation }: { host: HostId; incarnation: Incarnation }): string {
  return `${host} ${incarnation}`;
}

function add<K>(into: Map<K, Set<TrueServo>>, key: K, servo: TrueServo): void {
  const set = into.get(key);
  if (set === undefined) into.set(key, new Set([servo]));
  else set.add(servo);
}
