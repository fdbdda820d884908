import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import {
  judgeYes,
  judgeYesAge,
  maxYesAgeMs,
  type LastLook,
  type Question,
} from '../../../agent/src/judge/yes.ts';
import { nowAt } from '../support/orders.ts';

const question: Question = {
  orderId: parseId('order', 'o-1'),
  epoch: parseEpoch(3),
  bootId: parseId('boot', 'b'),
  nonce: parseId('nonce', 'a'.repeat(32)),
};
const look: LastLook = { signed: true, hold: { kind: 'none' }, epoch: 3 };
const asked = nowAt(10_000);
const judge = (yes: Partial<Question>, last: Partial<LastLook> = {}, now = nowAt(11_000)) =>
  judgeYes(question, asked, { ...question, ...yes }, { ...look, ...last }, now)?.code;

t.test('the signed yes to this question is one', (t) => {
  t.equal(judge({}), undefined);
  t.end();
});

t.test('alone refuses', (t) => {
  t.equal(judge({}, { signed: false }), 'yes-signature');
  t.equal(judge({ orderId: parseId('order', 'o-2') }), 'yes-order');
  t.equal(judge({ nonce: parseId('nonce', 'b'.repeat(32)) }), 'yes-nonce');
  t.equal(judge({ bootId: parseId('boot', 'c') }), 'yes-boot');
  t.equal(judge({ epoch: parseEpoch(2) }), 'yes-epoch');
  t.equal(judge({ epoch: parseEpoch(4) }), 'yes-epoch', 'also a later one than the order');
  t.equal(judge({}, { epoch: 4 }), 'epoch', 'another leader was seen since');
  t.equal(judge({}, { hold: { kind: 'held', file: 'f' } }), 'held', 'held since');
  t.equal(judge({}, {}, nowAt(10_000 + maxYesAgeMs + 1)), 'yes-too-old');
  t.end();
});

t.test('its age counts from sending the question, by the fastest clock', (t) => {
  t.equal(judgeYesAge(asked, nowAt(10_000 + maxYesAgeMs)), undefined);
  for (const clock of ['monoMs', 'bootMs', 'wallMs'] as const)
    t.match(judgeYesAge(asked, { ...nowAt(10_001), [clock]: 15_001 }), { code: 'yes-too-old' }, clock);
  t.match(judgeYesAge(asked, { ...nowAt(10_001), bootId: parseId('boot', 'c') }), { code: 'yes-too-old' });
  t.end();
});

t.test('says what the yes is, and what was asked', (t) => {
  const says = (yes: Partial<Question>, last: Partial<LastLook> = {}, now = nowAt(11_000)) =>
    judgeYes(question, asked, { ...question, ...yes }, { ...look, ...last }, now)?.message;
  t.equal(says({}, { signed: false }), 'the yes is not signed by a key that this host knows');
  t.equal(says({ orderId: parseId('order', 'o-2') }), 'the yes is for order o-2, not o-1');
  t.equal(says({ nonce: parseId('nonce', 'b'.repeat(32)) }), 'the yes answers another question');
  t.equal(says({ bootId: parseId('boot', 'c') }), 'the yes is for another boot of this host');
  t.equal(says({ epoch: parseEpoch(4) }), 'the yes is of epoch 4, the order of 3');
  t.equal(says({}, { epoch: 4 }), 'this host has seen epoch 4 since, the order is of 3');
  t.equal(says({}, {}, nowAt(15_001)), '5001 ms passed since it was asked for, at most 5000');
  t.end();
});
