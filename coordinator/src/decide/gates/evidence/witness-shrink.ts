// No witness has suddenly lost claims, changed its lineage or gone back: such a snapshot waits for an operator.
import { pass, refuse } from '../../../domain/answer.ts';
import type { EvidenceGateRule } from '../../given.ts';

export const witnessShrink: EvidenceGateRule = ({ witnesses }) => {
  for (const { id, waiting } of witnesses)
    if (waiting !== undefined)
      return refuse(
        'a snapshot of {witness} waits for an operator: {message}',
        'find out why; if it is true: servoctl witnesses accept {witness} --hash {hash}',
        { witness: id, message: waiting.message, hash: waiting.hash },
      );
  return pass('no witness lost more claims than is normal');
};
