// A whole agent against a real peer: mutual TLS, real processes, a real journal.
import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { yesBytes } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import { inspect } from '../../agent/src/scan/runtime/process-act.ts';
import { until } from './scan/support.ts';
import { Host } from './support/host.ts';
import { decisionHash } from './support/peer.ts';

t.test('it reports, stops what is ordered, restores it, and its end stops nothing', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  await host.servo('s-2');
  const end = host.agent();
  const servo = await host.quiet('s-1');
  t.match(peer.hellos[0], { generation: 'manifest-directory/process', demo: true, journal: { sequence: 0 } });
  t.equal(peer.hellos[0]?.installation, undefined, 'first contact');
  t.equal(peer.inventory.length, 2);
  peer.sendOrder(host.orderFor(servo));
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  t.match(peer.receipts, [{ outcome: 'executed', code: 'done', message: /SIGTERM/ }]);
  t.equal(await inspect(pid), undefined);
  const kept = await host.reported('s-1', (s) => s.state === 'quarantined');
  t.equal(kept.contradiction, 'none');
  peer.sendOrder(host.orderFor(kept, { action: 'start' }));
  await until('the second receipt', () => peer.receipts.length > 1 || undefined);
  t.match(peer.receipts[1], { outcome: 'executed' });
  const back = await host.reported('s-1', (s) => s.state === 'running');
  t.equal(back.incarnation, peer.receipts[1]?.incarnation);
  t.not(back.incarnation, servo.incarnation, 'a new incarnation: old evidence does not apply');
  const [newPid = 0] = await host.servos('s-1');
  t.not(newPid, pid);
  await end();
  t.ok(await inspect(newPid), 'the restored servo survives the agent');
  t.equal(peer.questions.length, 1, 'a start needs no question');
});

t.test('what no true and fresh yes allows is not touched', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  host.agent();
  const servo = await host.quiet('s-1');
  const { privateKey } = generateKeyPairSync('ed25519');
  const forge = orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const cases: readonly (readonly [string, typeof peer.answer])[] = [
    ['confirm-no', () => Promise.resolve({ kind: 'no', no: { code: 'hold', message: 'held' } })],
    ['confirm-failed', () => Promise.reject(new Error('going down'))],
    ['yes-signature', (q) => Promise.resolve({ kind: 'yes', yes: { ...q, signature: forge(yesBytes(q)) } })],
    ['yes-nonce', (q) => Promise.resolve(peer.yesTo(q, { nonce: parseId('nonce', '0'.repeat(32)) }))],
    ['yes-epoch', (q) => Promise.resolve(peer.yesTo(q, { epoch: parseEpoch(2) }))],
  ];
  for (const [code, answer] of cases) {
    peer.answer = answer;
    const order = host.orderFor(servo);
    peer.sendOrder(order);
    const receipt = await until(code, () => peer.receipts.find((r) => r.orderId === order.id));
    t.match(receipt, { outcome: 'refused', code });
  }
  peer.answer = (q) => Promise.resolve(peer.yesTo(q));
  for (const [code, order] of [
    ['epoch', host.orderFor(servo, { epoch: parseEpoch(2) })],
    ['installation', host.orderFor(servo, { installation: parseId('installation', 'other') })],
    ['other-host', host.orderFor(servo, { host: parseId('host', 'h-2') })],
    ['incarnation', host.orderFor(servo, { incarnation: parseId('incarnation', 'b:1:1') })],
    ['no-such-servo', host.orderFor(servo, { uid: parseId('servo uid', 's-9') })],
    ['age-unknown', host.orderFor(servo, { agentNonce: parseId('nonce', '0'.repeat(32)) })],
  ] as const) {
    peer.sendOrder(order);
    const receipt = await until(code, () => peer.receipts.find((r) => r.orderId === order.id));
    t.match(receipt, { outcome: 'refused', code });
  }
  t.ok(await inspect(pid), 'it runs');
});

