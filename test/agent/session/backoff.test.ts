import { assert, double, nat, property } from 'fast-check';
import t from 'tap';
import { backoffMs, maxBackoffMs } from '../../../agent/src/session/backoff.ts';

t.test('grows, is bounded, and is spread over half of itself', (t) => {
  t.equal(backoffMs(0, undefined, 0), 125);
  t.equal(backoffMs(0, undefined, 1), 250);
  t.equal(backoffMs(3, undefined, 0.5), 1500);
  t.equal(backoffMs(1e9, undefined, 1), maxBackoffMs);
  assert(
    property(nat(100), double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const ms = backoffMs(failures, undefined, random);
      return ms > 0 && ms <= maxBackoffMs && ms <= backoffMs(failures + 1, undefined, random);
    }),
  );
  t.end();
});

t.test('never calls earlier than it was asked to', (t) => {
  assert(
    property(nat(20), nat(3_600_000), double({ min: 0, max: 1, noNaN: true }), (n, least, random) => {
      const ms = backoffMs(n, least, random);
      return ms >= least && ms <= Math.max(maxBackoffMs, least * 1.5);
    }),
  );
  t.not(backoffMs(0, 10_000, 0.1), backoffMs(0, 10_000, 0.9), 'and not all hosts at once');
  t.end();
});
