import t from 'tap';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { judgeOrder } from '../../../agent/src/judge/order.ts';
import { hash, memory, nowAt, standing, terms } from '../support/orders.ts';

const now = nowAt(1_030_000);

t.test('an order that fits is considered', (t) => {
  t.equal(judgeOrder(terms(), standing(), now), undefined);
  const later = terms({ epoch: parseEpoch(4), decision: { version: 9, hash: hash('9') } });
  t.equal(judgeOrder(later, standing(), now), undefined, 'also of a later epoch and decision');
  t.equal(
    judgeOrder(terms(), standing({ memory: memory({ epoch: 0, decision: undefined }) }), now),
    undefined,
    'also when no decision was seen yet',
  );
  t.end();
});

const cases: readonly (readonly [
  string,
  Parameters<typeof judgeOrder>[0],
  Parameters<typeof judgeOrder>[1],
  RegExp?,
])[] = [
  ['journal-damaged', terms(), standing({ memory: memory({ damage: 'line 3 is no JSON' }) }), /line 3/],
  ['signature', terms(), standing({ signed: false })],
  ['other-host', terms({ host: parseId('host', 'h-2') }), standing(), /h-2.*h-1/],
  ['installation', terms({ installation: parseId('installation', 'other') }), standing(), /other.*main/],
  ['installation', terms(), standing({ memory: memory({ installation: undefined }) }), /none yet/],
  ['epoch', terms({ epoch: parseEpoch(2) }), standing(), /epoch 2.*seen 3/],
  ['decision', terms({ decision: { version: 6, hash: hash('x') } }), standing(), /decision 6.*seen 7/],
  ['decision', terms({ decision: { version: 7, hash: hash('fork') } }), standing(), /not the one/],
  ['done-before', terms(), standing({ memory: memory({ order: 'finished' }) })],
  ['done-before', terms(), standing({ memory: memory({ order: 'begun' }) })],
  ['age-unknown', terms(), standing({ nonceSentAt: undefined })],
  ['too-old', terms({ livesMs: 29_999 }), standing(), /30000 ms old.*29999 ms/],
  ['too-old', terms(), standing({ nonceSentAt: { ...nowAt(1_030_000), bootId: parseId('boot', 'x') } })],
];

for (const [code, order, about, says] of cases)
  t.test(`alone refuses: ${code} ${says?.source ?? ''}`, (t) => {
    const refusal = judgeOrder(order, about, now);
    t.equal(refusal?.code, code);
    if (says !== undefined) t.match(refusal?.message, says);
    t.end();
  });

t.test('an order is as old as its oldest clock says', (t) => {
  for (const clock of ['monoMs', 'bootMs', 'wallMs'] as const)
    t.match(judgeOrder(terms(), standing(), { ...now, [clock]: 1_060_001 }), { code: 'too-old' }, clock);
  t.equal(
    judgeOrder(terms(), standing(), { ...now, wallMs: 0 }),
    undefined,
    'a clock that went back makes nothing younger',
  );
  t.end();
});

t.test('says what is wrong, with what would be right', (t) => {
  const says = (about: Parameters<typeof judgeOrder>[1]) => judgeOrder(terms(), about, now)?.message;
  t.equal(
    says(standing({ signed: false })),
    'order o-1 is not signed by a key that this host knows (order_keys)',
  );
  t.equal(says(standing({ memory: memory({ order: 'finished' }) })), 'order o-1 was finished here before');
  t.equal(
    says(standing({ nonceSentAt: undefined })),
    'it cites a nonce that this agent does not remember, so nobody can say how old it is',
  );
  t.equal(
    judgeOrder(terms({ livesMs: 30_000 }), standing(), now),
    undefined,
    'at the end of its life it still lives',
  );
  t.end();
});
