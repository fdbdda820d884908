// Neither the release nor the servo is too new: registries lag, and people change their minds.
import { pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const grace: EvidenceGateRule = ({ release, firstSeenMs }, { now, policy }) => {
  const seenMs = now.waitMs - firstSeenMs;
  const seen = { seenMs, seenLimitMs: policy.graceSeenMs };
  if (seenMs < policy.graceSeenMs)
    return refuse('first seen {seenMs} ago, less than {seenLimitMs}', 'waits; nothing to do', seen);
  if (release === undefined) return refuse('not released', 'the authority records its release', seen);
  const releasedMs = now.waitMs - release.firstReadMs;
  const numbers = { ...seen, releasedMs, releasedLimitMs: policy.graceReleasedMs };
  return releasedMs >= policy.graceReleasedMs
    ? pass(
        'released {releasedMs} ago (at least {releasedLimitMs}), seen {seenMs} ago (at least {seenLimitMs})',
        numbers,
      )
    : refuse(
        'released {releasedMs} ago, less than {releasedLimitMs}',
        'waits; the release can still be taken back until then',
        numbers,
      );
};
