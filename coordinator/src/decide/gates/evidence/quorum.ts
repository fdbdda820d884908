// Independent sources say released: the authority, and another that claimed the servo before and claims it no longer.
// Not knowing a servo is no vote, and no vote counts against a claim.
import { cap, pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const quorum: EvidenceGateRule = ({ voices, release }, { policy }) => {
  const claiming = voices.find((v) => v.says === 'claims');
  if (claiming !== undefined)
    return refuse('{witness} claims it', 'nothing: a claimed servo is in use', { witness: claiming.witness });
  const sources = new Set(voices.filter((v) => v.says === 'released').map((v) => v.source));
  const authority = voices.find((v) => v.authority);
  const numbers = { votes: sources.size, limit: policy.quorumSources, sources: [...sources].join(', ') };
  if (release === undefined || authority?.says !== 'released')
    return refuse(
      'the authority does not say that it was released',
      'the authority records its release, or claims it again',
      numbers,
    );
  if (release.capped === 'no-lookup')
    return cap(
      'the authority no longer lists it, but no look-up of this single uid confirms that',
      'an approval, or a look-up that answers',
      numbers,
    );
  if (release.capped === 'tombstone-older')
    return cap(
      'its tombstone names no incarnation, and was read before this one was seen',
      'an approval',
      numbers,
    );
  return sources.size >= policy.quorumSources
    ? pass('{votes} independent sources say released ({sources}), at least {limit}', numbers)
    : cap(
        '{votes} source says released ({sources}), fewer than {limit}: an approver is the second vote',
        'an approval',
        numbers,
      );
};
