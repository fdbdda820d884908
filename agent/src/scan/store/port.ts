// What a store is to the agent: what the host believes it runs. One file per store implements this; a new one is that file
// and one line in index.ts. A store never guesses: a field that its mapping does not find is a problem, and so is whatever it
// does not understand. It only reads; the platform's store is never written.
import type { ProjectId, RuntimeId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import type { Conformance } from '../conformance.ts';
import type { RuntimeObject } from '../runtime/port.ts';

/** What a store holds of one servo. */
export interface StoreRecord {
  readonly uid: ServoUid;
  /** Reported, and decides nothing. */
  readonly project: ProjectId | undefined;
  /** How the platform starts it. May hold secrets: never logged, never sent. Absent where the mapping names no such field. */
  readonly argv: readonly string[] | undefined;
  readonly cwd: string | undefined;
  readonly env: Readonly<Record<string, string>> | undefined;
  /** Where it stands, for messages. */
  readonly path: string;
  /**
   * The object that this record is a part of: only where the runtime itself keeps the records. Runtime facts that another
   * store notes (a pid) go stale and are not read: there, record and object match by uid alone.
   */
  readonly of: RuntimeId | undefined;
}

export interface StoreReading {
  /** In any order. Two records with one uid are both here, and a problem. */
  readonly records: readonly StoreRecord[];
  /** Empty: the store was read whole. */
  readonly problems: readonly Problem[];
}

export interface Store {
  /** First half of the generation's name. */
  readonly name: string;
  /** Label of a runtime object that records are told apart by. Absent where the store stands outside the runtime. */
  readonly identityLabel: string | undefined;
  /** Field mapping, without anything that differs from host to host. Part of the reader version. */
  readonly mapping: Readonly<Record<string, unknown>>;
  /** What no second agent may serve at the same time: kind and real path. Absent where the runtime's own lock covers it. */
  readonly lock: () => Promise<string | undefined>;
  /**
   * Reads everything. What cannot be read is a problem.
   * @param objects what runs now; only a store that the runtime itself keeps looks at them.
   * Rejects only when the signal aborts, with its reason.
   */
  read(objects: readonly RuntimeObject[], signal: AbortSignal): Promise<StoreReading>;
  /** What this reader makes of its built-in corpus: the same parser, fed with the corpus. */
  conform(): Promise<readonly Conformance[]>;
}
