// Store and runtime, read by separate code, agree about this servo.
import { pass, refuse } from '../../../domain/answer.ts';
import type { Contradiction } from '../../../domain/servo.ts';
import type { EvidenceGateRule } from '../../given.ts';

const meaning: Readonly<Record<Contradiction, string>> = {
  none: 'store and runtime agree about it',
  'no-object': 'the store records it, and the runtime has no such object',
  'no-record': 'the runtime has it, and the store has no record of it',
  'two-uids': 'store and runtime name two different uids for it',
  'uid-twice': 'its uid stands there twice',
  'quarantined-runs': 'it is in quarantine, and yet it runs',
};

export const identityAgrees: EvidenceGateRule = (evidence) => {
  const says = meaning[evidence.contradiction];
  return evidence.contradiction === 'none'
    ? pass(says)
    : refuse(
        `on {host}: ${says}`,
        'mend the record or the servo on {host}; a contradiction is never acted on automatically',
        {
          host: evidence.host.view.id,
        },
      );
};
