// The coordinator's own state is in use, empty, older, corrupt, or cannot be written: it says so with the remedy, acts on none of
// it, and goes on once it is mended. And a host that speaks twice, or another protocol, gets no order.
import { copyFileSync, cpSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { Client } from '@grpc/grpc-js';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { channelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import { issueHost } from '../../coordinator/src/pki.ts';
import { end, run, until } from '../../scripts/demo/processes.ts';
import { cell } from '../../scripts/demo/world.ts';
import { limit, whyNoFullDisk, withoutRunner } from '../support/full-disk.ts';
import { RawAgent } from '../support/raw-agent.ts';
import { aStage, rounds } from '../support/stage.ts';
import {
  onlyReleased,
  orders,
  patienceMs,
  runScript,
  servoAgent,
  staysBecauseOf,
  untilAttention,
  untilLogged,
  untilNoAttention,
} from '../support/trouble.ts';

t.setTimeout(900_000);
const stage = await aStage(t, {
  h1: ['manifest-directory', {}, {}, {}, {}],
  h2: ['sqlite', {}, {}],
});
const { world } = stage;
const state = `${world.dir}/state.db`;
const coordinatorScript = `${import.meta.dirname}/../../coordinator/src/main.ts`;
const agentScript = `${import.meta.dirname}/../../agent/src/main.ts`;
interface Plan {
  readonly hash: string;
  readonly proposals?: readonly { readonly uid: string }[];
}
const released = ['h1-trial', 'h2-trial'];

async function release(uid: string): Promise<void> {
  released.push(uid);
  await world.deleteProject(`project-${uid}`);
}

/** What the program says when it cannot start over the state as it is. */
async function refusal(through: readonly string[] = []): Promise<string> {
  const alone = `${world.dir}/alone.yaml`;
  const config = JSON.parse(readFileSync(world.coordinatorConfig, 'utf8')) as object;
  writeFileSync(alone, JSON.stringify({ ...config, listen: '127.0.0.1:0' }));
  const { code, stderr } = await runScript(coordinatorScript, ['run', '--config', alone], through);
  t.not(code, 0, 'it ends');
  return stderr;
}

/** The database with what stands in its log: a backup is taken of a coordinator that has stopped. */
function moveState(from: string, to: string): void {
  for (const suffix of ['', '-wal', '-shm']) {
    rmSync(to + suffix, { force: true });
    if (existsSync(from + suffix)) renameSync(from + suffix, to + suffix);
  }
}

t.test('the state is in use by another coordinator', async (t) => {
  t.match(await refusal(), /state\.db.*in use/);
  await rounds(stage, 2);
});

t.test('the state is corrupt', async (t) => {
  await end(world.coordinator);
  copyFileSync(state, `${state}.good`);
  const bytes = readFileSync(state);
  for (let page = 4096; page < bytes.length; page += 3 * 4096) bytes.fill(0xa5, page, page + 2048);
  writeFileSync(state, bytes);
  t.match(await refusal(), /state\.db.*corrupt.*restore the latest backup/s);
  writeFileSync(state, bytes.subarray(0, Math.floor(bytes.length / 2)));
  t.match(await refusal(), /state\.db.*(corrupt|malformed)/s);
  writeFileSync(state, 'no database at all, but long enough to be taken for one. '.repeat(40));
  t.match(await refusal(), /state\.db/);
  renameSync(`${state}.good`, state);
  await world.startCoordinator();
  await release('h1-1');
  await stage.untilStopped('h1-1');
});

t.test('the state is empty: an installation that the hosts do not know gets nothing done', async (t) => {
  await end(world.coordinator);
  moveState(state, `${state}.away`);
  await release('h1-2');
  await world.startCoordinator();
  for (const host of world.hosts.values())
    await untilLogged(host.logFile, 'session.refused', {
      code: 'other-installation',
      message: /accept-installation/,
    });
  t.ok(await world.hostOf('h1-2').answers('h1-2'));
  t.equal(await orders(stage, 'h1-2'), 0);
  await end(world.coordinator);
  moveState(`${state}.away`, state);
  await world.startCoordinator();
  await stage.untilStopped('h1-2');
});

t.test('the state is older than what the hosts know, until it is accepted on them', async (t) => {
  await end(world.coordinator);
  copyFileSync(state, `${state}.backup`);
  await world.startCoordinator();
  await release('h1-3');
  await stage.untilStopped('h1-3');
  await end(world.coordinator);
  moveState(`${state}.backup`, state);
  const host = world.hostOf('h1-4');
  await release('h1-4');
  await world.startCoordinator();
  await untilLogged(host.logFile, 'session.refused', { code: /^(other-chain|older-epoch)$/ });
  t.equal(await orders(stage, 'h1-4'), 0);
  for (const id of ['h1', 'h2']) {
    const word = await servoAgent(stage, id, 'accept-installation', world.leader.installation);
    t.equal(word.code, 0, word.stderr);
    t.match(word.stdout, /servoctl hosts accept/);
    await untilAttention(stage, 'host-contested', new RegExp(id));
  }
  t.equal(await orders(stage, 'h1-4'), 0, 'not before operators have accepted the hosts, too');
  for (const id of ['h1', 'h2'])
    await world.admin.call('AcceptHost', { host: id, reason: 'restored from backup' });
  await stage.untilStopped('h1-4');
  t.equal((await stage.audit('receipt.executed', 'h1-3')).length, 0, 'what was lost is not made up');
  t.notOk(await host.answers('h1-3'), 'and what was stopped stays so');
  await untilNoAttention(stage, 'host-contested');
});

t.test(
  'the disk of the coordinator is full: it ends, orders nothing, and goes on once there is room',
  { skip: whyNoFullDisk() ?? false },
  async (t) => {
    const before = world.coordinator;
    limit(before.child.pid, '0');
    await release('h2-1');
    t.not(await before.ended, 0, 'what cannot be written down is not decided: it ends, to be started again');
    t.ok(await world.hostOf('h2-1').answers('h2-1'));
    t.match(
      await refusal([...withoutRunner, 'prlimit', '--fsize=0']),
      /state\.db.*no room.*free space on its disk/,
    );
    await world.startCoordinator();
    await stage.untilStopped('h2-1');
    t.equal((await stage.audit('receipt.executed', 'h2-1')).length, 1);
  },
);

t.test('a host that was cloned with its certificate: two agents with one host id', async (t) => {
  const host = world.hostOf('h2-2');
  const twin = `${world.dir}/twin`;
  cpSync(host.setting.dir, twin, { recursive: true });
  const config = readFileSync(host.configFile, 'utf8').replaceAll(host.setting.dir, twin);
  writeFileSync(`${twin}/agent.yaml`, config.replaceAll(`${host.setting.world}/h2`, 'another/h2'));
  const agent = run(
    host.setting.world,
    agentScript,
    ['run', '--config', `${twin}/agent.yaml`],
    `${twin}/twin.log`,
  );
  t.teardown(async () => await end(agent));
  await untilAttention(stage, 'host-contested', /h2 gets no orders/);
  await untilLogged(world.coordinatorLog, 'host.contested', { host: 'h2' });
  await release('h2-2');
  await staysBecauseOf(t, stage, 'h2-2', 'host-fresh');
  await end(agent);
  await end(world.coordinator);
  await world.startCoordinator();
  await untilAttention(stage, 'host-contested', /h2 gets no orders/);
  // What is remembered comes at once, what a host has only when its agent has called again.
  await stage.untilServo('h2-2', 'reported again', () => true);
  await staysBecauseOf(t, stage, 'h2-2', 'host-fresh');
  await world.admin.call('AcceptHost', { host: 'h2', reason: 'the clone was shut down' });
  // The clone's report interrupted what was known of this servo: its release is older than its observation now.
  const { hash } = await until('a plan to approve', patienceMs, async () => {
    const { plans = [] } = await world.admin.call<{ plans?: Plan[] }>('ListPlans', { cell });
    return plans.find(({ proposals = [] }) => proposals.some(({ uid }) => uid === 'h2-2'));
  });
  await world.admin.call('ApprovePlan', { cell, hash, reason: 'looked at it' });
  await stage.untilStopped('h2-2');
});

t.test('an agent of another protocol version', async (t) => {
  const files = await issueHost(
    `${world.dir}/pki`,
    parseId('host', 'from-the-future'),
    parseId('cell', cell),
  );
  const client = new Client(
    world.leader.address,
    clientCredentials(readTls(files), 'spiffe://demo.example/coordinator/coordinator-1'),
    channelOptions(),
  );
  t.teardown(() => client.close());
  const agent = new RawAgent(client);
  agent.hello({ protocolMin: 7, protocolMax: 9, demo: true });
  t.match(await agent.goodbye(), { code: 'protocol-version', message: /7 to 9.*upgrade the older one/ });
  await untilLogged(world.coordinatorLog, 'session.refused', {
    host: 'from-the-future',
    code: 'protocol-version',
  });
});

t.test('after all of it nothing else was touched', async (t) => {
  for (const host of world.hosts.values())
    for (const { uid } of host.servos.filter((s) => !released.includes(s.uid)))
      t.ok(await host.answers(uid), `${uid} answers`);
  await onlyReleased(t, stage, released);
});
