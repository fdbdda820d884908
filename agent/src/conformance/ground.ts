// What the conformance kit needs of a host: a place where servos of one generation can be made, broken and mended, as the
// platform, its engine and bad luck would do it. Every pair of store and runtime has one in our tests; an operator's own pair
// gets one as a program (program.ts). Nothing here is asked of the readers that are under test.
import type { Actor } from '../act/actor.ts';
import type { Runtime } from '../scan/runtime/port.ts';
import type { Store } from '../scan/store/port.ts';

/** What a ground cannot do: the checks that need it are reported as not run, and never as passed. */
export class NotOffered extends Error {
  override readonly name = 'NotOffered';
}

/** Readers and hands, as an agent opens them. */
export interface Opened {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly actor: Actor;
}

/** What can be done to one servo. Each resolves when it has come true. */
export const servoVerbs = {
  make: 'run a servo with this uid and record it',
  remove: 'take it away, with its record, whatever state it is in; nothing there is no error',
  kill: 'end what runs, suddenly; the record stays',
  remake: 'take away what runs and create it anew in the same slot, with the same record',
  forget: 'take away its record alone; it runs on',
  'break-record': 'make its record unreadable, in place',
  'mend-record': 'make that record readable again',
  twin: 'run a second one that says it is this servo; `remove` takes both away',
  'make-nameless': 'run something in scope that says no uid; `remove` takes it away',
  'make-stubborn': 'like make, and the engine or a boot is told to start it again whenever it ends',
  'make-fleeting': 'like make, and ending it would delete it or its data',
  busy: 'let it use as much of a core as it gets, from now on',
  'take-address': 'make something else take an address that it had; `remove` gives it back',
  spoil: 'what was stopped can no longer be started (its root is gone, or it was deleted)',
} as const;

/** What can be done to the engine, or the host. */
export const hostVerbs = {
  hang: 'the engine accepts and does not answer any more',
  resume: 'it answers again',
  down: 'the engine is gone; servos may run on',
  up: 'it is back',
  reboot: 'engine or host starts anew, with whatever starts by itself then',
} as const;

export type ServoVerb = keyof typeof servoVerbs;
export type HostVerb = keyof typeof hostVerbs;

export interface Ground {
  /** For reports: what is under test. */
  readonly name: string;
  /** As an agent that has just started opens it. Whoever opens closes the runtime. */
  open(): Opened;
  /** Rejects with `NotOffered` where this place cannot do it. */
  servo(verb: ServoVerb, uid: string): Promise<void>;
  /** Rejects with `NotOffered` where this place cannot do it. */
  host(verb: HostVerb): Promise<void>;
  /**
   * Everything that a restore must bring back, in any fixed form: labels, environment, volumes with a file in them, network,
   * restart policy. Not what changes with every start.
   */
  marksOf(uid: string): Promise<string>;
}
