// Every witness, without exception, was read lately, and began to be read after the observation that it is paired with.
// A witness that fails keeps its veto: while one has no fresh snapshot, nothing is stopped. Where one offers no look-up, it is read
// whole at the last moment instead, and a person is asked before.
import { stalenessMs } from '@servo-auditor/proto/time.ts';
import { cap, pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceRound } from '../../../domain/evidence.ts';
import type { Policy } from '../../../domain/policy.ts';
import type { SnapshotMeta, WitnessView } from '../../../domain/witness.ts';
import type { EvidenceGateRule } from '../../given.ts';

/** How old a snapshot may be: what is configured, or twice the time that reading takes, up to the ceiling. */
export function snapshotLimitMs(tookMs: number, policy: Policy): number {
  return Math.min(Math.max(policy.witnessAgeMs, 2 * tookMs), policy.witnessAgeCeilingMs);
}

export const witnessFresh: EvidenceGateRule = ({ witnesses, rounds }, { now, policy }) => {
  let oldestMs = 0;
  let blind: WitnessView | undefined;
  for (const witness of witnesses) {
    const { accepted } = witness;
    const numbers = { witness: witness.id, failure: witness.failure ?? '' };
    const lifts =
      witness.failure === undefined
        ? 'waits for the next reading of {witness}; nothing to do'
        : 'mend the witness {witness} ({failure}); see: servoctl witnesses list';
    if (accepted === undefined)
      return refuse('witness {witness} has no accepted snapshot under this leadership', lifts, numbers);
    const ageMs = stalenessMs(accepted.startedAt, now);
    const limitMs = snapshotLimitMs(accepted.tookMs, policy);
    if (ageMs > limitMs)
      return refuse('the accepted snapshot of {witness} is {ageMs} old, more than {limitMs}', lifts, {
        ...numbers,
        ageMs,
        limitMs,
      });
    const newest = rounds.at(-1);
    if (newest !== undefined && !followed(newest, witness, accepted))
      return refuse(
        'the snapshot of {witness} began before the observation that it is paired with',
        lifts,
        numbers,
      );
    if (!witness.hasLookup) blind = witness;
    oldestMs = Math.max(oldestMs, ageMs);
  }
  if (witnesses.length === 0)
    return refuse('no witness is configured', 'configure the authority and one more source');
  if (blind !== undefined)
    return cap(
      'witness {witness} offers no look-up of a single uid to ask at the last moment',
      'an approval, or a look-up for {witness}',
      { witness: blind.id },
    );
  return pass('{count} witness(es), the oldest accepted snapshot {oldestMs} old', {
    count: witnesses.length,
    oldestMs,
  });
};

function followed(round: EvidenceRound, witness: WitnessView, accepted: SnapshotMeta): boolean {
  const paired = round.snapshots.find((s) => s.witness === witness.id);
  return (
    paired !== undefined &&
    paired.number <= accepted.number &&
    paired.startedAt.bootId === round.receivedAt.bootId &&
    paired.startedAt.monoMs >= round.receivedAt.monoMs
  );
}
