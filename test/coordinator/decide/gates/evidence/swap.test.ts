import t from 'tap';
import { swap } from '../../../../../coordinator/src/decide/gates/evidence/swap.ts';
import { anOrphan, aRelease, given, otherUid } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const vanished = { release: aRelease({ kind: 'disappearance' as const }) };

t.test('a servo without tombstone beside a missing one may be it under another name', (t) => {
  const evidence = anOrphan(vanished, {}, { missing: [otherUid], missingRounds: 2, found: 9 });
  answers(t, swap(evidence, given), 'refuse', /h1 has missed 1 servo.* 2 rounds, first servo-2/);
  aloneRefuses(t, 'swap', evidence, 'suspect');
  t.end();
});

t.test('passes for one round, with a tombstone, and when nothing is missing', (t) => {
  answers(
    t,
    swap(anOrphan(vanished, {}, { missing: [otherUid], missingRounds: 1 }), given),
    'pass',
    /1 round/,
  );
  answers(
    t,
    swap(anOrphan({}, {}, { missing: [otherUid], missingRounds: 9 }), given),
    'pass',
    /tombstone of its own/,
  );
  answers(t, swap(anOrphan(vanished), given), 'pass', /misses no servo/);
  t.end();
});

t.test('names nobody where nobody is missing', (t) => {
  t.match(swap(anOrphan(vanished), given).numbers, { uid: '', count: 0 });
  t.end();
});
