// What a judgement is made from: values only, gathered by the caller from a fresh scan, the journal and the clock.
import type {
  Digest,
  Epoch,
  HostId,
  Incarnation,
  InstallationId,
  OrderId,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';

/** Number of a decision, with the hash of the chain up to it. */
export interface Mark {
  readonly version: number;
  readonly hash: Digest;
}

/** What an order says, as far as it is judged. */
export interface Terms {
  readonly id: OrderId;
  readonly installation: InstallationId;
  readonly host: HostId;
  readonly epoch: Epoch;
  readonly decision: Mark;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly identity: Digest;
  /** Milliseconds since the agent sent the nonce that the order cites. */
  readonly livesMs: number;
  readonly acknowledged: readonly { readonly path: string; readonly contentSha256: Digest }[];
}

/** What came with the order, and what this agent remembers. */
export interface Standing {
  /** The signature is by a known order key, over exactly these terms. */
  readonly signed: boolean;
  readonly host: HostId;
  /** When the cited nonce was sent. Absent: this agent never sent it, or so long ago that it has forgotten. */
  readonly nonceSentAt: Instant | undefined;
  readonly memory: Memory;
}

/** The journal, as far as it is judged by. */
export interface Memory {
  /** Why the journal cannot be trusted. Absent: it can. */
  readonly damage: string | undefined;
  /** Absent: no installation was ever met. */
  readonly installation: InstallationId | undefined;
  /** Highest ever seen; 0: none. */
  readonly epoch: number;
  readonly decision: Mark | undefined;
  /** What is known of this order. */
  readonly order: 'new' | 'begun' | 'finished';
  /** When each stop was intended (`waitMs`) that was, or may have been, executed. */
  readonly stopsMs: readonly number[];
}

/** Whether somebody protects a servo with a file on this host. */
export type Hold =
  | { readonly kind: 'none' }
  | { readonly kind: 'held'; readonly file: string }
  | { readonly kind: 'unreadable'; readonly message: string };

/** One row of a scan that began after the order came. */
export interface Row {
  readonly incarnation: Incarnation;
  readonly identity: Digest;
  readonly state: 'running' | 'stopped' | 'quarantined';
  readonly activity: 'active' | 'quiet' | 'measuring' | 'unknown';
  readonly cpuPermille: number | undefined;
  readonly connections: number | undefined;
  readonly contradiction: string;
  /** It is known how to start it again. */
  readonly restorable: boolean;
}

/** What a fresh look at this host shows. */
export interface Sight {
  readonly problems: readonly {
    readonly path: string;
    readonly code: string;
    readonly contentSha256?: Digest | undefined;
  }[];
  /** Servos on this host. */
  readonly servos: number;
  /** Rows that bear the ordered uid. */
  readonly rows: readonly Row[];
  readonly hold: Hold;
  /** Whether stopping would delete nothing, and nothing would bring it back. */
  readonly keepable:
    | { readonly keepable: true }
    | { readonly keepable: false; readonly code: string; readonly message: string };
}

/** How many stops this host allows, whoever orders them. */
export interface LocalLimits {
  readonly stops: number;
  readonly windowMs: number;
  /** Part of the host's servos, from 0 to 1; one is always allowed. */
  readonly longShare: number;
  readonly longWindowMs: number;
}

/** `code` is stable; `message` is for people, with numbers and what would lift it. */
export interface Refused {
  readonly kind: 'refuse';
  readonly code: string;
  readonly message: string;
}

/** `notes`: what the receipt should say beside. */
export type Judgement = { readonly kind: 'act'; readonly notes: readonly string[] } | Refused;

export function refuse(code: string, message: string): Refused {
  return { kind: 'refuse', code, message };
}
