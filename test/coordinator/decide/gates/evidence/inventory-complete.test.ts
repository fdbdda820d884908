import t from 'tap';
import { inventoryComplete } from '../../../../../coordinator/src/decide/gates/evidence/inventory-complete.ts';
import { render } from '../../../../../coordinator/src/domain/answer.ts';
import { anInventory, anOrphan, digest, given } from '../../../../support/build.ts';
import { aloneRefuses, answers } from '../../../../support/gate.ts';

const problem = { path: '/srv/p1/web.json', code: 'not-json', message: 'not JSON', contentSha256: digest };
const broken = { inventory: anInventory([{}], { problems: [problem] }) };

t.test('one unreadable item is enough', (t) => {
  answers(
    t,
    inventoryComplete(anOrphan({}, broken), given),
    'refuse',
    /1 item\(s\) on h1 .*web\.json: not JSON/,
  );
  aloneRefuses(t, 'inventory-complete', anOrphan({}, broken), 'suspect');
  t.end();
});

t.test('an item that was acknowledged by path and content counts as read, and only then', (t) => {
  const { path, contentSha256 } = problem;
  answers(
    t,
    inventoryComplete(anOrphan({}, { ...broken, acknowledged: [{ path, contentSha256 }] }), given),
    'pass',
    /all read/,
  );
  const other = 'e'.repeat(64) as typeof digest;
  answers(
    t,
    inventoryComplete(anOrphan({}, { ...broken, acknowledged: [{ path, contentSha256: other }] }), given),
    'refuse',
    /web/,
  );
  t.end();
});

t.test('refuses when the heartbeat vouches for another inventory, or there is none', (t) => {
  aloneRefuses(t, 'inventory-complete', anOrphan({}, { digestMatches: false }), 'suspect');
  answers(t, inventoryComplete(anOrphan({}, { inventory: undefined }), given), 'refuse', /no inventory/);
  t.end();
});

t.test('an item with a hash may be acknowledged, one without must be mended', (t) => {
  const lifts = (evidence: Parameters<typeof inventoryComplete>[0]) => {
    const answer = inventoryComplete(evidence, given);
    return render(answer.lifts, answer.numbers);
  };
  t.equal(
    lifts(anOrphan({}, broken)),
    `mend /srv/p1/web.json on h1, or, if it is known and harmless: servoctl hosts acknowledge h1 --path /srv/p1/web.json --sha256 ${digest}`,
  );
  const { contentSha256: _, ...bare } = problem;
  const unread = anOrphan({}, { inventory: anInventory([{}], { problems: [bare] }) });
  t.equal(lifts(unread), 'mend /srv/p1/web.json on h1');
  t.equal(inventoryComplete(unread, given).numbers['sha256'], '');
  t.equal(
    lifts(anOrphan({}, { digestMatches: false })),
    'waits for the host’s next full inventory; nothing to do',
  );
  answers(
    t,
    inventoryComplete(anOrphan({}, { digestMatches: false }), given),
    'refuse',
    /^the latest heartbeat of h1 names another inventory than the one held here$/,
  );
  t.end();
});
