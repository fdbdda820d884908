// Agents as processes of their own: killed, paused, crowded out, and used by hand.
import { once } from 'node:events';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import type { ConfirmReply } from '@servo-auditor/proto/wire.ts';
import { inspect } from '../../agent/src/scan/runtime/process-act.ts';
import { freePort } from '../engines/ports.ts';
import { until } from './scan/support.ts';
import { Host } from './support/host.ts';

const deaf = ['bash', '-c', 'trap "" TERM; while :; do sleep 1000; done'];

async function kill(agent: ReturnType<Host['process']>): Promise<void> {
  const gone = once(agent, 'exit');
  agent.kill('SIGKILL');
  await gone;
}

function kinds(host: Host): readonly string[] {
  return host.journal().map((line) => line.entry.kind);
}

t.test('killed while its question is out: nothing was touched, the order runs once later', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  const agent = host.process();
  const order = host.orderFor(await host.quiet('s-1'));
  peer.answer = () => new Promise<ConfirmReply>(() => undefined);
  peer.sendOrder(order);
  await until('the question', () => peer.questions.length > 0 || undefined);
  await kill(agent);
  t.ok(await inspect(pid));
  t.notOk(kinds(host).includes('intent'));
  peer.answer = (q) => Promise.resolve(peer.yesTo(q));
  peer.inventory = [];
  host.process();
  await host.quiet('s-1');
  peer.sendOrder({ ...order, agentNonce: peer.agentNonce ?? order.agentNonce });
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  t.match(peer.receipts, [{ orderId: order.id, outcome: 'executed' }]);
  t.equal(await inspect(pid), undefined);
});

for (const outcome of ['executed', 'unknown'] as const)
  t.test(`killed between intent and outcome: ${outcome}`, async (t) => {
    const host = await Host.make(t);
    const { peer } = host;
    host.stopGrace = '60 s';
    const pid = await host.servo('s-1', deaf);
    await until('its trap', () => ignoresTerm(pid) || undefined);
    const agent = host.process();
    const order = host.orderFor(await host.quiet('s-1'));
    peer.sendOrder(order);
    await until('the intent', () => kinds(host).includes('intent') || undefined);
    await kill(agent);
    t.ok(await inspect(pid), 'it does not listen to SIGTERM');
    t.notOk(kinds(host).includes('outcome'));
    if (outcome === 'executed') process.kill(-pid, 'SIGKILL');
    host.stopGrace = '100 ms';
    host.process();
    await until('the receipt', () => peer.receipts.length > 0 || undefined);
    t.match(peer.receipts[0], { orderId: order.id, outcome });
    peer.sendOrder({ ...order, agentNonce: peer.agentNonce ?? order.agentNonce });
    await until('it again', () => peer.receipts.length > 1 || undefined);
    t.strictSame(peer.receipts[1], peer.receipts[0]);
    t.equal(peer.questions.length, 1);
    t.equal((await inspect(pid)) === undefined, outcome === 'executed');
  });

t.test('killed after the act, before the receipt was acknowledged: the receipt comes again', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  await host.servo('s-1');
  peer.acks = false;
  const agent = host.process();
  peer.sendOrder(host.orderFor(await host.quiet('s-1')));
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  await kill(agent);
  peer.acks = true;
  host.process();
  await until('it again', () => peer.receipts.length > 1 || undefined);
  t.strictSame(peer.receipts[1], peer.receipts[0]);
  await until('its ack', () => kinds(host).includes('acked') || undefined);
  await host.reported('s-1', (s) => s.state === 'quarantined');
  t.equal(peer.questions.length, 1);
});

t.test('paused while its question is out: it does not act on the stale yes', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1');
  const agent = host.process();
  const servo = await host.quiet('s-1');
  let said: number | undefined;
  peer.answer = (q) => {
    agent.kill('SIGSTOP');
    said = performance.now();
    return Promise.resolve(peer.yesTo(q));
  };
  peer.sendOrder(host.orderFor(servo));
  await until(
    'five seconds after the yes',
    () => (said !== undefined && performance.now() - said > 5200) || undefined,
  );
  agent.kill('SIGCONT');
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  t.match(peer.receipts, [{ outcome: 'refused' }]);
  t.match(peer.receipts[0]?.code, /^(yes-too-old|confirm-failed)$/);
  t.ok(await inspect(pid), 'it runs');
});

