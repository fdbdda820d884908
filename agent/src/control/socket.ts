// How a command on this host speaks with the running agent: one line of JSON each way, over a socket in the state
// directory, which only the agent's user may enter.
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import type { Incarnation, InstallationId, OrderId, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { DecisionMark, ReceiptOutcome } from '@servo-auditor/proto/wire.ts';
import type { Offer } from '../session/offers.ts';

export type Request =
  | { readonly do: 'status' }
  | { readonly do: 'quarantine' }
  | { readonly do: 'restore'; readonly uid: ServoUid; readonly why: string }
  | { readonly do: 'accept'; readonly installation: InstallationId };

export type Reply =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly message: string };

/** Characters of one line, either way. */
export const maxLineChars = 8 * 1024 * 1024;

export interface Status {
  readonly host: string;
  readonly running: boolean;
  readonly standing: string;
  readonly installation: InstallationId | undefined;
  readonly epoch: number;
  readonly decision: DecisionMark | undefined;
  readonly journal: { readonly sequence: number; readonly path: string; readonly damage: string | undefined };
  readonly quarantined: number;
  /** Outcomes that the coordinator has not acknowledged. */
  readonly unreceipted: readonly OrderId[];
  readonly holds: readonly string[];
  readonly offer: Offer | undefined;
}

export interface QuarantineRow {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly project: ProjectId | undefined;
  readonly order: OrderId;
  /** Waited since the stop, in milliseconds. */
  readonly forMs: number;
  /** False: it may run; nobody can say what became of the stop. */
  readonly certain: boolean;
}

export interface Restored {
  readonly outcome: ReceiptOutcome;
  readonly code: string;
  readonly message: string;
  readonly incarnation?: Incarnation | undefined;
}

/** The kernel takes 107 bytes of a socket's path: a longer directory is reached through an open file. */
const maxPathBytes = 100;

/** Calls with a path of the socket that the kernel takes. It is good for as long as the call lasts. */
export async function withSocketPath<T>(directory: string, call: (path: string) => Promise<T>): Promise<T> {
  const plain = join(directory, 'control.sock');
  if (Buffer.byteLength(plain) <= maxPathBytes) return await call(plain);
  const fd = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await call(`/proc/self/fd/${fd}/control.sock`);
  } finally {
    closeSync(fd);
  }
}