t.test('redelivery, closing, and receipts that nobody acknowledged', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  await host.servo('s-1');
  peer.acks = false;
  host.agent();
  const order = host.orderFor(await host.quiet('s-1'));
  peer.sendOrder(order);
  peer.sendOrder(order);
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  peer.hangUp();
  await until('it again in the next session', () => peer.receipts.length > 1 || undefined);
  t.equal(peer.hellos.length, 2);
  t.match(peer.hellos[1], { installation: 'main', highestEpoch: 3, highestDecision: { version: 7 } });
  t.strictSame(peer.receipts[1], peer.receipts[0]);
  t.equal(peer.questions.length, 1);
  peer.acks = true;
  peer.sendClose(order.id);
  await until('it for the close request', () => peer.receipts.length > 2 || undefined);
  t.match(peer.receipts[2], { outcome: 'executed' });
  peer.sendClose(parseId('order', 'o-unknown'));
  const closed = await until('its receipt', () => peer.receipts.find((r) => r.orderId === 'o-unknown'));
  t.match(closed, { outcome: 'unexecuted', code: 'unknown-order' });
  await until(
    'both acks',
    () => host.journal().filter((l) => l.entry.kind === 'acked').length === 2 || undefined,
  );
  peer.hangUp();
  await until('a third session', () => peer.hellos.length > 2 || undefined);
  const { reports } = peer;
  await until('its reports', () => peer.reports > reports + 1 || undefined);
  t.equal(peer.receipts.length, 4, 'what is acknowledged is not sent again');
});

t.test('when nothing happens, heartbeats are small, and nothing is written', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  await host.servo('s-1');
  host.agent();
  await host.quiet('s-1');
  const { reports, snapshots } = peer;
  const before = JSON.stringify(host.journal());
  await until('some heartbeats', () => peer.reports > reports + 5 || undefined);
  t.equal(peer.snapshots, snapshots);
  t.equal(JSON.stringify(host.journal()), before);
  const beats = peer.heard.flatMap((m) => (m.kind === 'heartbeat' ? [m.heartbeat] : [])).slice(-4);
  // Under load the next question may come after the next scan has begun: then a nonce is echoed twice.
  t.ok(new Set(beats.map((b) => b.echoNonce)).size > 1, 'later ones answer later questions');
  t.equal(new Set(beats.map((b) => b.agentNonce)).size, 4);
  peer.askFull();
  await until('a snapshot', () => peer.snapshots > snapshots || undefined);
  host.remove('s-1');
  await host.reported('s-1', (s) => s.contradiction === 'no-record');
  writeFileSync(join(host.directory, 'store', 'p-1', 'x.json'), '{');
  await until('the problem', () =>
    peer.heard.find((m) => m.kind === 'snapshotBegin' && m.begin.problems[0]?.code === 'not-json'),
  );
});

t.test('an inventory of many chunks arrives whole', async (t) => {
  const host = await Host.make(t);
  host.config();
  const folder = join(host.directory, 'store', 'p-2');
  mkdirSync(folder);
  for (let n = 0; n < 1203; n++) {
    const uid = `s-${String(n).padStart(5, '0')}`;
    const record = { uid, project: 'p-2', argv: ['a'], cwd: '/', env: {} };
    writeFileSync(join(folder, `${uid}.json`), JSON.stringify(record));
  }
  host.agent();
  await until(
    'all of it',
    () => (host.peer.snapshots > 0 && host.peer.inventory.length === 1203) || undefined,
  );
  t.equal(host.peer.heard.filter((m) => m.kind === 'snapshotChunk').length % 3, 0);
});

t.test('another installation, a rewound chain and a deposed leader are refused until accepted', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  await host.servo('s-1');
  host.agent();
  await host.quiet('s-1');
  const refusedAs = async (code: string, change: () => void) => {
    change();
    peer.hangUp();
    await until(
      code,
      () => host.logs.some((l) => l.includes('"session.refused"') && l.includes(code)) || undefined,
    );
  };
  await refusedAs('older-epoch', () => (peer.epoch = 2));
  peer.epoch = 3;
  await refusedAs('other-chain', () => (peer.hashAtYours = 'absent'));
  await refusedAs('other-installation', () => (peer.installation = 'second'));
  const { reports } = peer;
  const wrong = await host.command('accept-installation', 'third');
  t.match(wrong, { code: 1, err: /second was offered last, not third; nothing was changed/ });
  const shown = await host.command('accept-installation');
  t.match(shown, { code: 2, err: /knows: main, epoch 3, decision 7/ });
  t.match(shown.err, /Refused last: second, epoch 3, decision 7/);
  const accepted = await host.command('accept-installation', 'second');
  t.match(accepted, { code: 0, out: /belongs to second now/ });
  peer.hashAtYours = decisionHash;
  await until('reports again', () => peer.reports > reports || undefined);
  t.match(peer.hellos.at(-1), { installation: 'second' });
});

