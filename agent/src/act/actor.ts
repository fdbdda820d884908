// What the agent can do to the things of one runtime. A runtime's actor keeps the promise that matters most: what `stop`
// touches is exactly what `look` saw.
import type { Incarnation, RuntimeId } from '@servo-auditor/proto/ids.ts';
import type { Launch, RuntimeLaunch } from '../scan/scan.ts';
import type { RuntimeObject } from '../scan/runtime/port.ts';

/** An address that something listens on. */
export interface Listen {
  readonly protocol: 'tcp' | 'tcp6';
  /** As the kernel spells it: hex digits of the address, of the port. */
  readonly address: string;
  readonly port: number;
}

export interface Target {
  readonly keepable:
    | { readonly keepable: true }
    | { readonly keepable: false; readonly code: string; readonly message: string };
  readonly listens: readonly Listen[];
  /** What starts it again, by this look, where the runtime keeps it whole. It goes into the journal before anything is touched. */
  readonly launch?: RuntimeLaunch | undefined;
  /**
   * Stops it. The check that it still is what was seen, and the first signal, happen within the call, before it returns its
   * promise: so what the caller checks just before is checked just before the signal. An engine is asked within the call,
   * by a name that it never gives again; whether it did what it accepted is looked at afterwards.
   */
  stop(): Promise<StopResult>;
}

/** An address that is taken, for people. */
export interface Conflict {
  readonly address: string;
  readonly holder: string;
}

export type StopResult =
  | { readonly kind: 'stopped'; readonly message: string }
  /** Nothing was touched. */
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }
  /** Some of it is still there. */
  | { readonly kind: 'survived'; readonly message: string };

export type StartResult =
  | {
      readonly kind: 'started';
      readonly incarnation: Incarnation;
      readonly runtimeId: RuntimeId;
      readonly message: string;
    }
  | { readonly kind: 'failed'; readonly code: string; readonly message: string };

/** What was stopped, as the journal keeps it. */
export interface Stopped {
  readonly launch: Launch;
  readonly listens: readonly Listen[];
}

export interface Actor {
  /** A fresh look at a running object; undefined when it is gone. */
  look(object: RuntimeObject): Promise<Target | undefined>;
  /** Whether exactly this still runs; undefined when nobody can tell, because the engine does not answer. */
  runs(runtimeId: RuntimeId, incarnation: Incarnation): Promise<boolean | undefined>;
  /** Starts it outside of the agent, and gives back what would have brought it back by itself. */
  start(launch: Launch): Promise<StartResult>;
  /**
   * Makes sure of what goes with a state. `kept`: nothing but this agent brings it back, whatever restarts or boots.
   * `running`: it has again what it had before (a restart policy, an autostart); of what does not run nothing is changed.
   * Twice is as good as once. Resolves with why not, or undefined when it is so.
   */
  settle(launch: Launch, state: 'kept' | 'running'): Promise<string | undefined>;
  /** Which of its addresses are taken now, and by whom. */
  conflicts(stopped: Stopped): Promise<readonly Conflict[]>;
  /** How long a stop gives its servo before it kills it, in milliseconds. */
  readonly stopGraceMs: number;
}