t.test('one agent per store: a second one refuses to start, and says who is there', async (t) => {
  const host = await Host.make(t);
  const agent = host.process();
  await until('a report', () => host.peer.reports > 0 || undefined);
  const second = await host.command('run');
  t.match(second, { code: 1, err: new RegExp(`another agent \\(pid ${agent.pid}\\) already serves`) });
  agent.kill('SIGTERM');
  t.strictSame(await once(agent, 'exit'), [0, null], 'and the first one ends when it is told to');
});

t.test('restored by hand, with the agent and without it', async (t) => {
  const host = await Host.make(t);
  const { peer } = host;
  const pid = await host.servo('s-1', [
    process.execPath,
    '-e',
    'require("net").createServer().listen(Number(process.argv[1]), "127.0.0.1")',
    String(await freePort()),
  ]);
  const port = Number(portOf(pid));
  const agent = host.process();
  peer.sendOrder(host.orderFor(await host.quiet('s-1')));
  await until('the receipt', () => peer.receipts.length > 0 || undefined);
  t.match(await host.command('quarantine'), { code: 0, out: /^s-1 {2}incarnation .* project p-1\n/ });
  const squatter = createServer().listen(port, '127.0.0.1');
  await once(squatter, 'listening');
  const taken = await host.command('restore', 's-1');
  t.match(taken, {
    code: 1,
    err: new RegExp(`address-taken.*127\\.0\\.0\\.1:${port} by process ${process.pid} `),
  });
  squatter.close();
  await once(squatter, 'close');
  t.match(await host.command('restore', 's-1', '--reason', 'it was ours'), { code: 0, out: /unhold s-1/ });
  const back = await host.reported('s-1', (s) => s.state === 'running' && s.contradiction === 'none');
  t.match(await host.command('quarantine'), { code: 0, out: /Nothing is in quarantine/ });
  t.match(await host.command('restore', 's-1'), { code: 1, err: /not-quarantined/ });
  peer.sendOrder(host.orderFor(back));
  await until('a refusal', () => peer.receipts[1]);
  t.match(peer.receipts[1], { outcome: 'refused', code: 'held' });
  t.match(await host.command('unhold', 's-1'), { code: 0 });
  await host.quiet('s-1');
  const again = host.orderFor(await host.quiet('s-1'));
  peer.sendOrder(again);
  t.match(await until('the next receipt', () => peer.receipts.find((r) => r.orderId === again.id)), {
    outcome: 'executed',
  });
  await kill(agent);
  const status = await host.command('status');
  t.match(status, { code: 0, out: /the agent does not run/ });
  t.match(status.out, /quarantine +1 servos/);
  t.match(await host.command('restore', 's-1'), { code: 0, out: /started as process/ });
  t.equal((await host.servos('s-1')).length, 1);
  const { reports } = peer;
  host.process();
  await until('reports', () => peer.reports > reports + 2 || undefined);
  await host.reported('s-1', (s) => s.state === 'running' && s.contradiction === 'none');
});

t.test('what is wrong with files is said at the start', async (t) => {
  const host = await Host.make(t);
  host.config({ demo: undefined });
  t.match(await host.command('run', '--check-config'), {
    code: 0,
    out: /is right: host h-1 of test\.example/,
  });
  const key = join(host.directory, 'pki', 'host.key');
  chmodSync(key, 0o644);
  t.match(await host.command('run'), { code: 2, err: /host\.key: mode 644 .*chmod 600/ });
  chmodSync(key, 0o600);
  writeFileSync(host.peer.orderKey, readFileSync(key));
  t.match(await host.command('run'), { code: 2, err: /order\.pub.*private key in the place of the public/ });
});

/** Field SigIgn of a process holds SIGTERM, the 15th. */
function ignoresTerm(pid: number): boolean {
  return /^SigIgn:\t[0-9a-f]*[4567cdef][0-9a-f]{3}$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}

function portOf(pid: number): string | undefined {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
    .split('\0')
    .findLast((word) => /^\d+$/.test(word));
}
