import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { yesBytes } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import { realDisk } from '../../../agent/src/act/disk.ts';
import { closeFor, enrol, hand, orderFor, uid, World, yesTo, type Hand } from '../support/hand.ts';
import { hash } from '../support/orders.ts';

function fresh(world = new World()): { world: World; h: Hand } {
  const h = hand(world);
  enrol(h);
  return { world, h };
}

async function give(h: Hand, order = orderFor(new World())): Promise<void> {
  h.executor.takeOrder(order);
  await h.executor.idle();
}

t.test('a good order is executed once, whatever is redelivered', async (t) => {
  const { world, h } = fresh();
  const order = orderFor(world);
  h.executor.takeOrder(order);
  h.executor.takeOrder(order);
  await h.executor.idle();
  t.equal(world.signals, 1);
  t.match(h.receipts, [{ orderId: 'o-1', outcome: 'executed', code: 'done', journal: h.journal.mark }]);
  await give(h, order);
  t.equal(h.receipts.length, 2, 'the receipt comes again');
  t.equal(world.signals, 1);
  h.executor.takeAck(order.id);
  t.strictSame(h.journal.view.unreceipted(), []);
  await give(h, order);
  t.equal(world.signals, 1);
  t.equal(world.questions.length, 1);
});

t.test('nothing secret is in a receipt, and the journal is readable by its owner only', async (t) => {
  const { h } = fresh();
  await give(h);
  t.notMatch(JSON.stringify(h.receipts), /SECRET/);
  t.match(readFileSync(h.journal.path, 'utf8'), /SECRET/, 'it is kept to restore');
  t.equal(realDisk.stat(realDisk.open(h.journal.path)).mode, 0o600);
});

const noes: readonly (readonly [string, (world: World) => void])[] = [
  [
    'confirm-no',
    (w) => (w.answer = () => Promise.resolve({ kind: 'no', no: { code: 'hold', message: 'held' } })),
  ],
  ['confirm-failed', (w) => (w.answer = () => Promise.reject(new Error('UNAVAILABLE')))],
  [
    'yes-signature',
    (w) =>
      (w.answer = (q) => {
        const { privateKey } = generateKeyPairSync('ed25519');
        const forge = orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
        return Promise.resolve({ kind: 'yes', yes: { ...q, signature: forge(yesBytes(q)) } });
      }),
  ],
  [
    'yes-nonce',
    (w) => (w.answer = (q) => Promise.resolve(yesTo(q, { nonce: parseId('nonce', 'f'.repeat(32)) }))),
  ],
  ['yes-epoch', (w) => (w.answer = (q) => Promise.resolve(yesTo(q, { epoch: parseEpoch(2) })))],
  ['yes-boot', (w) => (w.answer = (q) => Promise.resolve(yesTo(q, { bootId: parseId('boot', 'other') })))],
  ['yes-order', (w) => (w.answer = (q) => Promise.resolve(yesTo(q, { orderId: parseId('order', 'o-2') })))],
  [
    'yes-too-old',
    (w) =>
      (w.answer = (q) => {
        w.ms += 5001;
        return Promise.resolve(yesTo(q));
      }),
  ],
  ['incomplete', (w) => (w.problems = [{ path: '/a', code: 'not-json', message: 'm' }])],
  ['no-such-servo', (w) => (w.runs = false)],
];

for (const [code, spoil] of noes)
  t.test(`${code}: nothing is touched, and the order is closed for good`, async (t) => {
    const { world, h } = fresh();
    const order = orderFor(world);
    spoil(world);
    await give(h, order);
    t.match(h.receipts, [{ outcome: 'refused', code }]);
    t.equal(world.signals, 0);
    t.strictSame([...h.journal.view.kept], []);
    t.strictSame(h.journal.view.stopsMs, [], 'and charges nothing');
    world.answer = (q) => Promise.resolve(yesTo(q));
    world.problems = [];
    world.runs = true;
    await give(h, order);
    t.equal(world.signals, 0);
    t.match(h.receipts[1], { outcome: 'refused', code });
  });

t.test('a hold, and a newer leader, are seen between the yes and the act', async (t) => {
  for (const [code, meanwhile] of [
    ['held', (h: Hand) => void h.context.holds.put('all', 'me: wait')],
    ['epoch', (h: Hand) => h.context.seen.note(4, { version: 8, hash: hash('8') })],
  ] as const) {
    const { world, h } = fresh();
    world.answer = (q) => {
      meanwhile(h);
      return Promise.resolve(yesTo(q));
    };
    await give(h, orderFor(world));
    t.match(h.receipts, [{ outcome: 'refused', code }]);
    t.equal(world.signals, 0);
  }
});

