// A servo that is missing beside one that nobody claims is how a renamed identity looks. When nobody expects the missing one any
// more, it may still be there under the old name: so what was seen meanwhile is no evidence against that. A servo of the same project
// that is claimed (by the authority, naming this host or none, or by another source alone) and seen nowhere looks the same, or is
// just not started yet, or gone and not cleaned up: a person decides.
import { cap, pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceRound } from '../../../domain/evidence.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const swap: EvidenceGateRule = (
  { host: { view, match, swappedMs }, release, rounds, nowhere, nowhereMs },
  { policy },
) => {
  const missing = match.missing[0];
  const numbers = {
    host: view.id,
    rounds: match.missingRounds,
    limit: policy.swapRounds,
    uid: missing ?? '',
    count: match.missing.length,
  };
  const tombstone = release?.kind === 'tombstone';
  if (missing !== undefined && match.missingRounds >= policy.swapRounds && !tombstone)
    return refuse(
      '{host} has missed {count} servo(s) that the authority expects there for {rounds} rounds, first {uid}: this may be it under another name',
      'find out where {uid} is; only if it is truly gone, and not here under another name: servoctl hosts acknowledge {host} --missing {uid}',
      numbers,
    );
  const after = countAfter(rounds, swappedMs);
  // With fewer rounds than that in all, their own gate says so, and for the right reason.
  if (!tombstone && after < rounds.length && after < policy.evidenceRounds)
    return refuse(
      '{host} missed a servo that the authority expected there until {after} round(s) ago, fewer than {limit}',
      'waits for rounds of evidence in which {host} misses nothing; nothing to do',
      { ...numbers, after, limit: policy.evidenceRounds },
    );
  if (nowhere !== undefined)
    return cap(
      '{renamed} is claimed for its project, and no host shows it: this may be it under another name',
      'find out where {renamed} is: if it is not this, approve the plan; else it waits until a host shows {renamed}, or nobody claims it',
      { ...numbers, renamed: nowhere },
    );
  const since = countAfter(rounds, nowhereMs);
  if (since < rounds.length && since < policy.evidenceRounds)
    return cap(
      'until {since} round(s) ago, fewer than {limit}, a servo of its project was claimed that no host showed',
      'waits for rounds of evidence without such a claim; nothing to do',
      { ...numbers, since, limit: policy.evidenceRounds },
    );
  if (missing === undefined) return pass('{host} misses no servo that the authority expects there', numbers);
  return tombstone
    ? pass('{host} misses {uid}, but this servo has a tombstone of its own', numbers)
    : pass('{host} has missed {uid} for {rounds} round(s), fewer than {limit}', numbers);
};

/** @param ms undefined: it never was, so all of them came after it. */
function countAfter(rounds: readonly EvidenceRound[], ms: number | undefined): number {
  return rounds.filter((round) => ms === undefined || round.atMs > ms).length;
}
