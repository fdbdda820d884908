import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { rounds } from '../../../../../coordinator/src/decide/gates/evidence/rounds.ts';
import { ago, anOrphan, aRelease, aRound, given, hour, minute } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const three = [1, 2, 3].map((n) => aRound(n, 3));

t.test('three rounds over ten minutes', (t) => {
  answers(t, rounds(anOrphan({ rounds: three }), given), 'pass', /3 rounds of evidence over 10 min/);
  answers(
    t,
    rounds(anOrphan({ rounds: three.slice(1) }), given),
    'refuse',
    /2 round\(s\) of evidence over 5 min/,
  );
  aloneRefuses(t, 'rounds', anOrphan({ rounds: three.slice(1) }), 'suspect');
  t.end();
});

t.test('rounds too close together, of one heartbeat, or before the release do not count', (t) => {
  const close = [1, 2, 3].map((n) => aRound(n, 3, { atMs: ago(n * minute).waitMs }));
  answers(t, rounds(anOrphan({ rounds: close }), given), 'refuse', /3 round/);
  const same = three.map((r) => ({ ...r, heartbeat: 7 }));
  answers(t, rounds(anOrphan({ rounds: same }), given), 'refuse', /1 round/);
  answers(
    t,
    rounds(anOrphan({ rounds: three, release: aRelease({ firstReadMs: ago(8 * minute).waitMs }) }), given),
    'refuse',
    /2 round/,
  );
  answers(t, rounds(anOrphan({ rounds: three, release: undefined }), given), 'refuse', /0 round/);
  t.end();
});

t.test('rounds of another boot or leadership, or that were not fresh, do not count', (t) => {
  const first = three[0];
  if (first === undefined) throw new Error('no round');
  for (const other of [
    { bootId: parseId('boot', 'boot-0') },
    { epoch: parseEpoch(2) },
    { fresh: false },
    { atMs: ago(3 * hour).waitMs },
  ])
    answers(
      t,
      rounds(anOrphan({ rounds: [{ ...first, ...other }, ...three.slice(1)] }), given),
      'refuse',
      /2 round/,
    );
  t.end();
});

t.test('a round of the very moment of the release counts', (t) => {
  const [first] = three;
  if (first === undefined) throw new Error('no round');
  const release = aRelease({ firstReadMs: first.atMs });
  answers(t, rounds(anOrphan({ rounds: three, release }), given), 'pass', /3 rounds/);
  answers(
    t,
    rounds(anOrphan({ rounds: three, release: { ...release, firstReadMs: first.atMs + 1 } }), given),
    'refuse',
    /2 round/,
  );
  t.end();
});

t.test('no round spans no time', (t) => {
  t.match(rounds(anOrphan({ rounds: [] }), given).numbers, { rounds: 0, spreadMs: 0 });
  t.end();
});