t.test('time that passes while the intent is written makes the yes stale', async (t) => {
  const world = new World();
  let slow = false;
  const h = hand(world, {
    ...realDisk,
    sync(fd) {
      realDisk.sync(fd);
      if (slow) world.ms += 5001;
    },
  });
  enrol(h);
  world.answer = (q) => {
    slow = true;
    return Promise.resolve(yesTo(q));
  };
  await give(h, orderFor(world));
  t.equal(world.signals, 0);
  t.match(h.receipts, [{ outcome: 'refused', code: 'yes-too-old' }]);
  t.strictSame([...h.journal.view.kept], []);
});

t.test('the epoch is on disk before the act', async (t) => {
  const { world, h } = fresh();
  world.answer = (q) => {
    t.equal(hand(world).journal.view.epoch, 5);
    return Promise.resolve(yesTo(q));
  };
  await give(h, orderFor(world, { epoch: parseEpoch(5), decision: { version: 9, hash: hash('9') } }));
  t.match(h.receipts, [{ outcome: 'executed' }]);
  world.runs = true;
  await give(h, orderFor(world, { id: parseId('order', 'o-2') }));
  t.match(h.receipts[1], { outcome: 'refused', code: 'epoch' });
});

t.test('what refused says when the servo was gone or survived', async (t) => {
  const { world, h } = fresh();
  world.stopping = () => ({ kind: 'refused', code: 'gone', message: 'process 4 is gone' });
  await give(h, orderFor(world));
  t.match(h.receipts, [{ outcome: 'refused', code: 'gone' }]);
  const other = fresh();
  other.world.stopping = () => ({ kind: 'survived', message: 'process 4 is still there' });
  await give(other.h, orderFor(other.world));
  t.match(other.h.receipts, [{ outcome: 'unknown', code: 'survived' }]);
  t.equal(other.h.journal.view.stopsMs.length, 1, 'charged');
  t.match([...other.h.journal.view.kept], [{ certain: false }], 'and can be restored');
});

t.test('closing', async (t) => {
  const { world, h } = fresh();
  const id = parseId('order', 'o-9');
  h.executor.takeClose({ ...closeFor(id), signature: new Uint8Array(64) });
  h.executor.takeClose(closeFor(id, 2));
  t.strictSame(h.receipts, [], 'forged or of a deposed leader: not heard');
  h.executor.takeClose(closeFor(id));
  t.match(h.receipts, [{ orderId: 'o-9', outcome: 'unexecuted', code: 'unknown-order' }]);
  await give(h, orderFor(world, { id }));
  t.equal(world.signals, 0, 'an order that was closed first never runs');
  t.match(h.receipts[1], { outcome: 'unexecuted' });
  await give(h, orderFor(world));
  h.executor.takeClose(closeFor(parseId('order', 'o-1')));
  t.match(h.receipts.slice(2), [{ outcome: 'executed' }, { outcome: 'executed' }], 'the real outcome stands');
});

t.test('an order that is closed while its question is out is not executed', async (t) => {
  const { world, h } = fresh();
  world.answer = (q) => {
    h.executor.takeClose(closeFor(q.orderId));
    return Promise.resolve(yesTo(q));
  };
  await give(h, orderFor(world));
  t.equal(world.signals, 0);
  t.match(h.receipts, [{ outcome: 'unexecuted', code: 'closed' }]);
});

t.test('a restore by order, and by hand', async (t) => {
  const { world, h } = fresh();
  const before = world.facts().servo.incarnation;
  const start = (n: number) =>
    orderFor(world, { id: parseId('order', `start-${n}`), action: 'start', incarnation: before });
  const { identity } = orderFor(world);
  await give(h, orderFor(world));
  world.conflicts = [{ address: '127.0.0.1:80', holder: 'process 9 (nginx)' }];
  await give(h, { ...start(1) });
  t.match(h.receipts[1], { outcome: 'refused', code: 'address-taken' });
  world.conflicts = [];
  await give(h, orderFor(world, { ...start(2), identity }));
  t.match(h.receipts[2], { outcome: 'executed', incarnation: world.facts().servo.incarnation });
  t.equal(world.starts, 1);
  t.equal(world.questions.length, 1, 'without a question');
  await give(h, orderFor(world, { ...start(3), identity }));
  t.match(h.receipts[3], { outcome: 'refused', code: 'not-quarantined' });
  t.match(await h.executor.restore(uid, 'me: why not'), { outcome: 'refused', code: 'not-quarantined' });
  t.strictSame(h.context.holds.list(), [], 'and leaves no hold behind');
});

