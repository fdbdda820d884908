import t from 'tap';
import { swap } from '../../../../../coordinator/src/decide/gates/evidence/swap.ts';
import { anOrphan, aRelease, given, minute, otherUid } from '../../../../support/build.ts';
import { judge } from '../../../../../coordinator/src/decide/verdict.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const vanished = { release: aRelease({ kind: 'disappearance' as const }) };

t.test('a servo without tombstone beside a missing one may be it under another name', (t) => {
  const evidence = anOrphan(vanished, {}, { missing: [otherUid], missingRounds: 2, found: 9 });
  answers(t, swap(evidence, given), 'refuse', /h1 has missed 1 servo.* 2 rounds, first servo-2/);
  aloneRefuses(t, 'swap', evidence, 'suspect');
  t.end();
});

t.test(
  'what was seen while a servo was missing is no evidence, also once nobody expects it any more',
  (t) => {
    const evidence = anOrphan(vanished);
    const [first, , newest] = evidence.rounds;
    const missedUntil = (swappedMs: number | undefined) => ({
      ...evidence,
      host: { ...evidence.host, swappedMs },
    });
    const early = missedUntil(first?.atMs);
    answers(t, swap(early, given), 'refuse', /missed a servo .* until 2 round\(s\) ago, fewer than 3/);
    aloneRefuses(t, 'swap', early, 'suspect');
    answers(t, swap(missedUntil(newest?.atMs), given), 'refuse', /until 0 round/);
    answers(t, swap(missedUntil((first?.atMs ?? 0) - 1), given), 'pass', /misses no servo/);
    answers(t, swap({ ...anOrphan(), host: early.host }, given), 'pass', /misses no servo/);
    const next = (newest?.atMs ?? 0) + minute;
    const enough = { ...early, rounds: [...evidence.rounds, ...(newest ? [{ ...newest, atMs: next }] : [])] };
    answers(t, swap(enough, given), 'pass', /misses no servo/);
    const few = { ...missedUntil(undefined), rounds: evidence.rounds.slice(1) };
    answers(t, swap(few, given), 'pass', /misses no servo/);
    const again = anOrphan(vanished, {}, { missing: [otherUid], missingRounds: 1 });
    const missed = { ...again, host: { ...again.host, swappedMs: first?.atMs } };
    answers(t, swap(missed, given), 'refuse', /until 2 round\(s\) ago/);
    t.end();
  },
);

t.test('a servo of its project that is claimed and seen nowhere may be it under another name', (t) => {
  const evidence = anOrphan(vanished);
  const [first, , newest] = evidence.rounds;
  const now = swap({ ...evidence, nowhere: otherUid, nowhereMs: newest?.atMs }, given);
  answers(t, now, 'cap', /servo-2 is claimed for its project, and no host shows it/);
  t.match(now.numbers, { renamed: otherUid });
  answers(t, swap({ ...evidence, nowhere: otherUid }, given), 'cap', /servo-2 is claimed/);
  const until = (nowhereMs: number | undefined) => ({ ...evidence, nowhereMs });
  answers(t, swap(until(newest?.atMs), given), 'cap', /until 0 round\(s\) ago, fewer than 3/);
  answers(t, swap(until(first?.atMs), given), 'cap', /until 2 round\(s\) ago/);
  answers(t, swap(until((first?.atMs ?? 0) - 1), given), 'pass', /misses no servo/);
  const next = (newest?.atMs ?? 0) + minute;
  const enough = {
    ...until(first?.atMs),
    rounds: [...evidence.rounds, ...(newest ? [{ ...newest, atMs: next }] : [])],
  };
  answers(t, swap(enough, given), 'pass', /misses no servo/);
  answers(
    t,
    swap({ ...until(undefined), rounds: evidence.rounds.slice(1) }, given),
    'pass',
    /misses no servo/,
  );
  const missed = anOrphan({ ...vanished, nowhere: otherUid }, {}, { missing: [otherUid], missingRounds: 2 });
  answers(t, swap(missed, given), 'refuse', /has missed 1 servo/);
  t.match(judge({ ...evidence, nowhere: otherUid }, given), { verdict: 'orphan', capped: true });
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
  answers(
    t,
    swap(anOrphan(vanished, {}, { missing: [], missingRounds: 9 }), given),
    'pass',
    /misses no servo/,
  );
  t.end();
});

t.test('names nobody where nobody is missing', (t) => {
  t.match(swap(anOrphan(vanished), given).numbers, { uid: '', count: 0 });
  t.end();
});
