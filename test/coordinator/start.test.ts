// A coordinator starts whole or not at all, and says what is wrong: nothing is left open behind a start that failed.
import { Client } from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { channelOptions, clientCredentials, readTls } from '@servo-auditor/proto/tls.ts';
import type { CoordinatorConfig } from '../../coordinator/src/config.ts';
import { issueCoordinator, issueHost } from '../../coordinator/src/pki.ts';
import { startCoordinator } from '../../coordinator/src/start.ts';
import { cell, h1 } from '../support/build.ts';
import { aSetting, type Setting } from '../support/coordinator-setting.ts';
import { RawAgent } from '../support/raw-agent.ts';

/** It does not start; and it starts at once when what was wrong is right again, so nothing was left locked or listening. */
async function isRefused(
  t: Test,
  { config, log, events }: Setting,
  says: RegExp,
  right: Partial<CoordinatorConfig>,
): Promise<void> {
  await t.rejects(startCoordinator(config, log), { message: says });
  t.strictSame(
    events.filter((e) => e.event === 'coordinator.listening'),
    [],
  );
  const running = await startCoordinator({ ...config, ...right }, log);
  await running.stop();
}

t.test('it starts, a host finds it, and it stops', async (t) => {
  const { dir, config, log, events } = await aSetting(t);
  const running = await startCoordinator(config, log);
  t.match(
    events.filter((e) => e.event === 'coordinator.listening'),
    [{ port: running.port, epoch: 1, installation: running.coordinator.installation }],
  );
  const files = await issueHost(join(dir, 'pki'), h1, cell);
  const client = new Client(
    `127.0.0.1:${running.port}`,
    clientCredentials(readTls(files), 'spiffe://start.example/coordinator/k1'),
    channelOptions(),
  );
  t.teardown(() => client.close());
  const agent = new RawAgent(client);
  await agent.report(['s1']);
  await running.stop();
  t.match(await agent.goodbye(), { code: 'stopping' });
  const again = await startCoordinator(config, log);
  t.equal(again.coordinator.epoch, 2, 'the next leadership');
  t.equal(again.coordinator.installation, running.coordinator.installation);
  t.ok(again.coordinator.hosts.get(h1), 'remembers its hosts');
  await again.stop();
});

t.test('a state file that another process has open', async (t) => {
  const setting = await aSetting(t);
  const holder = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `const { openSqliteStore } = await import(process.argv[1]);
     const store = openSqliteStore({ file: process.argv[2], exclusive: true, demo: false });
     await store.lead('other', Date.now());
     console.log('held');
     process.stdin.resume().on('end', () => process.exit(0));`,
    join(import.meta.dirname, '../../coordinator/src/state/sqlite/store.ts'),
    setting.config.state,
  ]);
  const gone = once(holder, 'exit');
  t.teardown(() => holder.kill());
  await once(holder.stdout, 'data');
  await t.rejects(startCoordinator(setting.config, setting.log), {
    message: /state\.db.*(in use|another)/,
  });
  holder.stdin.end();
  await gone;
  const running = await startCoordinator(setting.config, setting.log);
  t.equal(running.coordinator.epoch, 2, 'the other led once');
  await running.stop();
});

t.test('keys that others can read', async (t) => {
  for (const which of ['tls', 'orderKey'] as const)
    await t.test(which, async (t) => {
      const setting = await aSetting(t);
      const { config, log } = setting;
      const key = which === 'tls' ? config.tls.key : config.orderKey;
      chmodSync(key, 0o640);
      await t.rejects(startCoordinator(config, log), { message: /mode 640 lets others read.*chmod 600/ });
      t.notOk(existsSync(config.state), 'no state was begun');
      chmodSync(key, 0o600);
      await (await startCoordinator(config, log)).stop();
    });
});

t.test('an address that is taken', async (t) => {
  const holder = createServer();
  holder.listen(0, '127.0.0.1');
  await once(holder, 'listening');
  t.teardown(() => holder.close());
  const { port } = holder.address() as AddressInfo;
  const setting = await aSetting(t, { listen: `127.0.0.1:${port}` });
  await isRefused(t, setting, new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port}: .*choose another port`), {
    listen: '127.0.0.1:0',
  });
});

t.test('an address that this machine does not have', async (t) => {
  const setting = await aSetting(t, { listen: '192.0.2.1:0' });
  await isRefused(t, setting, /cannot listen on 192\.0\.2\.1:0/, { listen: '127.0.0.1:0' });
});

t.test('a certificate of another coordinator, and of no coordinator', async (t) => {
  const { dir, config, log } = await aSetting(t);
  const pki = join(dir, 'pki');
  const other = await issueCoordinator(pki, parseId('coordinator', 'k2'), ['127.0.0.1']);
  await t.rejects(startCoordinator({ ...config, tls: other }, log), {
    message:
      /cert\.pem: is of spiffe:\/\/start\.example\/coordinator\/k2; want spiffe:\/\/start\.example\/coordinator\/k1/,
  });
  const host = await issueHost(pki, h1, cell);
  await t.rejects(startCoordinator({ ...config, tls: host }, log), {
    message: /is of spiffe:\/\/start\.example\/host\/h1; want spiffe:\/\/start\.example\/coordinator\/k1/,
  });
  t.notOk(existsSync(config.state), 'no state was begun');
});

t.test('an order key that is none', async (t) => {
  const { config, log } = await aSetting(t);
  copyFileSync(config.tls.key, config.orderKey);
  await t.rejects(startCoordinator(config, log), { message: /[Ee]d25519/ });
  writeFileSync(config.orderKey, 'nonsense');
  await t.rejects(startCoordinator(config, log), { message: /.+/ });
  t.notOk(existsSync(config.state));
});

t.test('a state file of a demo is no real one’s, nor the reverse', async (t) => {
  const { config, log } = await aSetting(t);
  await (await startCoordinator(config, log)).stop();
  await t.rejects(startCoordinator({ ...config, demo: { factor: 10 } }, log), { message: /demo/ });
  await (await startCoordinator(config, log)).stop();
});

t.test('the program: exit codes, and what it prints', async (t) => {
  const { file, dir, config } = await aSetting(t);
  const main = join(import.meta.dirname, '../../coordinator/src/main.ts');
  const run = async (...args: readonly string[]) => {
    const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (text: Buffer) => (out += text.toString()));
    child.stderr.on('data', (text: Buffer) => (err += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    return { code, out, err };
  };
  t.match(await run('run', '--config', file, '--check-config'), { code: 0, out: /coordinator\.yaml: ok/ });
  t.notOk(existsSync(config.state), 'checking begins nothing');
  const bad = join(dir, 'bad.yaml');
  writeFileSync(bad, 'id: 7\n');
  t.match(await run('run', '--config', bad), { code: 2, err: /bad\.yaml:1:5 id: is 7/ });
  t.equal((await run('run')).code, 2, 'wrong usage');
  t.equal((await run('nonsense')).code, 2);
  chmodSync(config.orderKey, 0o644);
  t.match(await run('run', '--config', file), { code: 1, err: /^servo-coordinator: .*chmod 600/m });
});