t.test('a restore by hand holds the servo, and wants no coordinator', async (t) => {
  const { world, h } = fresh();
  await give(h, orderFor(world));
  t.match(await h.executor.restore(uid, 'me: it was ours'), { outcome: 'executed', code: 'done' });
  t.equal(world.starts, 1);
  t.strictSame(h.context.holds.list(), ['s-1']);
  t.equal(h.receipts.length, 1, 'nobody gets a receipt for it');
  t.strictSame(
    h.journal.view.unreceipted().map((o) => o.order),
    ['o-1'],
  );
  world.ms += 24 * 3_600_000;
  h.context.nonces.sent(orderFor(world).agentNonce, h.context.clock.now());
  await give(h, orderFor(world, { id: parseId('order', 'o-2') }));
  t.match(h.receipts[1], { outcome: 'refused', code: 'held' });
});

t.test('a restore closes what was ordered and not begun', async (t) => {
  const { world, h } = fresh();
  let restored: Promise<unknown> = Promise.resolve();
  world.answer = (q) => {
    restored = h.executor.restore(uid, 'me: stop that').then((result) => t.match(result, { code: 'closed' }));
    return Promise.resolve(yesTo(q));
  };
  await give(h, orderFor(world));
  await restored;
  t.equal(world.signals, 0);
  t.match(h.receipts, [{ orderId: 'o-1', outcome: 'unexecuted', code: 'restored-first' }]);
});

t.test('a quarantined servo that runs again is only taken note of', async (t) => {
  const { world, h } = fresh();
  await give(h, orderFor(world));
  world.runs = true;
  world.pid = 77;
  t.match(await h.executor.restore(uid, 'me'), { outcome: 'executed', code: 'already-runs' });
  t.equal(world.starts, 0);
  t.strictSame([...h.journal.view.kept], []);
});

t.test('a full disk: no intent, no act; later it is taken again', async (t) => {
  const world = new World();
  let full = false;
  const h = hand(world, {
    ...realDisk,
    write(fd, bytes, at) {
      if (!full) return realDisk.write(fd, bytes, at);
      realDisk.write(fd, bytes.subarray(0, 10), at);
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    },
  });
  enrol(h);
  world.answer = (q) => {
    full = true;
    return Promise.resolve(yesTo(q));
  };
  await give(h, orderFor(world));
  t.equal(world.signals, 0);
  t.strictSame(h.receipts, []);
  t.equal(h.journal.damage, undefined);
  full = false;
  t.equal(hand(world).journal.tornBytes, 0, 'the half line was taken back');
  h.executor.takeClose(closeFor(parseId('order', 'o-1')));
  t.match(h.receipts, [{ outcome: 'unexecuted' }]);
});

t.test('a disk that is full after the act owes the outcome, and begins nothing else', async (t) => {
  const world = new World();
  let full = false;
  const h = hand(world, {
    ...realDisk,
    write(fd, bytes, at) {
      if (full) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
      realDisk.write(fd, bytes, at);
    },
  });
  enrol(h);
  world.stopping = () => {
    full = true;
    world.runs = false;
    return { kind: 'stopped', message: 'm' };
  };
  await give(h, orderFor(world));
  t.strictSame(h.receipts, [], 'nobody is told what is not durable');
  await give(h, orderFor(world, { id: parseId('order', 'o-2') }));
  t.equal(world.signals, 1);
  full = false;
  h.executor.tend();
  t.match(h.receipts, [{ orderId: 'o-1', outcome: 'executed' }]);
});

t.test('a damaged journal refuses orders, and says what lifts it', async (t) => {
  const { world, h } = fresh();
  await give(h, orderFor(world));
  h.journal.append({ kind: 'acked', order: parseId('order', 'o-1') }, 0);
  const text = readFileSync(h.journal.path, 'utf8');
  const fd = realDisk.open(h.journal.path);
  realDisk.write(fd, Buffer.from('x'), text.length - 20);
  const after = hand(world);
  after.executor.takeOrder(orderFor(world, { id: parseId('order', 'o-2') }));
  await after.executor.idle();
  t.match(after.receipts, [{ outcome: 'refused', code: 'journal-damaged', message: /repair-journal/ }]);
  after.executor.takeClose(closeFor(parseId('order', 'o-3')));
  t.equal(after.receipts.length, 1, 'what may have been executed is not called unexecuted');
  t.match([...after.journal.view.kept], [{ intent: { uid: 's-1' } }], 'what is kept is still known');
  t.equal(join(world.directory, 'journal'), after.journal.path);
});
