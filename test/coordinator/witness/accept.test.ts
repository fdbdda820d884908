import t from 'tap';
import * as fc from 'fast-check';
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

t.test('a witness that says nothing at all any more waits, however little it had to say', (t) => {
  t.equal(why(marksOf(seen(15)), seen(1)), 'accepted', 'small enough to be deletions');
  t.equal(why(marksOf(seen(15)), seen(0)), 'shrink');
  t.equal(why(marksOf(seen(2)), seen(0)), 'shrink');
  t.equal(why(marksOf(seen(1)), seen(0)), 'accepted', 'one deletion');
  t.end();
});

t.test('the message has every number, for the first three scopes', (t) => {
  const keys = { 'host:h1': 4, 'host:h2': 4, 'host:h3': 4, 'host:h4': 4 };
  const answer = accept(marksOf(seen(1000, {}, keys)), seen(960), policy, hour);
  t.equal(
    answer.kind === 'waiting' && answer.waiting.message,
    'claims of all servos fell from 1000 to 960: 40 fewer, at most 20 may go at once or in small steps; ' +
      'claims of host:h1 fell from 4 to 0: 4 fewer, at most 2 may go at once or in small steps; ' +
      'claims of host:h2 fell from 4 to 0: 4 fewer, at most 2 may go at once or in small steps; and 2 scopes more',
  );
  t.end();
});

t.test(
  'what waits can be accepted while later readings are near it, and its hash names nothing else',
  (t) => {
    const marks = marksOf(seen(1000));
    const waits = (now: Seen, held?: Seen) => {
      const answer = accept(marks, now, policy, hour, held);
      if (answer.kind !== 'waiting') throw new Error('accepted');
      return answer;
    };
    const first = waits(seen(500));
    const next = waits(seen(495, { version: 6 }), first.seen);
    t.strictSame([next.waiting, next.seen], [first.waiting, first.seen], 'a busy witness, much the same');
    const hashes = [
      first,
      waits(seen(470, { version: 7 }), first.seen),
      waits(seen(530, { version: 7 }), first.seen),
      waits(seen(0, { version: 7 }), first.seen),
      waits(seen(500, { lineage: 'other' }), first.seen),
    ].map(({ waiting }) => waiting.hash);
    t.equal(new Set(hashes).size, hashes.length, 'each is another one to accept');
    t.equal(accept(marks, seen(990), policy, hour, first.seen).kind, 'accepted', 'it came back');
    const accepted = marksOf(first.seen);
    t.equal(accept(accepted, seen(495, { version: 6 }), policy, hour).kind, 'accepted');
    t.equal(why(accepted, seen(400, { version: 6 })), 'shrink', 'accepted was what was seen, and no less');
    t.end();
  },
);

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

const limitOf = (level: number): number => Math.max(20, Math.floor(level * 0.02));

t.test('whatever the way down, never more than the limit goes within a window', (t) => {
  const steps = fc.array(
    fc.record({
      by: fc.integer({ min: -30, max: 10 }),
      afterMs: fc.integer({ min: 1, max: 8 * hour }),
      accepts: fc.integer({ min: 0, max: 9 }),
    }),
    { maxLength: 40 },
  );
  let waited = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), steps, (start, path) => {
      let marks = marksOf(seen(start));
      let accepted = [{ at: 0, total: start }];
      let total = start;
      let at = 0;
      for (const { by, afterMs, accepts } of path) {
        total = Math.max(0, total + by);
        at += afterMs;
        const answer = accept(marks, seen(total), policy, at);
        const recent = accepted.filter((a) => at - a.at <= day).map((a) => a.total);
        const level = Math.max(...recent, accepted.at(-1)?.total ?? 0);
        const tooFar = level - total > limitOf(level) || (total === 0 && level > 1);
        if (answer.kind === 'accepted') {
          if (tooFar) return false;
          accepted.push({ at, total });
          marks = { ...marks, levels: answer.levels };
        } else {
          waited++;
          // An operator accepts what was seen: it is the level from here on.
          if (accepts > 0) continue;
          marks = marksOf(answer.seen, at);
          accepted = [{ at, total }];
        }
      }
      return true;
    }),
    { numRuns: 500 },
  );
  t.ok(waited > 100, `${waited} readings had to wait`);
  t.end();
});

t.test(
  'levels never fall while a reading waits, and are what was accepted in the last one to two windows',
  (t) => {
    const steps = fc.array(
      fc.record({ total: fc.integer({ min: 0, max: 200 }), afterMs: fc.integer({ min: 1, max: 30 * hour }) }),
      { maxLength: 30 },
    );
    fc.assert(
      fc.property(steps, (path) => {
        let marks = marksOf(seen(100));
        let accepted = [{ at: 0, total: 100 }];
        let at = 0;
        for (const { total, afterMs } of path) {
          at += afterMs;
          const answer = accept(marks, seen(total), policy, at);
          if (answer.kind === 'waiting') continue;
          marks = { ...marks, levels: answer.levels };
          accepted = [...accepted, { at, total }];
          const { current, previous } = answer.levels;
          const level = Math.max(current['total'] ?? 0, previous['total'] ?? 0);
          if (accepted.some((a) => at - a.at <= day && a.total > level)) return false;
          if (!accepted.some((a) => a.total === level)) return false;
        }
        return true;
      }),
      { numRuns: 500 },
    );
    t.end();
  },
);
