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

t.test('to the second: where one way of saying it ends, the next begins', (t) => {
  const spoken: [number, string][] = [
    [9_999, '10 s'],
    [10_000, '10 s'],
    [10_999, '10 s'],
    [119_999, '119 s'],
    [120_000, '2 min'],
    [179_999, '2 min'],
    [3_599_999, '59 min'],
    [3_660_000, '1 h 01 min'],
    [48 * 3_600_000 - 1, '47 h 59 min'],
    [48 * 3_600_000, '2 d'],
    [49 * 3_600_000, '2 d 1 h'],
    [49.5 * 3_600_000, '2 d 1 h'],
  ];
  for (const [ms, text] of spoken) t.equal(duration(ms), text);
  t.end();
});
