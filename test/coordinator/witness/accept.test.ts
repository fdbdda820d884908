import t from 'tap';
import fc from 'fast-check';
import { accept, freshLevels, type Marks, type Seen } from '../../../coordinator/src/witness/accept.ts';
import { day, hour, policy } from '../../support/build.ts';

const seen = (total: number, more: Partial<Seen> = {}, keys: Record<string, number> = {}): Seen => ({
  version: 5,
  lineage: 'db',
  levels: { total, ...keys },
  ...more,
});
const marksOf = (from: Seen, waitMs = 0): Marks => ({
  version: from.version,
  lineage: from.lineage,
  levels: freshLevels(from, waitMs),
});
const why = (marks: Marks, now: Seen, waitMs = hour) => {
  const answer = accept(marks, now, policy, waitMs);
  return answer.kind === 'waiting' ? answer.waiting.why : 'accepted';
};

t.test('the first reading sets the levels, an empty one too: what is never known is never stopped', (t) => {
  t.strictSame(accept(undefined, seen(0), policy, 7), {
    kind: 'accepted',
    levels: { sinceMs: 7, current: { total: 0 }, previous: {} },
  });
  t.end();
});

t.test('another lineage or an older version waits', (t) => {
  t.equal(why(marksOf(seen(10)), seen(10, { lineage: 'db-2' })), 'lineage');
  t.equal(why(marksOf(seen(10)), seen(10, { version: 4 })), 'version');
  t.equal(why(marksOf(seen(10)), seen(10)), 'accepted', 'the same version may be read again');
  t.end();
});

t.test('twenty, or two in a hundred, may vanish in total', (t) => {
  t.equal(why(marksOf(seen(100)), seen(80)), 'accepted');
  t.equal(why(marksOf(seen(100)), seen(79)), 'shrink');
  t.equal(why(marksOf(seen(10_000)), seen(9800)), 'accepted');
  t.equal(why(marksOf(seen(10_000)), seen(9799)), 'shrink');
  t.equal(why(marksOf(seen(100)), seen(0)), 'shrink', 'an answer that is OK and empty');
  t.end();
});

t.test('a host or generation may lose half, or one', (t) => {
  const before = marksOf(seen(100, {}, { 'host:h1': 6, 'host:h2': 1, 'generation:c1:sqlite/process': 30 }));
  const after = (keys: Record<string, number>) =>
    why(before, seen(100, {}, { 'host:h1': 6, 'host:h2': 1, 'generation:c1:sqlite/process': 30, ...keys }));
  t.equal(after({ 'host:h1': 3 }), 'accepted');
  t.equal(after({ 'host:h1': 2 }), 'shrink');
  t.equal(after({ 'host:h2': 0 }), 'accepted');
  t.equal(after({ 'generation:c1:sqlite/process': 14 }), 'shrink');
  t.end();
});

t.test('small steps add up, and what waits never ages the level out', (t) => {
  let marks = marksOf(seen(100));
  for (const [hours, total] of [
    [1, 95],
    [2, 90],
    [3, 85],
    [4, 80],
  ] as const) {
    const answer = accept(marks, seen(total), policy, hours * hour);
    if (answer.kind !== 'accepted') throw new Error(`${total} waits`);
    marks = { ...marks, levels: answer.levels };
  }
  t.equal(why(marks, seen(79), 5 * hour), 'shrink');
  t.equal(why(marks, seen(79), 400 * day), 'shrink', 'also after a year of waiting');
  t.end();
});

t.test('any way down, however slow within a window, is caught before more than the limit is gone', (t) => {
  const steps = fc.array(
    fc.record({ lose: fc.integer({ min: 0, max: 30 }), afterMs: fc.integer({ min: 1, max: hour }) }),
    { maxLength: 23 },
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 900 }), steps, (start, path) => {
      let marks = marksOf(seen(start));
      let total = start;
      let at = 0;
      for (const { lose, afterMs } of path) {
        total = Math.max(0, total - lose);
        at += afterMs;
        const answer = accept(marks, seen(total), policy, at);
        if (answer.kind === 'waiting') return start - total > 20;
        if (start - total > 20) return false;
        marks = { ...marks, levels: answer.levels };
      }
      return true;
    }),
  );
  t.end();
});
