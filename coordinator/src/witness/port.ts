// How a witness is read: whole, as a stream of rows, or one uid at a time. One file per kind implements this.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, Tombstone, WitnessProfile } from '../domain/witness.ts';

/** Characters of a failure. It stands on operators' screens, whose answers have a limit of their own. */
export const maxFailureChars = 1000;

/** A reading that was not complete: whatever was read before it does not count. Says which query, file or page, and why. */
export class WitnessFailed extends Error {
  override readonly name: string = 'WitnessFailed';

  /** @param message may hold what the witness answered: whatever is longer than `maxFailureChars` is cut. */
  constructor(message: string, options?: ErrorOptions) {
    super(message.length > maxFailureChars ? `${message.slice(0, maxFailureChars)}…` : message, options);
  }
}
/** The data changed while it was read: reading it again, from the start, may succeed. */
export class WitnessChanged extends WitnessFailed {
  override readonly name = 'WitnessChanged';
}

/** Where rows go, one at a time, in any order. Throws `WitnessFailed` for a row that contradicts an earlier one. */
export interface RowSink {
  claim(claim: Claim): void;
  tombstone(tombstone: Tombstone): void;
}

/** What a reading says of itself once it is whole. */
export interface ReadingEnd {
  /** Version or watermark of the data: a whole number that never goes back within a lineage. */
  readonly version: number;
  /** Which database this is; the mapping hash is added by the caller. */
  readonly lineage: string;
  /** Rows that were read; must equal what was sunk. */
  readonly rows: number;
}

export interface Witness {
  readonly profile: WitnessProfile;
  /**
   * Reads everything. Resolves only if the reading is whole: the last page was reached and proved to be the last, no row
   * was null or twice, the connection did not break. Else rejects with `WitnessFailed`; also when `signal` aborts.
   * Gives way to the event loop at least every 10 ms.
   */
  read(sink: RowSink, signal: AbortSignal): Promise<ReadingEnd>;
  /**
   * Looks one uid up, by another query than `read` uses. Resolves with its claims, none when it is not claimed.
   * Rejects with `WitnessFailed` when that cannot be told: no row, two answers, a time-out.
   */
  lookup(uid: ServoUid, signal: AbortSignal): Promise<Lookup>;
  close(): Promise<void>;
}
