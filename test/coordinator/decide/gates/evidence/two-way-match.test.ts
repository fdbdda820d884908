import t from 'tap';
import {
  mustBeFound,
  twoWayMatch,
} from '../../../../../coordinator/src/decide/gates/evidence/two-way-match.ts';
import { aMatch, anOrphan, given } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

t.test('nine tenths, or all but one, whichever is fewer', (t) => {
  for (const [expected, needed] of [
    [1, 0],
    [2, 1],
    [5, 4],
    [10, 9],
    [20, 18],
    [200, 180],
  ] as const)
    t.equal(mustBeFound(expected, 0.9), needed, `${expected}`);
  t.end();
});

t.test('alone refuses where too few of the expected servos were found', (t) => {
  answers(
    t,
    twoWayMatch(anOrphan({}, {}, { expected: 20, found: 18 }), given),
    'pass',
    /of 20 .* 18 were found, at least 18/,
  );
  const evidence = anOrphan({}, {}, { expected: 20, found: 17 });
  answers(t, twoWayMatch(evidence, given), 'refuse', /only 17 were found, fewer than 18/);
  aloneRefuses(t, 'two-way-match', evidence, 'suspect');
  t.end();
});

t.test(
  'where nothing is expected on the host, its generation counts; where nothing at all, it refuses',
  (t) => {
    const { host } = anOrphan({}, {}, { expected: 0, found: 0 });
    answers(t, twoWayMatch(anOrphan({ host }), given), 'pass', /generation sqlite\/process in c1/);
    const misread = { ...host, generationMatch: aMatch({ expected: 40, found: 3 }) };
    aloneRefuses(t, 'two-way-match', anOrphan({ host: misread }), 'suspect');
    const blank = { ...host, generationMatch: aMatch({ expected: 0, found: 0 }) };
    answers(t, twoWayMatch(anOrphan({ host: blank }), given), 'refuse', /expects no servo on any host/);
    t.end();
  },
);

t.test('a share that is no whole number of servos is rounded up', (t) => {
  t.equal(mustBeFound(25, 0.9), 23);
  answers(
    t,
    twoWayMatch(anOrphan({}, {}, { expected: 25, found: 22 }), given),
    'refuse',
    /on h1, only 22 were found, fewer than 23/,
  );
  t.end();
});
