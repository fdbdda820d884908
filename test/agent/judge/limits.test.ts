import t from 'tap';
import { judgeLimits } from '../../../agent/src/judge/limits.ts';
import { hour, limits, nowAt } from '../support/orders.ts';

const at = (waitMs: number) => nowAt(0, waitMs);

t.test('one stop in ten minutes', (t) => {
  t.equal(judgeLimits([], 1000, limits, at(0)), undefined);
  t.match(judgeLimits([0], 1000, limits, at(599_999)), {
    code: 'local-limit',
    message: '1 of 1 stops in 600000 ms are used; the next is free in 1 ms',
  });
  t.equal(judgeLimits([0], 1000, limits, at(600_000)), undefined);
  t.end();
});

t.test('one twentieth of its servos in a day, and one always', (t) => {
  const later = at(20 * hour);
  const stops = [0, hour, 2 * hour];
  t.match(judgeLimits([hour], 19, limits, later), { message: /^1 of 1 stops in 86400000 ms/ });
  t.match(judgeLimits([hour], 0, limits, later), { code: 'local-limit' }, 'also where nothing is left');
  t.match(judgeLimits(stops, 79, limits, later), { message: /^3 of 3 .* free in 14400000 ms$/ });
  t.equal(judgeLimits(stops, 80, limits, later), undefined);
  t.equal(judgeLimits(stops, 79, limits, at(24 * hour)), undefined, 'the oldest counts no more');
  t.end();
});

t.test('no order of the stops, and no more of them than allowed, opens a gap', (t) => {
  t.match(judgeLimits([2 * hour, 0, hour], 20, limits, at(23 * hour)), {
    message: /^3 of 1 .* free in 10800000 ms$/,
  });
  t.end();
});

t.test('time that nobody waited opens nothing: only waitMs counts', (t) => {
  t.match(judgeLimits([0], 1000, limits, { ...nowAt(10 * hour), waitMs: 1 }), { code: 'local-limit' });
  t.end();
});

t.test('a share that is no whole number of stops is rounded down, the time that is left up', (t) => {
  t.match(judgeLimits([hour], 39, limits, at(20 * hour)), { message: /^1 of 1 / });
  t.match(judgeLimits([0.5], 1000, limits, at(599_999)), { message: /free in 2 ms$/ });
  t.end();
});
