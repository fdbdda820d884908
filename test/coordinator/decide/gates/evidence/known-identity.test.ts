import t from 'tap';
import { knownIdentity } from '../../../../../coordinator/src/decide/gates/evidence/known-identity.ts';
import { judge } from '../../../../../coordinator/src/decide/verdict.ts';
import { anOrphan, aRelease, given } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('passes for what the authority claimed here, or holds a tombstone for', (t) => {
  answers(
    t,
    knownIdentity(anOrphan({ known: true, release: undefined }), given),
    'pass',
    /claimed servo-1 on h1/,
  );
  answers(t, knownIdentity(anOrphan({ known: false }), given), 'pass', /tombstone for servo-1/);
  t.end();
});

t.test('alone refuses a disappearance of what was never known', (t) => {
  const evidence = anOrphan({ known: false, release: aRelease({ kind: 'disappearance' }) });
  answers(t, knownIdentity(evidence, given), 'refuse', /never claimed servo-1 on h1/);
  aloneRefuses(t, 'known-identity', evidence, 'suspect');
  t.end();
});

t.test('what is neither known nor released is a stray, and undecided while sight is impaired', (t) => {
  const stranger = anOrphan({ known: false, release: undefined });
  t.equal(judge(stranger, given).verdict, 'stray');
  t.equal(
    judge({ ...stranger, host: anOrphan({}, { digestMatches: false }).host }, given).verdict,
    'undecided',
  );
  t.end();
});
