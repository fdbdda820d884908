// npm run bench:agent: what the packaged agent costs a host with 100 real containers on Docker where nothing changes, beside what is
// aimed at. Prints what it finds, also where an aim is missed.
//
// Both programs run from the packages, unpacked, with their own Node and the words of /usr/bin/servo-agent; heartbeats every 10 s, as
// a policy has them unless told otherwise. Memory is compared with a bare Node of the same version that holds one idle gRPC stream.
// Needs root and Docker. Seconds to measure: node scripts/bench/agent.ts [seconds].
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { createCa, createOrderKey, issueCoordinator, issueHost } from '../../coordinator/src/pki.ts';
import { bringUpDocker } from '../../test/engines/docker.ts';
import { DockerHand } from '../../test/engines/hand-docker.ts';
import { lacking } from '../../test/engines/need.ts';
import { labels } from '../../test/engines/stores.ts';
import { createRegistry, registryQueries } from '../demo/registry.ts';
import { buildPackages } from '../package/packages.ts';
import { bareNode, program, undo } from './packaged.ts';
import { cpuMs, filesOf, residentKib, writtenBytes } from './proc.ts';

const containers = 100;
/** From its start on, an agent settles: code is compiled, memory swept. */
const settleMs = 60_000;
const seconds = Number(process.argv[2] ?? 120);

const reason = lacking('docker');
if (reason !== undefined) {
  console.error(`bench:agent: ${reason}`);
  process.exit(1);
}

try {
  await main();
} finally {
  for (const each of undo.toReversed()) await each();
}

async function main(): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'servo-bench-'));
  undo.push(() => rmSync(dir, { recursive: true, force: true }));
  const say = (text: string) => process.stderr.write(`${text} ...\n`);

  say('building and unpacking the packages');
  const packages = await buildPackages({ arch: 'amd64', out: dir });
  for (const file of packages) execFileSync('dpkg-deb', ['-x', file, join(dir, 'root')]);
  say(`starting ${containers} containers`);
  const store = labels();
  const engine = await bringUpDocker({ teardown: (work: () => unknown) => void undo.push(work) });
  const hand = new DockerHand({ teardown: (work: () => unknown) => void undo.push(work) }, engine, {
    scope: 'bench',
  });
  const uids = Array.from({ length: containers }, (_, i) => `bench-${i}`);
  for (const uid of uids) await hand.run(uid, { uid, labels: store.labelsOf(uid), kind: 'plain' });

  const config = await installation(dir, uids);
  writeFileSync(
    join(dir, 'agent.yaml'),
    JSON.stringify({ ...config, store: store.config, runtime: hand.config }),
  );
  say('starting the agent');
  const begunMs = performance.now();
  const agent = program(dir, 'servo-agent', ['run', '--config', join(dir, 'agent.yaml')]);
  const ready = await agent.event('agent.ready');
  const readyMs = performance.now() - begunMs;
  if (ready['complete'] !== true || ready['servos'] !== containers)
    throw new Error(`not read whole: ${JSON.stringify(ready)}`);
  await agent.event('session.welcomed');
  const bare = await bareNode(dir);

  say(`letting it settle for ${settleMs / 1000} s, then measuring for ${seconds} s`);
  await sleep(settleMs);
  const files = filesOf(join(dir, 'state'));
  const before = { cpuMs: cpuMs(agent.pid), written: writtenBytes(agent.pid), atMs: performance.now() };
  await sleep(seconds * 1000);
  const tookMs = performance.now() - before.atMs;
  const cpu = ((cpuMs(agent.pid) - before.cpuMs) / tookMs) * 100;
  const written = writtenBytes(agent.pid) - before.written;
  const changed = filesOf(join(dir, 'state')).filter((line) => !files.includes(line));
  const memory = residentKib(agent.pid) / residentKib(bare);

  const mib = (pid: number) => `${(residentKib(pid) / 1024).toFixed(1)} MiB`;
  const line = (what: string, found: string, aim: string, isMet: boolean) =>
    console.log(`${what.padEnd(44)} ${found.padEnd(34)} ${aim}: ${isMet ? 'met' : 'MISSED'}`);
  console.log(
    `\n${containers} containers on Docker, heartbeats every 10 s, ${seconds} s in which nothing changed; Node ${nodeVersion(dir)}; ` +
      `load ${(loadavg()[0] ?? 0).toFixed(1)} on ${cpus().length} cores, which lengthens the start\n`,
  );
  line(
    'resident memory against a bare Node',
    `${memory.toFixed(2)} x (${mib(agent.pid)}, ${mib(bare)})`,
    'at most 1.3 x',
    memory <= 1.3,
  );
  line('CPU, of one core', `${cpu.toFixed(2)} %`, 'at most 0.5 %', cpu <= 0.5);
  line('start to first complete inventory', `${Math.round(readyMs)} ms`, 'at most 1000 ms', readyMs <= 1000);
  line(
    'written to disk',
    `${written} bytes, ${changed.length} files changed`,
    'nothing',
    written === 0 && changed.length === 0,
  );
}

/** Certificates, a registry that claims every servo, and a coordinator from the package. */
async function installation(dir: string, uids: readonly string[]) {
  const pki = join(dir, 'pki');
  for (const folder of ['pki', 'state']) mkdirSync(join(dir, folder), { mode: 0o700 });
  await createCa(pki, 'bench.example');
  const { publicKey, privateKey: orderKey } = await createOrderKey(pki);
  const registry = createRegistry(join(dir, 'registry.db'));
  for (const uid of uids) registry.claim('bench', uid, 'h1');
  undo.push(() => registry.close());
  const coordinator = {
    id: 'coordinator-1',
    listen: '127.0.0.1:0',
    tls: await issueCoordinator(pki, parseId('coordinator', 'coordinator-1'), ['localhost']),
    orderKey,
    state: join(dir, 'state.db'),
    cells: ['c1'],
    witnesses: [
      {
        id: 'registry',
        source: 'registry',
        authority: true,
        kind: 'sql',
        reads: 'primary',
        file: join(dir, 'registry.db'),
        queries: registryQueries,
      },
    ],
  };
  writeFileSync(join(dir, 'coordinator.yaml'), JSON.stringify(coordinator));
  const running = program(dir, 'servo-coordinator', [
    'run',
    '--config',
    join(dir, 'coordinator.yaml'),
    '--print-port',
  ]);
  const { port, installation } = await running.line((said) => said['port'] !== undefined);
  return {
    installation,
    coordinator: { address: `localhost:${String(port)}` },
    tls: await issueHost(pki, parseId('host', 'h1'), parseId('cell', 'c1')),
    orderKeys: [publicKey],
    state: join(dir, 'state'),
  };
}

function nodeVersion(dir: string): string {
  return execFileSync(join(dir, 'root/usr/lib/servo-agent/bin/node'), ['--version'], {
    encoding: 'utf8',
  }).trim();
}
