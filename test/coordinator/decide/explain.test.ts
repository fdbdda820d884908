// The sentence that a person reads first names the verdict, why, and what follows; the commands fit what is in the way.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import {
  explain,
  maxSummaryChars,
  type Explained,
  type Subject,
} from '../../../coordinator/src/decide/explain.ts';
import { actingOn, answerActions } from '../../../coordinator/src/decide/plan.ts';
import { judge, judgeWhole } from '../../../coordinator/src/decide/verdict.ts';
import type { Case } from '../../../coordinator/src/domain/case.ts';
import type { Evidence } from '../../../coordinator/src/domain/evidence.ts';
import type { RoundContext } from '../../../coordinator/src/domain/plan.ts';
import { actionGates, evidenceGates } from '../../../coordinator/src/domain/verdict.ts';
import * as build from '../../support/build.ts';

const {
  aContext,
  aMatch,
  aRelease,
  aVoice,
  ago,
  anOrder,
  anOrphan,
  cell,
  generation,
  h1,
  hour,
  incarnation,
  minute,
  now,
  registry,
  router,
  uid,
} = build;

function explained(
  evidence: Evidence,
  context: RoundContext = aContext(),
  more: Partial<Subject> = {},
): Explained {
  const judgement = judgeWhole(evidence, build.given);
  return explain({
    judgement,
    actions: answerActions(judgement, actingOn([judgement], context)),
    now,
    servoCase: undefined,
    order: undefined,
    mode: 'enforce',
    certified: 'enforce',
    confirmed: true,
    ...more,
  });
}
const commands = (e: Explained): readonly string[] => e.next.map((n) => n.command);

const claimed = () =>
  anOrphan({
    release: undefined,
    voices: [
      aVoice(registry, { says: 'claims', claims: [{ uid, host: h1 }] }),
      aVoice(router, { says: 'claims', claims: [{ uid }] }),
    ],
  });

t.test('live: who claims it, and that nothing is to do', async (t) => {
  const e = explained(claimed());
  t.equal(e.summary, 'Live: registry and router claim it; it is in use, and nothing is done to it.');
  t.strictSame(e.next, []);
  t.equal(e.gates.length, evidenceGates.length + actionGates.length, 'the whole row, for a live one too');
});

t.test('a stray on a host of which much is missing says so at once', async (t) => {
  const missing = [parseId('servo uid', 's-1'), parseId('servo uid', 's-2')];
  const e = explained({
    ...anOrphan(
      { release: undefined, known: false, voices: [aVoice(registry, { says: 'nothing' })] },
      {},
      { expected: 6, found: 0, missing, missingRounds: 4 },
    ),
  });
  t.equal(e.verdict, 'stray');
  t.match(
    e.summary,
    /^Stray: nobody claims it, and the authority never did .*6 of 6 expected servos are missing .*misread/,
  );
  t.match(e.summary, 'never stopped automatically');
  t.match(commands(e), ['servoctl servos list --host h1', 'servoctl explain s-1']);
  t.notOk(
    commands(e).some((c) => c.includes('--missing')),
    'what is missing on a misread host is not to be acknowledged',
  );
  t.notOk(
    commands(e).some((c) => c.startsWith('servoctl holds')),
    'nothing threatens a stray',
  );
});

t.test('a stray beside one missing servo: it may be acknowledged as gone', async (t) => {
  const missing = [parseId('servo uid', 's-1')];
  const match = { expected: 10, found: 9, missing, missingRounds: 4 };
  const e = explained(anOrphan({ release: undefined, known: false }, {}, match));
  t.ok(commands(e).includes("servoctl hosts acknowledge h1 --missing s-1 --reason '...'"));
});

t.test('a suspect that only waits says how long, and how to keep it', async (t) => {
  const e = explained(anOrphan({ release: aRelease({ firstReadMs: ago(12 * minute).waitMs }) }));
  t.equal(e.verdict, 'suspect');
  t.match(
    e.summary,
    /its release \(a tombstone\) was read 12 min ago; not yet an orphan, it waits for .*grace/,
  );
  t.match(e.summary, 'at the earliest in 48 min');
  t.strictSame(commands(e), ["servoctl holds set --servo servo-1 --reason '...'"]);
});

t.test('a suspect that only lacks another round promises no time that has passed', async (t) => {
  const e = explained(anOrphan({ rounds: [build.aRound(1, 3), build.aRound(3, 3)], roundCount: 2 }));
  t.match(e.summary, 'it waits for rounds, which the next rounds bring.');
});

t.test('a suspect that waits for more than time promises no time', async (t) => {
  const e = explained(
    anOrphan({ activity: 'active', release: aRelease({ firstReadMs: ago(12 * minute).waitMs }) }),
  );
  t.match(e.summary, 'quiet');
  t.notMatch(e.summary, 'at the earliest');
});

