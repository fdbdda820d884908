import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { judgeStart, type Kept } from '../../../agent/src/judge/start.ts';
import { hash, nowAt, standing, terms } from '../support/orders.ts';

const now = nowAt(1_030_000);
const kept: Kept = {
  incarnation: parseId('incarnation', 'b:1:1'),
  identities: [hash('with runtime id'), hash('identity')],
};

t.test('what is kept here is started, whatever else is wrong with the host', (t) => {
  t.strictSame(judgeStart(terms(), standing(), kept, [], now), { kind: 'act', notes: [] });
  t.end();
});

t.test('alone refuses', (t) => {
  const judge = (...args: Parameters<typeof judgeStart>) => judgeStart(...args);
  t.match(judge(terms(), standing(), undefined, [], now), { code: 'not-quarantined' });
  const other = { ...kept, incarnation: parseId('incarnation', 'b:9:9') };
  t.match(judge(terms(), standing(), other, [], now), { code: 'incarnation', message: /b:9:9.*b:1:1/ });
  t.match(judge(terms({ identity: hash('x') }), standing(), kept, [], now), { code: 'identity' });
  const taken = [{ address: '127.0.0.1:80', holder: 'process 7 (nginx)' }];
  t.match(judge(terms(), standing(), kept, taken, now), {
    code: 'address-taken',
    message: /127\.0\.0\.1:80 by process 7 \(nginx\)/,
  });
  t.match(judge(terms(), standing({ signed: false }), kept, [], now), { code: 'signature' });
  t.end();
});

t.test('says what is kept, and what was ordered', (t) => {
  t.match(judgeStart(terms(), standing(), undefined, [], now), {
    message: 's-1 is not in quarantine on this host',
  });
  t.match(judgeStart(terms({ identity: hash('x') }), standing(), kept, [], now), {
    message: 'the identity of what is kept as s-1 is another one',
  });
  t.end();
});
