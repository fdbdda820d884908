// The authority has known this very identity, here: it claimed it while this incarnation was observed, or holds its tombstone.
// What fails this is a stray, and exactly what a misread store looks like.
import { pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const knownIdentity: EvidenceGateRule = ({ known, release, uid, host }) => {
  const numbers = { uid, host: host.view.id };
  if (known)
    return pass('the authority claimed {uid} on {host} while this incarnation was observed there', numbers);
  if (release?.kind === 'tombstone')
    return pass('the authority holds a tombstone for {uid} on {host}', numbers);
  return refuse(
    'the authority never claimed {uid} on {host}, and holds no tombstone for it',
    'nothing lifts this automatically: a misread store looks exactly so. Compare the uid on {host} with the registry, and mend the field mapping if they differ',
    numbers,
  );
};
