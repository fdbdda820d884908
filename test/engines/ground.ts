// The ground of a pair: one hand that makes servos run, and one that keeps the platform's records of them. Each runtime and
// each store has one hand, so every pair can be tried.
import type { Actor } from '../../agent/src/act/actor.ts';
import {
  NotOffered,
  type Ground,
  type HostVerb,
  type Opened,
  type ServoVerb,
} from '../../agent/src/conformance/ground.ts';
import type { Runtime } from '../../agent/src/scan/runtime/port.ts';
import type { Store } from '../../agent/src/scan/store/port.ts';

/** How a servo is to be run. */
export interface Wanted {
  /** What the runtime is to find as its uid; absent: none. */
  readonly uid: string | undefined;
  /** Labels (or variables) for a store that the runtime itself keeps. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kind: 'plain' | 'stubborn' | 'fleeting';
}

/** Does what the platform and its engine do. Every slot holds at most one servo. */
export interface RuntimeHand {
  readonly name: string;
  open(): { readonly runtime: Runtime; readonly actor: Actor };
  /** Resolves when it runs. */
  run(slot: string, wanted: Wanted): Promise<void>;
  /** Takes it away whole; nothing there is no error. */
  remove(slot: string): Promise<void>;
  /** Ends it suddenly. */
  kill(slot: string): Promise<void>;
  busy(slot: string): Promise<void>;
  takeAddress(slot: string): Promise<void>;
  spoil(slot: string): Promise<void>;
  host(verb: HostVerb): Promise<void>;
  marksOf(slot: string): Promise<string>;
}

/** Keeps the platform's records. */
export interface StoreHand {
  readonly name: string;
  /** What an agent's configuration says of it. */
  readonly config: Readonly<Record<string, unknown>>;
  open(): Store;
  /** What the runtime must carry for it. */
  labelsOf(uid: string): Readonly<Record<string, string>>;
  put(uid: string): void;
  drop(uid: string): void;
  /** Makes the record unreadable in place; where the runtime keeps it, these are the labels that do. */
  break(uid: string): Readonly<Record<string, string>> | undefined;
}

/** What records say of the project of every servo here. */
export const project = 'p-1';

export class PairGround implements Ground {
  readonly name: string;
  readonly runtime: RuntimeHand;
  readonly store: StoreHand;

  constructor(store: StoreHand, runtime: RuntimeHand) {
    this.name = `${store.name}/${runtime.name}`;
    this.store = store;
    this.runtime = runtime;
  }

  open(): Opened {
    return { store: this.store.open(), ...this.runtime.open() };
  }

  async servo(verb: ServoVerb, uid: string): Promise<void> {
    const { runtime, store } = this;
    const labels = store.labelsOf(uid);
    switch (verb) {
      case 'make':
        store.put(uid);
        return await runtime.run(uid, { uid, labels, kind: 'plain' });
      case 'make-stubborn':
        store.put(uid);
        return await runtime.run(uid, { uid, labels, kind: 'stubborn' });
      case 'make-fleeting':
        store.put(uid);
        return await runtime.run(uid, { uid, labels, kind: 'fleeting' });
      case 'make-nameless':
        return await runtime.run(uid, { uid: undefined, labels, kind: 'plain' });
      case 'twin':
        return await runtime.run(twinOf(uid), { uid, labels, kind: 'plain' });
      case 'remove':
        store.drop(uid);
        await runtime.remove(twinOf(uid));
        return await runtime.remove(uid);
      case 'kill':
        return await runtime.kill(uid);
      case 'remake':
        await runtime.remove(uid);
        return await runtime.run(uid, { uid, labels, kind: 'plain' });
      case 'forget':
        if (Object.keys(labels).length > 0) throw new NotOffered('the record is part of what runs');
        return store.drop(uid);
      case 'break-record': {
        const broken = store.break(uid);
        if (broken === undefined) return;
        await runtime.remove(uid);
        return await runtime.run(uid, { uid, labels: broken, kind: 'plain' });
      }
      case 'mend-record':
        store.put(uid);
        if (Object.keys(labels).length === 0) return;
        await runtime.remove(uid);
        return await runtime.run(uid, { uid, labels, kind: 'plain' });
      case 'busy':
        return await runtime.busy(uid);
      case 'take-address':
        return await runtime.takeAddress(uid);
      case 'spoil':
        return await runtime.spoil(uid);
    }
  }

  async host(verb: HostVerb): Promise<void> {
    await this.runtime.host(verb);
  }

  async marksOf(uid: string): Promise<string> {
    return await this.runtime.marksOf(uid);
  }
}

function twinOf(uid: string): string {
  return `${uid}.twin`;
}
