import t from 'tap';
import { duration, render } from '../../../coordinator/src/domain/answer.ts';

t.test('durations read as people say them', (t) => {
  const spoken: [number, string][] = [
    [0, '0 s'],
    [430, '0.4 s'],
    [41_900, '41 s'],
    [119_000, '119 s'],
    [12 * 60_000, '12 min'],
    [3_600_000, '1 h'],
    [3_900_000, '1 h 05 min'],
    [86_400_000, '24 h'],
    [7 * 86_400_000, '7 d'],
    [74 * 3_600_000, '3 d 2 h'],
    [Infinity, 'for ever'],
  ];
  for (const [ms, text] of spoken) t.equal(duration(ms), text);
  t.end();
});

t.test('a sentence shows its numbers by their names, and throws for one that is not there', (t) => {
  t.equal(
    render('{ageMs} of {uid}, {partShare}, {count}', { ageMs: 90_000, uid: 'u', partShare: 0.123, count: 3 }),
    '90 s of u, 12.3 %, 3',
  );
  t.throws(() => render('{missing}', {}), /names missing/);
  t.end();
});