t.test('an orphan that nothing holds back is stopped with the next round', async (t) => {
  t.match(
    explained(anOrphan()).summary,
    /^Orphan: .*every evidence gate passes; it is stopped with the next round\.$/,
  );
});

t.test('an orphan that is held back names the gate, with the command that lifts it', async (t) => {
  const freeze = { by: build.operator, reason: 'incident 7', since: now };
  const e = explained(anOrphan(), aContext({ freeze }));
  t.match(e.summary, 'not stopped: everything is frozen by ada: incident 7');
  t.equal(commands(e)[0], "servoctl unfreeze --reason '...'");

  const holds = [
    {
      id: 4,
      scope: { kind: 'host', host: h1 } as const,
      by: build.operator,
      reason: 'x',
      since: now,
      untilMs: undefined,
    },
  ];
  const held = explained(anOrphan(), aContext({ holds, freeze }));
  t.match(held.summary, /hold 4 on its host by ada: x .*; also held back by freeze\./);
  t.strictSame(commands(held), [
    "servoctl holds release 4 --reason '...'",
    "servoctl unfreeze --reason '...'",
  ]);
});

t.test('an orphan in observe: promotion is named only where it would be granted', async (t) => {
  const context = aContext({ modes: new Map() });
  const modeCommand = `servoctl modes set ${cell} ${generation} propose --reason '...'`;
  t.ok(commands(explained(anOrphan(), context, { mode: 'observe' })).includes(modeCommand));
  const uncertified = aContext({ modes: new Map(), tracks: [] });
  const e = explained(anOrphan(), uncertified, { mode: 'observe', certified: 'observe', confirmed: false });
  t.notOk(commands(e).includes(modeCommand));
  t.ok(commands(e).includes('servoctl certifications list'));
  t.equal(
    commands(e)[0],
    `servoctl certifications confirm servo-1 --incarnation ${incarnation} --host h1 --reason '...'`,
  );
});

t.test('propose leads to the list that an approval names', async (t) => {
  const context = aContext({ modes: new Map([[`${cell}:${generation}`, 'propose' as const]]) });
  t.equal(commands(explained(anOrphan(), context, { mode: 'propose' }))[0], 'servoctl plans show c1');
});

t.test('an order under way is the news', async (t) => {
  const order = anOrder({ state: 'possible' });
  const e = explained(anOrphan(), aContext({ openOrders: [order] }), { order });
  t.match(e.summary, 'order o-1 to stop it is possible');
});

t.test('in quarantine the first command is the way back', async (t) => {
  const servoCase = { uid, state: 'quarantined', sinceMs: ago(3 * hour).waitMs } as Case;
  const e = explained(anOrphan({ state: 'quarantined' }), aContext(), { servoCase });
  t.match(e.summary, 'in quarantine since 3 h: stopped, kept whole on h1');
  t.strictSame(commands(e), ["servoctl restore servo servo-1 --host h1 --reason '...'"]);
});

t.test('undecided says what cannot be seen, and where to look', async (t) => {
  const failed = { ...router, accepted: undefined, failure: 'GET http://router/: 502' };
  const e = explained(anOrphan({ release: undefined, known: false, witnesses: [registry, failed] }));
  t.match(e.summary, /^Undecided: the evidence does not suffice: witness router has no accepted snapshot/);
  t.ok(commands(e).includes('servoctl witnesses list'));
});

t.test('a broken item is acknowledged by path and hash, quoted for a shell', async (t) => {
  const problem = {
    path: "/srv/a b's.json",
    code: 'not-json',
    message: 'is not JSON',
    contentSha256: build.digest,
  };
  const inventory = build.anInventory([{}], { problems: [problem] });
  const e = explained(anOrphan({}, { inventory }));
  t.ok(
    commands(e).includes(
      `servoctl hosts acknowledge h1 --path '/srv/a b'\\''s.json' --sha256 ${build.digest} --reason '...'`,
    ),
  );
});

t.test('no command stands there twice, no summary is longer than the wire lets through', async (t) => {
  const e = explained(
    anOrphan(
      { release: undefined, known: false },
      { contested: 'y'.repeat(900) },
      { ...aMatch(), found: 0, missing: [uid] },
    ),
  );
  t.equal(new Set(commands(e)).size, commands(e).length);
  t.equal(e.summary.length, maxSummaryChars);
});

t.test('a judgement without its row is a mistake of the caller', async (t) => {
  const judgement = judge(claimed(), build.given);
  t.throws(() => explained(claimed(), aContext(), { judgement }));
});

