// What a runtime is to the agent: the things that really run on this host, each with the identity that the runtime itself
// knows. One file per runtime implements this; a new one is that file and one line in index.ts.
// A runtime says what it could not read: an object that it cannot judge is a problem, never an absence.
import type { Incarnation, RuntimeId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import type { Conformance } from '../conformance.ts';
import type { Owner, RuntimeLaunch } from '../facts.ts';

/** How much an object has done up to now. Either part is absent where this agent may not see it. */
export interface Usage {
  /** CPU time since its start in milliseconds, over all its processes and the children that they waited for. */
  readonly cpuMs: number | undefined;
  /** Smallest step in which `cpuMs` is counted, in milliseconds. */
  readonly cpuStepMs: number;
  /** Established connections at this moment, probe sources left out. */
  readonly connections: number | undefined;
  /**
   * Bytes that went over its network interfaces since it started, loopback left out. Absent where they cannot be told apart
   * from those of others (the host's own network): connections are all there is then.
   */
  readonly networkBytes?: number | undefined;
}

/** One thing that runs. */
export interface RuntimeObject {
  readonly runtimeId: RuntimeId;
  /** Changes whenever the object is created anew in the same slot. Each runtime says what it is made of. */
  readonly incarnation: Incarnation;
  /** The servo that it is, by the runtime's own identity, which the store does not read. */
  readonly uid: ServoUid;
  /** Its labels or environment. May hold secrets: never logged, never sent. */
  readonly labels: Readonly<Record<string, string>>;
  readonly usage: Usage;
  /** What it was started with, as far as it can still be seen. May hold secrets. */
  readonly argv: readonly string[] | undefined;
  readonly cwd: string | undefined;
  /** Whom it runs as. Absent where the runtime keeps that itself. */
  readonly owner?: Owner | undefined;
  /** Where the runtime keeps it whole when it is stopped. Absent: `argv`, `cwd` and `labels` are what starts it again. */
  readonly launch?: RuntimeLaunch | undefined;
  /** Process that stands for it. Absent where the runtime knows no processes. */
  readonly pid: number | undefined;
  /** Uids of other servos, "?" where they say none, that stopping this one would stop too. Must be empty for it to be stopped. */
  readonly entangledWith: readonly string[];
  /** Where it stands, for messages: `/proc/123`. */
  readonly path: string;
}

export interface RuntimeReading {
  readonly objects: readonly RuntimeObject[];
  readonly problems: readonly Problem[];
}

/**
 * How much of a reading may rest on the one before. `full`: nothing, everything is asked for and read. `hinted`: what no
 * event has mentioned since the last full reading need not be read again, as long as that is not too long ago; that the
 * engine answers, and that every object still runs, is looked at all the same.
 */
export type Depth = 'full' | 'hinted';

export interface Runtime {
  /** Second half of the generation's name. */
  readonly name: string;
  /** Field of an object that its identity is read from, as `env:NAME` or `argv:PREFIX`. A store may not read the same. */
  readonly identityField: string;
  /** What the `labels` of its objects are; with the name of a label they make the name of a field, as in `identityField`. */
  readonly labelKind: 'env' | 'label';
  /** How objects become servos, without anything that differs from host to host. Part of the reader version. */
  readonly mapping: Readonly<Record<string, unknown>>;
  /** What no second agent may serve at the same time. */
  readonly lock: string;
  /**
   * Everything in this agent's scope that runs now. What ends meanwhile is left out; what cannot be read is a problem.
   * Rejects only when the signal aborts, with its reason. An engine that does not answer is a problem.
   * @param depth `full` unless given. Whoever acts on what it shows wants `full`.
   */
  list(signal: AbortSignal, depth?: Depth): Promise<RuntimeReading>;
  /** What this reader makes of its built-in corpus. */
  conform(): Promise<readonly Conformance[]>;
  /** Gives back what it holds between readings. Absent: nothing. */
  close?(): void;
}
