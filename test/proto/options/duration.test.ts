import * as fc from 'fast-check';
import t from 'tap';
import { parseDuration, writeDuration } from '../../../proto/src/options/duration.ts';

t.test('durations', (t) => {
  const right: readonly (readonly [string, number])[] = [
    ['500 ms', 500],
    ['10 s', 10_000],
    ['15 min', 900_000],
    ['1 h', 3_600_000],
    ['7 d', 604_800_000],
    ['0 s', 0],
    ['1.5 s', 1500],
    ['0.001 s', 1],
    ['10s', 10_000],
  ];
  for (const [text, ms] of right) t.equal(parseDuration(text), ms, text);
  for (const text of [
    '',
    '10',
    's',
    '10 S',
    '10 sec',
    '1e3 s',
    '-1 s',
    '+1 s',
    '1  s',
    ' 1 s',
    '1 s ',
    '0.5 ms',
    '1,5 s',
    '10 m',
  ])
    t.equal(parseDuration(text), undefined, JSON.stringify(text));
  t.end();
});

t.test('what is written is read as the same', (t) => {
  fc.assert(fc.property(fc.nat({ max: 400 * 86_400_000 }), (ms) => parseDuration(writeDuration(ms)) === ms));
  t.strictSame([0, 1500, 60_000, 5_400_000].map(writeDuration), ['0 ms', '1500 ms', '1 min', '90 min']);
  t.end();
});