t.test('summaries, word for word', (t) => {
  const says = (...args: Parameters<typeof explained>) => explained(...args).summary;
  const claims = (witness: typeof registry) => aVoice(witness, { says: 'claims' as const });
  const used = 'it is in use, and nothing is done to it.';
  t.equal(
    says(anOrphan({ voices: [claims(registry), aVoice(router)] })),
    `Live: registry claims it; ${used}`,
  );
  t.equal(
    says(anOrphan({ voices: [claims(registry), claims(router)] })),
    `Live: registry and router claim it; ${used}`,
  );
  t.equal(
    says(anOrphan({ voices: [claims(registry), aVoice(router)], state: 'quarantined' })),
    'Live: registry claims it; it is in quarantine, and is started again by itself unless it lives elsewhere.',
  );
  t.equal(
    says(anOrphan({ state: 'quarantined' })),
    'Orphan: in quarantine: stopped, kept whole on h1, and can be started again.',
  );
  const strange = {
    release: undefined,
    known: false,
    voices: [aVoice(registry, { says: 'nothing' }), aVoice(router, { says: 'nothing' })],
  };
  const never = 'Stray: nobody claims it, and the authority never did under this identity on h1';
  t.equal(says(anOrphan(strange)), `${never}; it is never stopped automatically.`);
  t.equal(
    says(anOrphan(strange, {}, { expected: 10, found: 7 })),
    `${never}, where 3 of 10 expected servos are missing (is the store of h1 misread?); it is never stopped automatically.`,
  );
  t.equal(
    says(anOrphan({ release: aRelease({ kind: 'disappearance' }) })),
    'Orphan: its claim disappeared 2 h ago, nobody claims it, and every evidence gate passes; it is stopped with the next round.',
  );
  t.equal(
    says(anOrphan(), aContext(), { actions: undefined }),
    'Orphan: its release (a tombstone) was read 2 h ago, nobody claims it, and every evidence gate passes; no round has planned with it yet.',
  );
  t.end();
});

t.test('what holds an orphan back is named once, the first with its sentence, the others by name', (t) => {
  const freeze = { by: build.operator, reason: 'x', since: now };
  const then = (context: RoundContext) =>
    explained(anOrphan(), context).summary.split('; ').slice(1).join('; ');
  t.equal(then(aContext({ freeze })), 'not stopped: everything is frozen by ada: x.');
  t.match(then(aContext({ freeze, charges: [build.aCharge()] })), /; also held back by budget\.$/);
  const three = aContext({ freeze, charges: [build.aCharge()] }, { stalledMs: 60_000 });
  t.match(then(three), /; also held back by self-stall, budget\.$/);
  const capped = explained(anOrphan({ release: aRelease({ capped: 'no-lookup' }) }), aContext());
  t.match(capped.summary, /not stopped: capped at propose by quorum, and nobody approved this\.$/);
  t.end();
});

t.test('what keeps others from being stopped is no reason why a suspect is one', (t) => {
  const freeze = { by: build.operator, reason: 'x', since: now };
  t.match(
    explained(anOrphan({ activity: 'measuring' }), aContext({ freeze })).summary,
    /it waits for quiet\.$/,
  );
  t.end();
});

t.test('an order that is closed is no news', (t) => {
  const e = explained(anOrphan(), aContext(), { order: anOrder({ state: 'closed' }) });
  t.match(e.summary, 'it is stopped with the next round');
  t.end();
});

t.test('a suspect waits for the longest of its waits, and for none where more than time is missing', (t) => {
  const ends = (evidence: Evidence) => explained(evidence).summary.replace(/.*it waits for /, '');
  const young = aRelease({ firstReadMs: ago(12 * minute).waitMs });
  t.equal(ends(anOrphan({ release: young })), 'grace, at the earliest in 48 min.');
  t.equal(ends(anOrphan({ release: young, rounds: [] })), 'rounds, grace, at the earliest in 48 min.');
  t.equal(
    ends(anOrphan({ firstSeenMs: ago(14 * minute).waitMs, rounds: [] })),
    'rounds, grace, at the earliest in 10 min.',
  );
  t.equal(ends(anOrphan({ firstSeenMs: ago(3 * minute).waitMs })), 'grace, at the earliest in 12 min.');
  t.equal(ends(anOrphan({ release: young, contradiction: 'no-record' })), 'identity-agrees, grace.');
  t.equal(ends(anOrphan({ activity: 'measuring' })), 'quiet.');
  t.end();
});

t.test('undecided without anything that cannot be seen names its first gate', (t) => {
  const e = explained(anOrphan({ release: undefined, activity: 'active' }));
  t.match(
    e.summary,
    /^Undecided: the evidence does not suffice: the authority does not say that it was released; nothing/,
  );
  t.end();
});

t.test('a summary of just the most characters is whole', (t) => {
  const of = (length: number) => {
    const freeze = { by: build.operator, reason: 'y'.repeat(length), since: now };
    return explained(anOrphan(), aContext({ freeze })).summary;
  };
  const rest = of(1).length - 1;
  t.equal(of(maxSummaryChars - rest), `${of(0).slice(0, -1)}${'y'.repeat(maxSummaryChars - rest)}.`);
  t.match(of(maxSummaryChars - rest + 1), /y…$/);
  t.equal(of(maxSummaryChars - rest + 1).length, maxSummaryChars);
  t.end();
});
