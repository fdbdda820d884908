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

t.test('each contradiction says which', (t) => {
  const says = {
    'no-object': /^on h1: the store records it, and the runtime has no such object$/,
    'no-record': /^on h1: the runtime has it, and the store has no record of it$/,
    'two-uids': /^on h1: store and runtime name two different uids for it$/,
    'uid-twice': /^on h1: its uid stands there twice$/,
    'quarantined-runs': /^on h1: it is in quarantine, and yet it runs$/,
  } as const;
  for (const contradiction of contradictions)
    if (contradiction !== 'none')
      answers(t, identityAgrees(anOrphan({ contradiction }), given), 'refuse', says[contradiction]);
  t.end();
});
