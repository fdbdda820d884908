import t from 'tap';
import { modeKey, type Approval, type Mode } from '../../../../../coordinator/src/domain/operator.ts';
import { askGate, aloneBlocks } from '../../../../support/acting.ts';
import {
  ago,
  aContext,
  anOrphan,
  aRelease,
  cell,
  generation,
  hour,
  incarnation,
  minute,
  operator,
  otherUid,
  uid,
} from '../../../../support/build.ts';
import { answers } from '../../../../support/gate.ts';

const inMode = (mode: Mode | undefined, approvals: readonly Approval[] = []) =>
  aContext({ modes: new Map(mode === undefined ? [] : [[modeKey(cell, generation), mode]]), approvals });
const approval: Approval = {
  uid,
  incarnation,
  by: operator,
  reason: 'seen',
  at: ago(30 * minute),
  pausedMs: 0,
};

t.test('what was never promoted is in observe', (t) => {
  answers(t, askGate('mode', inMode(undefined)), 'refuse', /mode observe/);
  aloneBlocks(t, 'mode', inMode('observe', [approval]));
  t.end();
});

t.test('propose wants a living approval of this very incarnation', (t) => {
  aloneBlocks(t, 'mode', inMode('propose'));
  answers(t, askGate('mode', inMode('propose', [approval])), 'pass', /approved by ada: seen/);
  const others = [
    { ...approval, uid: otherUid },
    { ...approval, incarnation: 'inc-0' as typeof incarnation },
    { ...approval, at: ago(hour + 1) },
  ];
  for (const other of others)
    answers(t, askGate('mode', inMode('propose', [other])), 'refuse', /nobody approved/);
  answers(
    t,
    askGate('mode', inMode('propose', [{ ...approval, at: ago(hour + 1), pausedMs: minute }])),
    'pass',
    /approved/,
  );
  t.end();
});

t.test('enforce needs none, unless an evidence gate capped it', (t) => {
  answers(t, askGate('mode', inMode('enforce')), 'pass', /mode enforce/);
  const capped = anOrphan({ release: aRelease({ capped: 'no-lookup' }) });
  answers(t, askGate('mode', inMode('enforce'), capped), 'refuse', /capped at propose by quorum/);
  answers(t, askGate('mode', inMode('enforce', [approval]), capped), 'pass', /approved/);
  aloneBlocks(t, 'mode', inMode('enforce'), capped);
  t.end();
});

t.test('an approval lives to the end of its time', (t) => {
  answers(t, askGate('mode', inMode('propose', [{ ...approval, at: ago(hour) }])), 'pass', /approved/);
  t.end();
});

t.test('an approval does not speak of a new name that was claimed after it', (t) => {
  const claimed = (ms: number) => anOrphan({ nowhere: otherUid, nowhereSince: ago(ms) });
  const later = claimed(30 * minute - 1);
  answers(t, askGate('mode', inMode('enforce', [approval]), later), 'refuse', /capped at propose by swap/);
  answers(t, askGate('mode', inMode('enforce', [approval]), claimed(30 * minute)), 'pass', /approved/);
  t.end();
});

t.test('what waits for an approval says for which of the two reasons', (t) => {
  const capped = anOrphan({ release: aRelease({ capped: 'no-lookup' }) });
  const plain = askGate('mode', inMode('propose'));
  answers(t, plain, 'refuse', /^sqlite\/process in c1 is in mode propose, and nobody approved this$/);
  t.equal(plain.numbers['gate'], '');
  t.equal(askGate('mode', inMode('propose'), capped).numbers['gate'], 'quorum');
  t.end();
});
