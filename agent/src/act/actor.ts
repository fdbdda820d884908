// What the agent can do to the things of one runtime. A runtime's actor keeps the promise that matters most: what `stop`
// touches is exactly what `look` saw.
import type { Incarnation, RuntimeId } from '@servo-auditor/proto/ids.ts';
import type { Launch } from '../scan/scan.ts';
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
  /**
   * Stops it. The check that it still is what was seen, and the first signal, happen within the call, before it returns its
   * promise: so what the caller checks just before is checked just before the signal.
   */
  stop(): Promise<StopResult>;
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

export interface Actor {
  /** A fresh look at a running object; undefined when it is gone. */
  look(object: RuntimeObject): Promise<Target | undefined>;
  /** Whether exactly this still runs. */
  runs(runtimeId: RuntimeId, incarnation: Incarnation): Promise<boolean>;
  /** Starts it outside of the agent. */
  start(launch: Launch): Promise<StartResult>;
  /** Which of these addresses are taken now, and by whom. */
  conflicts(
    listens: readonly Listen[],
  ): Promise<readonly { readonly address: string; readonly holder: string }[]>;
  /** How long a stop gives its servo before it kills it, in milliseconds. */
  readonly stopGraceMs: number;
}
