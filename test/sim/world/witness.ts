// How a coordinator reads one source of the platform: whole, or one uid at a time, in its own time, and in all the ways in
// which such readings go wrong.
import { parseId, type ServoUid, type WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Claim, Lookup, WitnessProfile } from '../../../coordinator/src/domain/witness.ts';
import {
  WitnessFailed,
  type ReadingEnd,
  type RowSink,
  type Witness,
} from '../../../coordinator/src/witness/port.ts';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import type { Proc } from '../kernel/loop.ts';
import type { Contents, Source } from './platform.ts';

/** How a source answers now. */
export interface Ailment {
  /** It answers whole, and has nothing. Undefined: it has what it has. */
  empty: boolean;
  /** Share of its rows that it answers, as if they were all. */
  share: number;
  /** Answers as it was so many commits ago. */
  stale: number;
  /** An older database stands in its place: of another lineage unless `sameLineage`. */
  restored: { readonly contents: Contents; readonly lineage: string } | undefined;
  /** Share of calls that fail. */
  failing: number;
  /** Milliseconds that a call takes beyond the usual. */
  slowMs: number;
}

export function healthy(): Ailment {
  return { empty: false, share: 1, stale: 0, restored: undefined, failing: 0, slowMs: 0 };
}

/** A look-up has ended: with what it answered, or without an answer. */
export type OnLookup = (
  witness: WitnessId,
  uid: ServoUid,
  beganMs: number,
  claims: readonly Claim[] | 'failed',
) => void;

export interface WitnessGiven {
  readonly source: Source;
  /** Of its queries. */
  readonly edition: number;
  readonly hasLookup: boolean;
  /** The coordinator that reads. */
  readonly proc: Proc;
  readonly ailment: () => Ailment;
  readonly onLookup: OnLookup;
}

const readMs = 40;
const lookupMs = 4;

export function openSimWitness(given: WitnessGiven): Witness {
  const { source, edition, hasLookup, proc, ailment, onLookup } = given;
  const profile: WitnessProfile = {
    id: source.id,
    source: parseId('source', source.id),
    authority: source.isAuthority,
    reads: 'primary',
    hasLookup,
    mappingHash: sha256Hex(`queries of ${source.id}, edition ${edition}`),
  };
  const wait = async (usualMs: number, signal: AbortSignal): Promise<void> => {
    const { slowMs, failing } = ailment();
    await proc.wait(proc.rng.int(1, usualMs) + (slowMs > 0 ? proc.rng.int(0, slowMs) : 0));
    if (signal.aborted) throw new WitnessFailed(`${source.id}: was given up`);
    if (proc.rng.chance(failing)) throw new WitnessFailed(`${source.id}: the connection broke`);
  };
  return {
    profile,
    async read(sink: RowSink, signal: AbortSignal): Promise<ReadingEnd> {
      await wait(readMs, signal);
      const ill = ailment();
      const { contents, lineage } = shownBy(source, ill);
      let rows = 0;
      if (!ill.empty) {
        let left = Math.ceil(contents.claims.size * ill.share);
        for (const claim of contents.claims.values()) {
          if (left-- <= 0) break;
          sink.claim(claim);
          rows++;
        }
        for (const tombstone of contents.tombstones.values()) {
          sink.tombstone(tombstone);
          rows++;
        }
      }
      await wait(readMs, signal);
      return { version: contents.version, lineage, rows };
    },
    async lookup(uid: ServoUid, signal: AbortSignal): Promise<Lookup> {
      const beganMs = proc.loop.nowMs;
      try {
        await wait(lookupMs, signal);
        const ill = ailment();
        const { contents, lineage } = shownBy(source, ill);
        const claims = ill.empty ? [] : [...contents.claims.values()].filter((c) => c.uid === uid);
        // The way back takes time too, in which the platform goes on.
        await wait(lookupMs, signal);
        onLookup(source.id, uid, beganMs, claims);
        return { claims, version: contents.version, lineage };
      } catch (error) {
        onLookup(source.id, uid, beganMs, 'failed');
        throw error;
      }
    },
    close: () => Promise.resolve(),
  };
}

function shownBy(source: Source, ill: Ailment): { readonly contents: Contents; readonly lineage: string } {
  if (ill.restored !== undefined) return ill.restored;
  return { contents: ill.stale > 0 ? source.ago(ill.stale) : source.now, lineage: source.lineage };
}
