import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Sight, Standing, Terms } from '../../../agent/src/judge/facts.ts';
import { judgeStop } from '../../../agent/src/judge/stop.ts';
import { hash, limits, memory, nowAt, row, sight, standing, terms } from '../support/orders.ts';

const now = nowAt(1_030_000);
const judge = (order: Terms, about: Standing, seen: Sight) => judgeStop(order, about, seen, limits, now);

t.test('a quiet servo, exactly as ordered, is stopped', (t) => {
  t.strictSame(judge(terms(), standing(), sight()), { kind: 'act', notes: [] });
  t.end();
});

t.test('unknown activity is accepted and said: such an order came by a person', (t) => {
  const seen = sight({ rows: [row({ activity: 'unknown' })] });
  t.strictSame(judge(terms(), standing(), seen), { kind: 'act', notes: ['its activity could not be told'] });
  t.end();
});

const broken = { path: '/store/a.json', code: 'not-json', contentSha256: hash('a') };
const acknowledged = [{ path: broken.path, contentSha256: broken.contentSha256 }];

t.test('a broken item counts as read when exactly its content was acknowledged', (t) => {
  t.match(judge(terms({ acknowledged }), standing(), sight({ problems: [broken] })), { kind: 'act' });
  t.end();
});

const alone: readonly (readonly [string, Sight, (Terms | undefined)?, RegExp?])[] = [
  ['held', sight({ hold: { kind: 'held', file: '/holds/all' } }), undefined, /\/holds\/all/],
  ['hold-unreadable', sight({ hold: { kind: 'unreadable', message: 'EIO' } }), undefined, /EIO/],
  ['incomplete', sight({ problems: [broken] }), undefined, /1 problems.*not-json at \/store\/a\.json/],
  ['incomplete', sight({ problems: [{ ...broken, contentSha256: hash('b') }] }), terms({ acknowledged })],
  ['incomplete', sight({ problems: [{ ...broken, path: '/store/b.json' }] }), terms({ acknowledged })],
  ['incomplete', sight({ problems: [{ path: broken.path, code: 'gone' }] }), terms({ acknowledged })],
  ['incomplete', sight({ problems: [broken, { path: 'scan', code: 'timeout' }] }), terms({ acknowledged })],
  ['no-such-servo', sight({ rows: [] })],
  ['contradiction', sight({ rows: [row(), row()] }), undefined, /2 rows/],
  ['contradiction', sight({ rows: [row({ contradiction: 'no-record' })] }), undefined, /no-record/],
  ['contradiction', sight({ rows: [row({ contradiction: 'quarantined-runs' })] })],
  [
    'incarnation',
    sight({ rows: [row({ incarnation: parseId('incarnation', 'b:2:2') })] }),
    undefined,
    /b:2:2.*b:1:1/,
  ],
  ['identity', sight({ rows: [row({ identity: hash('other') })] })],
  ['not-running', sight({ rows: [row({ state: 'quarantined' })] })],
  [
    'not-quiet',
    sight({ rows: [row({ activity: 'active', connections: 2, cpuPermille: 12 })] }),
    undefined,
    /2 connections, CPU 12/,
  ],
  ['not-measured', sight({ rows: [row({ activity: 'measuring' })] })],
  ['not-restorable', sight({ rows: [row({ restorable: false })] })],
  [
    'not-keepable-unit-restarts',
    sight({ keepable: { keepable: false, code: 'unit-restarts', message: 'a.service has Restart=always' } }),
    undefined,
    /Restart=always/,
  ],
];

for (const [code, seen, order = terms(), says] of alone)
  t.test(`alone refuses: ${code} ${says?.source ?? ''}`, (t) => {
    const judged = judge(order, standing(), seen);
    t.match(judged, { kind: 'refuse', code });
    if (says !== undefined) t.match(judged, { message: says });
    t.end();
  });

t.test('what refuses every order refuses a stop', (t) => {
  t.match(judge(terms(), standing({ signed: false }), sight()), { code: 'signature' });
  t.end();
});

t.test('the local limit refuses, and only when nothing else does', (t) => {
  const about = standing({ memory: memory({ stopsMs: [1_029_000] }) });
  t.match(judge(terms(), about, sight()), { code: 'local-limit' });
  t.match(judge(terms(), about, sight({ rows: [] })), { code: 'no-such-servo' });
  t.end();
});

t.test('what has no bytes cannot be acknowledged, whatever an order says', (t) => {
  const nothing = [{ path: broken.path, contentSha256: undefined as never }];
  const seen = sight({ problems: [{ path: broken.path, code: 'gone' }] });
  t.match(judge(terms({ acknowledged: nothing }), standing(), seen), { code: 'incomplete' });
  t.end();
});

t.test('says what it saw', (t) => {
  const says = (seen: Sight) => {
    const judged = judge(terms(), standing(), seen);
    return judged.kind === 'refuse' ? judged.message : judged.kind;
  };
  t.equal(says(sight({ rows: [] })), 'no servo s-1 is on this host');
  t.equal(
    says(sight({ rows: [row({ identity: hash('other') })] })),
    `the identity of s-1 is ${hash('other')}, not ${hash('identity')}`,
  );
  t.equal(says(sight({ rows: [row({ state: 'stopped' })] })), 's-1 is stopped, not running');
  t.equal(
    says(sight({ rows: [row({ activity: 'active', connections: undefined, cpuPermille: undefined })] })),
    'it is in use: unknown connections, CPU unknown thousandths of a core lately',
  );
  t.equal(
    says(sight({ rows: [row({ activity: 'measuring' })] })),
    'its activity has not been measured over the whole window yet',
  );
  t.equal(
    says(sight({ rows: [row({ restorable: false })] })),
    'its command, folder or environment cannot be read, so it could not be started again',
  );
  t.end();
});
