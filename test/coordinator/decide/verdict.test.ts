import t from 'tap';
import * as fc from 'fast-check';
import { judge, judgeWhole } from '../../../coordinator/src/decide/verdict.ts';
import { activities, contradictions } from '../../../coordinator/src/domain/servo.ts';
import { evidenceGates } from '../../../coordinator/src/domain/verdict.ts';
import { anOrphan, aRelease, aRound, aVoice, given, registry, router } from '../../support/build.ts';

t.test('an orphan passes every gate, and a claim makes it live at once', (t) => {
  const orphan = judge(anOrphan(), given);
  t.equal(orphan.verdict, 'orphan');
  t.strictSame(
    evidenceGates.map((g) => orphan.row?.[g].outcome),
    evidenceGates.map(() => 'pass'),
  );
  t.notOk(orphan.capped);
  const live = anOrphan({ voices: [aVoice(registry, { says: 'claims' }), aVoice(router)] });
  t.strictSame([judge(live, given).verdict, judge(live, given).row], ['live', undefined]);
  const whole = judgeWhole(live, given);
  t.equal(whole.verdict, 'live');
  t.equal(whole.row?.quorum.outcome, 'refuse', 'the whole row on demand');
  t.end();
});

t.test(
  'released and waiting is suspect; neither released nor known is stray; known without release is undecided',
  (t) => {
    t.equal(judge(anOrphan({ activity: 'active' }), given).verdict, 'suspect');
    t.equal(judge(anOrphan({ release: undefined, known: false }), given).verdict, 'stray');
    t.equal(judge(anOrphan({ release: undefined, known: true }), given).verdict, 'undecided');
    t.equal(
      judge(
        anOrphan({
          release: undefined,
          known: false,
          witnesses: [registry, { ...router, accepted: undefined }],
        }),
        given,
      ).verdict,
      'undecided',
    );
    t.end();
  },
);

// Every way in which evidence can be worse than an orphan's. More of them never makes a servo an orphan.
const faults = [
  () => ({ activity: activities[0] }),
  () => ({ activity: activities[2] }),
  ...contradictions.slice(1).map((contradiction) => () => ({ contradiction })),
  () => ({ release: undefined }),
  () => ({ release: aRelease({ firstReadMs: given.now.waitMs }) }),
  () => ({ firstSeenMs: given.now.waitMs }),
  () => ({ rounds: [] }),
  () => ({ rounds: [aRound(3, 3)] }),
  () => ({ voices: [aVoice(registry, { says: 'nothing' as const })] }),
  () => ({ voices: [aVoice(registry), aVoice(router, { says: 'claims' as const })] }),
  () => ({ witnesses: [registry, { ...router, accepted: undefined }] }),
  () => ({ host: anOrphan({}, { contested: 'x' }).host }),
  () => ({ host: anOrphan({}, { inventory: undefined }).host }),
  () => ({ host: anOrphan({}, { digestMatches: false }).host }),
  () => ({ host: anOrphan({}, {}, { expected: 10, found: 1 }).host }),
];

t.test('any set of faults keeps the servo', (t) => {
  fc.assert(
    fc.property(fc.subarray(faults, { minLength: 1 }), (chosen) => {
      const evidence = Object.assign({}, anOrphan(), ...chosen.map((make) => make())) as ReturnType<
        typeof anOrphan
      >;
      return judge(evidence, given).verdict !== 'orphan';
    }),
  );
  t.end();
});

t.test('time alone moves no clock but the waits towards orphan', (t) => {
  const young = anOrphan({ release: aRelease({ firstReadMs: given.now.waitMs - 60_000 }) });
  const clocks = fc.record({
    wallMs: fc.integer({ min: -1e9, max: 1e9 }),
    bootMs: fc.integer({ min: 0, max: 1e9 }),
    monoMs: fc.integer({ min: 0, max: 1e9 }),
  });
  fc.assert(
    fc.property(clocks, (jump) => {
      const { now } = given;
      const jumped = {
        ...now,
        wallMs: now.wallMs + jump.wallMs,
        bootMs: now.bootMs + jump.bootMs,
        monoMs: now.monoMs + jump.monoMs,
      };
      return judge(young, { ...given, now: jumped }).verdict === 'suspect';
    }),
  );
  t.end();
});

t.test('a live servo is neither capped nor asked about', (t) => {
  const live = judge(
    anOrphan({ voices: [aVoice(registry, { says: 'claims' })], activity: 'unknown' }),
    given,
  );
  t.match(live, { verdict: 'live', capped: false, row: undefined });
  t.end();
});
