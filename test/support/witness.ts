// How a witness is read in tests: everything that it sinks, or the reason why it failed.
import type { SourceId, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone, WitnessProfile } from '../../coordinator/src/domain/witness.ts';
import { WitnessFailed, type Witness } from '../../coordinator/src/witness/port.ts';

export const profile: WitnessProfile = {
  id: 'w1' as WitnessId,
  source: 's1' as SourceId,
  authority: true,
  reads: 'primary',
  hasLookup: true,
  mappingHash: 'm',
};
export const never = new AbortController().signal;

export async function readAll(witness: Witness, signal: AbortSignal = never) {
  const claims: Claim[] = [];
  const tombstones: Tombstone[] = [];
  const end = await witness.read(
    { claim: (c) => claims.push(c), tombstone: (x) => tombstones.push(x) },
    signal,
  );
  return { ...end, claims, tombstones };
}

/** Message of the `WitnessFailed` that this work must end with. */
export async function failure(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    if (error instanceof WitnessFailed) return error.message;
    throw error;
  }
  throw new Error('did not fail');
}
