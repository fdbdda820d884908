// The values that a scan answers with. Immutable: every scan makes new ones.
import type {
  Digest,
  Generation,
  Incarnation,
  ProjectId,
  RuntimeId,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Problem, Servo } from '@servo-auditor/proto/wire.ts';
import type { ActivityMemory } from './activity.ts';
import type { RuntimeObject } from './runtime/port.ts';
import type { StoreRecord } from './store/port.ts';

/** What starts a servo again as it was. May hold secrets: kept in the journal (mode 0600), never logged, never sent. */
export type Launch = CommandLaunch | RuntimeLaunch;

/** Its command: for runtimes that keep nothing of what has ended. */
export interface CommandLaunch {
  /** At least the program. */
  readonly argv: readonly string[];
  /** Absolute path. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Whom it ran as. Absent: the agent's own user, who could see no other's. */
  readonly as?: Owner | undefined;
}

/** A user and groups, by number. */
export interface Owner {
  readonly user: number;
  readonly group: number;
  /** Supplementary ones. */
  readonly groups: readonly number[];
}

/** The runtime itself keeps it whole: it is started again by the name that the runtime has for it. */
export interface RuntimeLaunch {
  readonly by: 'runtime';
  readonly runtimeId: RuntimeId;
  /**
   * What would have brought it back by itself (a restart policy, an autostart), as it was before this agent took it away,
   * and whatever else the actor needs to give back. JSON, written and read by the actor of that runtime alone.
   */
  readonly before: Readonly<Record<string, unknown>>;
}

/** A servo that this agent stopped and keeps, as its journal knows it. */
export interface Quarantined {
  readonly uid: ServoUid;
  /** What was stopped. */
  readonly incarnation: Incarnation;
  readonly runtimeId: RuntimeId;
  readonly project: ProjectId | undefined;
}

/** Everything that is known of one row of the inventory. */
export interface ServoFacts {
  readonly servo: Servo;
  /** What runs. Absent: nothing does. */
  readonly object: RuntimeObject | undefined;
  readonly record: StoreRecord | undefined;
  /** Absent: neither object nor record tell the whole of it, so it could not be started again. */
  readonly launch: Launch | undefined;
}

/** All servos of this host, or what could not be read of them. */
export interface Inventory {
  readonly generation: Generation;
  /** In canonical order (proto/src/canonical.ts), no identity twice. */
  readonly servos: readonly Servo[];
  /** Over the identities of `servos`. */
  readonly digest: Digest;
  /** At most `maxProblems`; the last one then sums the rest up. */
  readonly problems: readonly Problem[];
  /** Nothing was left unread: `problems` is empty. */
  readonly complete: boolean;
  /** Rows by uid. More than one for a uid only where they contradict each other. */
  readonly facts: ReadonlyMap<ServoUid, readonly ServoFacts[]>;
  /** When the scan began: everything in it was read later. */
  readonly began: Now;
  /** To be given to the next scan. */
  readonly activity: ActivityMemory;
}
