// The next commands, gate by gate: exactly these words, for they are copied as they stand.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { nextFor } from '../../../coordinator/src/decide/next.ts';
import { actingOn, answerActions } from '../../../coordinator/src/decide/plan.ts';
import type { Subject } from '../../../coordinator/src/decide/subject.ts';
import { judgeWhole } from '../../../coordinator/src/decide/verdict.ts';
import type { Evidence } from '../../../coordinator/src/domain/evidence.ts';
import type { RoundContext } from '../../../coordinator/src/domain/plan.ts';
import {
  ago,
  aCharge,
  aContext,
  anInventory,
  anOrphan,
  aRelease,
  aVoice,
  cell,
  digest,
  generation,
  given,
  h1,
  incarnation,
  minute,
  now,
  operator,
  otherUid,
  registry,
  router,
} from '../../support/build.ts';

function next(evidence: Evidence, context: RoundContext = aContext(), more: Partial<Subject> = {}) {
  const judgement = judgeWhole(evidence, given);
  const found = nextFor({
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
  return found.map(({ command, why }) => `${command}  # ${why}`);
}

const keep = "servoctl holds set --servo servo-1 --reason '...'  # keep it, whatever the witnesses say";
const back =
  "servoctl restore servo servo-1 --host h1 --reason '...'  # start it again, and hold it for a while";
const host = 'servoctl hosts show h1  # what is wrong with its host';
const witnesses = 'servoctl witnesses list  # which witness fails, and why';
const compare =
  'servoctl servos list --host h1  # compare these uids with the registry: if they differ, mend the field mapping on the host';
const problem = { path: '/srv/a.json', code: 'x', message: 'x', contentSha256: digest };
const { contentSha256: _, ...bare } = problem;
const unread = (...problems: readonly object[]) => ({
  inventory: anInventory([{}], { problems: problems as never }),
});
const acknowledge = (path: string) =>
  `servoctl hosts acknowledge h1 --path ${path} --sha256 ${digest} --reason '...'  # if this broken item is known and harmless: it then counts as read, and as protected`;
const missing = { missing: [otherUid], missingRounds: 4, expected: 10, found: 9 };
const vanished = { release: aRelease({ kind: 'disappearance' as const }) };
const claims = [aVoice(registry, { says: 'claims' as const }), aVoice(router)];

t.test('of what is not acted on, nothing but the way back', (t) => {
  t.strictSame(next(anOrphan({ voices: claims })), []);
  t.strictSame(next(anOrphan({ voices: claims, activity: 'active', contradiction: 'no-record' })), []);
  t.strictSame(next(anOrphan({ voices: claims, state: 'quarantined' })), [back]);
  t.strictSame(
    next(anOrphan({ state: 'quarantined' })),
    [back],
    'no gate holds back what is stopped already',
  );
  t.strictSame(next(anOrphan({ state: 'quarantined' }), aContext({ modes: new Map() })), [back]);
  const strange = anOrphan({ release: undefined, known: false });
  t.strictSame(next(strange), [compare], 'a stray is never stopped, and needs no hold');
  t.strictSame(next(strange, aContext({ modes: new Map() }), { confirmed: false }), [compare]);
  t.end();
});

t.test('an orphan is confirmed once, and may be kept', (t) => {
  t.strictSame(next(anOrphan()), [keep]);
  t.strictSame(next(anOrphan(), aContext(), { confirmed: false }), [
    `servoctl certifications confirm servo-1 --incarnation ${incarnation} --host h1 --reason '...'  # if you have looked and it is a true orphan: ${generation} needs one to be certified`,
    keep,
  ]);
  t.strictSame(
    next(anOrphan({ activity: 'active' }), aContext(), { confirmed: false }),
    [keep],
    'a suspect is not',
  );
  t.strictSame(next(anOrphan(), aContext(), { actions: undefined }), [keep], 'before the first round');
  t.end();
});

const evidence: Readonly<Record<string, readonly [Evidence, readonly string[]]>> = {
  'a host that does not answer': [anOrphan({}, { heartbeat: undefined }), [host, keep]],
  'a contested host': [
    anOrphan({}, { contested: 'two' }),
    [host, "servoctl hosts accept h1 --reason '...'  # once you know which is the true host", keep],
  ],
  'an item with a hash': [anOrphan({}, unread(problem)), [host, acknowledge('/srv/a.json'), keep]],
  'an item without a hash': [anOrphan({}, unread(bare)), [host, keep]],
  'an item with a hash behind one without': [
    anOrphan({}, unread(bare, problem)),
    [host, acknowledge('/srv/a.json'), keep],
  ],
  'an item whose name a shell would take apart': [
    anOrphan({}, unread({ ...problem, path: "/a b'c" })),
    [host, acknowledge("'/a b'\\''c'"), keep],
  ],
  'a contradiction': [anOrphan({ contradiction: 'no-record' }), [host, keep]],
  'a misread host': [anOrphan({}, {}, { expected: 20, found: 9 }), [compare, keep]],
  'a missing servo': [
    anOrphan(vanished, {}, missing),
    [
      'servoctl explain servo-2  # where servo-2 is, which is expected on h1',
      "servoctl hosts acknowledge h1 --missing servo-2 --reason '...'  # if it is truly gone",
      keep,
    ],
  ],
  'a missing servo on a misread host': [
    anOrphan(vanished, {}, { ...missing, found: 2 }),
    ['servoctl explain servo-2  # where servo-2 is, which is expected on h1', compare, keep],
  ],
  'a witness without a snapshot': [
    anOrphan({ witnesses: [registry, { ...router, accepted: undefined }] }),
    [witnesses, keep],
  ],
  'a snapshot that waits': [
    anOrphan({
      witnesses: [registry, { ...router, waiting: { why: 'shrink', message: 'half', hash: 'h7' } }],
    }),
    [
      'servoctl witnesses list  # what changed, with numbers',
      "servoctl witnesses accept router --hash h7 --reason '...'  # only if the change is true",
      keep,
    ],
  ],
  'a second vote that is missing': [
    anOrphan({ voices: [aVoice(registry, { says: 'nothing' }), aVoice(router)] }),
    [keep],
  ],
  'rounds that are missing': [anOrphan({ rounds: [] }), [keep]],
  grace: [anOrphan({ firstSeenMs: now.waitMs }), [keep]],
  use: [anOrphan({ activity: 'active' }), [keep]],
};

for (const [what, [given, wanted]] of Object.entries(evidence))
  t.test(`the evidence: ${what}`, (t) => {
    t.strictSame(next(given), wanted);
    t.end();
  });

const hold = {
  id: 4,
  scope: { kind: 'host', host: h1 } as const,
  by: operator,
  reason: 'x',
  since: now,
  untilMs: undefined,
};
const inPropose = new Map([[`${cell}:${generation}`, 'propose' as const]]);
const promote = `servoctl modes set c1 ${generation} propose --reason '...'  # it is certified: let operators approve stops`;
const action: Readonly<Record<string, readonly [RoundContext, readonly string[], Partial<Subject>?]>> = {
  'a reader that is not certified': [
    aContext({ tracks: [] }),
    ['servoctl certifications list  # how far it has come, and what it waits for', keep],
  ],
  propose: [
    aContext({ modes: inPropose }),
    ['servoctl plans show c1  # see the list, and approve it', keep],
    { mode: 'propose' },
  ],
  'observe, certified for propose': [
    aContext({ modes: new Map() }),
    [promote, keep],
    { mode: 'observe', certified: 'propose' },
  ],
  'observe, certified for enforce': [aContext({ modes: new Map() }), [promote, keep], { mode: 'observe' }],
  'observe, not certified': [
    aContext({ modes: new Map() }),
    [keep],
    { mode: 'observe', certified: 'observe' },
  ],
  'a hold': [
    aContext({ holds: [hold] }),
    ["servoctl holds release 4 --reason '...'  # if the hold is no longer wanted"],
  ],
  'a freeze': [
    aContext({ freeze: { by: operator, reason: 'x', since: now } }),
    ["servoctl unfreeze --reason '...'  # if the freeze is no longer wanted", keep],
  ],
  'hosts that do not answer': [
    aContext({}, { cells: new Map() }),
    [
      'servoctl hosts list --cell c1  # which hosts do not answer; dead ones are taken out with: servoctl hosts retire <host>',
      keep,
    ],
  ],
  'a stall': [aContext({}, { stalledMs: 60_000 }), [keep]],
  'an open breaker': [
    aContext({
      breakers: [{ cohort: 'cell:c1', since: ago(minute), message: 'x', members: [], hash: digest }],
    }),
    ['servoctl breakers show cell:c1  # see the list, and close it if it is true', keep],
  ],
  'a budget': [aContext({ charges: [aCharge()] }), ['servoctl orders list  # what is under way', keep]],
};

for (const [what, [context, wanted, more]] of Object.entries(action))
  t.test(`the action: ${what}`, (t) => {
    t.strictSame(next(anOrphan(), context, more), wanted);
    t.end();
  });

t.test('a servo that is missing without a name leads nowhere', (t) => {
  const judgement = judgeWhole(anOrphan(vanished, {}, missing), given);
  const { evidence: own } = judgement;
  const unnamed = {
    ...judgement,
    evidence: { ...own, host: { ...own.host, match: { ...own.host.match, missing: [] } } },
  };
  const found = nextFor({
    judgement: unnamed,
    actions: undefined,
    now,
    servoCase: undefined,
    order: undefined,
    mode: 'enforce',
    certified: 'enforce',
    confirmed: true,
  });
  t.strictSame(
    found.map((n) => n.command),
    ["servoctl holds set --servo servo-1 --reason '...'"],
  );
  t.equal(parseId('servo uid', 'servo-1'), own.uid);
  t.end();
});
