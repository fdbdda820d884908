// What an invariant is given, and what it says: a violation in words, with its numbers and the events that led there.
import type { HostId, OrderId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { WorldEvent } from '../event.ts';
import type { Figures } from './figures.ts';
import type { Handlers } from './handler.ts';
import type { Ledger } from './ledger.ts';
import type { OracleSetting } from './setting.ts';

export const invariants = [
  'I1',
  'I2',
  'I3',
  'I4',
  'I5',
  'I6',
  'I7',
  'I8',
  'I9',
  'I10',
  'I11',
  'I12',
  'I13',
  'I14',
] as const;
export type InvariantId = (typeof invariants)[number];

export interface Violation {
  readonly invariant: InvariantId;
  readonly atMs: number;
  /** What was broken, with its numbers. */
  readonly message: string;
  /** The events that led there, oldest first; the last one broke it. */
  readonly chain: readonly WorldEvent[];
}

/** What a violation is about: which events belong to it. */
export interface About {
  readonly order?: OrderId | undefined;
  readonly host?: HostId | undefined;
  readonly uid?: ServoUid | undefined;
}

export interface Court {
  readonly ledger: Ledger;
  readonly setting: OracleSetting;
  readonly figures: Figures;
  /** The event that is being seen breaks an invariant. */
  readonly found: (invariant: InvariantId, message: string, about: About) => void;
}

export type Invariant = (court: Court) => Handlers;

/** A time for people: minutes or seconds where milliseconds would be many. */
export function time(ms: number): string {
  if (!Number.isFinite(ms)) return 'for ever';
  if (Math.abs(ms) < 10_000) return `${Math.round(ms)} ms`;
  if (Math.abs(ms) < 600_000) return `${(ms / 1000).toFixed(1)} s`;
  if (Math.abs(ms) < 36_000_000) return `${(ms / 60_000).toFixed(1)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}