t.test('a goodbye is honoured: its pause, and what it says', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  peer.goodbye = { code: 'protocol-version', message: 'upgrade the older one', retryAfterMs: 300 };
  host.agent();
  await until('the first call', () => peer.hellos.length === 1 || undefined);
  const at = performance.now();
  await until('the second', () => peer.hellos.length === 2 || undefined);
  t.ok(performance.now() - at >= 250);
  t.ok(host.logs.some((l) => l.includes('session.goodbye') && l.includes('upgrade the older one')));
  peer.goodbye = undefined;
  await until('a report', () => peer.reports > 0 || undefined);
});

t.test('what cannot be right ends the session, and nothing of it counts', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  host.agent();
  const servo = await host.quiet('s-1');
  const broken = async (says: string, send: () => void) => {
    const sessions = peer.hellos.length;
    send();
    await until(
      says,
      () => host.logs.some((l) => l.includes('session.broken') && l.includes(says)) || undefined,
    );
    await until('the next session', () => peer.hellos.length > sessions || undefined);
  };
  await broken('order.installation', () => peer.sendRaw({ order: { id: 'o-1' } }));
  await broken('order.action', () => {
    const { signature, ...order } = { ...host.orderFor(servo), signature: new Uint8Array(64) };
    peer.sendRaw({ order: { ...order, action: 77, signature } });
  });
  await broken('the coordinator went back', () => {
    const decision = { version: 6, hash: decisionHash };
    const nonce = parseId('nonce', '0'.repeat(32));
    peer.send({ kind: 'ask', ask: { nonce, full: false, decision } });
  });
  await broken('welcome twice', () => peer.sendRaw({ welcome: welcomeOf(peer) }));
  t.ok(await inspect(pid));
  t.strictSame(peer.questions, []);
});

function welcomeOf(peer: Host['peer']) {
  const decision = { version: '7', hash: decisionHash };
  return {
    protocol: 1,
    installation: 'main',
    cell: 'c1',
    epoch: String(peer.epoch),
    decision,
    heartbeatIntervalMs: 100,
    ask: { nonce: '0'.repeat(32), full: false, decision },
  };
}

t.test('with a damaged journal it reports and refuses, until it is repaired', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  const end = host.agent();
  await host.quiet('s-1');
  await end();
  const file = join(host.directory, 'state', 'journal');
  const [first = ''] = readFileSync(file, 'utf8').split(/(?<=\n)/);
  writeFileSync(file, `${first}garbage\n`);
  peer.inventory = [];
  const endDamaged = host.agent();
  const order = host.orderFor(await host.quiet('s-1'));
  peer.sendOrder(order);
  await until('its refusal', () => peer.receipts.find((r) => r.code === 'journal-damaged'));
  t.match(peer.receipts[0], { outcome: 'refused', message: /line 2 .*repair-journal/ });
  t.match(await host.command('status'), { code: 1, err: /the journal is damaged/ });
  t.match(
    await host.command('repair-journal'),
    { code: 1, err: /another agent/ },
    'not while the agent runs',
  );
  await endDamaged();
  t.ok(await inspect(pid));
  t.match(await host.command('repair-journal'), { code: 0, out: /1 entries were kept/ });
  peer.inventory = [];
  host.agent();
  const good = host.orderFor(await host.quiet('s-1'));
  peer.sendOrder(good);
  const receipt = await until('a receipt', () => peer.receipts.find((r) => r.orderId === good.id));
  t.match(receipt, { outcome: 'executed' });
});
