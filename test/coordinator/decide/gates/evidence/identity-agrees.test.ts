import t from 'tap';
import { identityAgrees } from '../../../../../coordinator/src/decide/gates/evidence/identity-agrees.ts';
import { contradictions } from '../../../../../coordinator/src/domain/servo.ts';
import { anOrphan, given } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('every contradiction refuses', (t) => {
  answers(t, identityAgrees(anOrphan(), given), 'pass', /agree/);
  for (const contradiction of contradictions.filter((c) => c !== 'none')) {
    answers(t, identityAgrees(anOrphan({ contradiction }), given), 'refuse', /on h1: /);
    aloneRefuses(t, 'identity-agrees', anOrphan({ contradiction }), 'suspect');
  }
  t.end();
});
