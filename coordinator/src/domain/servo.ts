// A servo and a host's inventory, in the canonical form, as the coordinator holds them.
// An inventory is immutable and stands in columns: rows of all columns with the same index are one servo.
import type { Digest, Incarnation, ProjectId, RuntimeId, ServoUid } from '@servo-auditor/proto/ids.ts';

export const servoStates = ['running', 'stopped', 'quarantined'] as const;
export type ServoState = (typeof servoStates)[number];

/** What the agent measured over its activity window. `measuring`: quiet so far, window not yet full. `unknown`: cannot be told. */
export const activities = ['active', 'quiet', 'measuring', 'unknown'] as const;
export type Activity = (typeof activities)[number];

/** Where store and runtime disagree about a servo. */
export const contradictions = [
  'none',
  'no-object',
  'no-record',
  'two-uids',
  'uid-twice',
  'quarantined-runs',
] as const;
export type Contradiction = (typeof contradictions)[number];

/** One thing on a host that could not be read. */
export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** Absent: there were no bytes to take a hash of, so it cannot be acknowledged. */
  readonly contentSha256?: Digest;
}

/**
 * All servos of one host. Rows are in canonical order. Enumerations are held as their index in the lists above.
 * Sized for fleets: about 30 bytes a row beside the strings; `uid` strings are shared with the claims (`uidIndex`).
 */
export interface Inventory {
  readonly digest: Digest;
  readonly count: number;
  /** Empty: the inventory is complete. */
  readonly problems: readonly Problem[];
  readonly uid: readonly ServoUid[];
  /** Number of the uid in the coordinator's uid table: how claims are found without hashing. */
  readonly uidIndex: Int32Array;
  readonly incarnation: readonly Incarnation[];
  readonly runtimeId: readonly RuntimeId[];
  readonly project: readonly (ProjectId | undefined)[];
  readonly contradiction: Uint8Array;
  readonly state: Uint8Array;
  readonly activity: Uint8Array;
  /** Thousandths of a core, -1 where the runtime cannot tell. For people. */
  readonly cpuPermille: Int32Array;
  /** Established connections, -1 where the runtime cannot tell. For people. */
  readonly connections: Int32Array;
}
