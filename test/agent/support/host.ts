// A host with an agent: certificates, a store with manifests, real processes, and a configuration file.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import pino from 'pino';
import type { Test } from 'tap';
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Servo } from '@servo-auditor/proto/wire.ts';
import { runAgent } from '../../../agent/src/agent.ts';
import { loadConfig } from '../../../agent/src/config.ts';
import { inspect, stop } from '../../../agent/src/scan/runtime/process-act.ts';
import { listPids, readParts, readStatSync } from '../../../agent/src/scan/runtime/proc.ts';
import { authority } from '../../proto/support/certificates.ts';
import { freshMarker, me, PATH, run, until } from '../scan/support.ts';
import { Peer } from './peer.ts';

export const generation = parseId('generation', 'manifest-directory/process');
const agentMain = join(import.meta.dirname, '../../../agent/src/main.ts');

export class Host {
  readonly directory: string;
  readonly peer: Peer;
  readonly marker = freshMarker();
  readonly configFile: string;
  readonly logs: string[] = [];
  stopGrace = '5 s';
  readonly #t: Test;

  private constructor(t: Test, directory: string) {
    this.#t = t;
    this.directory = directory;
    this.peer = new Peer(directory);
    this.configFile = join(directory, 'agent.yaml');
  }

  /** A host and its coordinator; both end with the test, and every servo too. */
  static async make(t: Test): Promise<Host> {
    const directory = t.testdir({ store: {}, pki: {} });
    const host = new Host(t, directory);
    const ca = await authority(join(directory, 'pki'), 'ca');
    const uri = 'spiffe://test.example';
    await ca.issue('host', { uris: [`${uri}/host/h-1`], units: ['c1'] });
    await host.peer.listen(await ca.issue('coordinator', { uris: [`${uri}/coordinator/c-1`] }));
    t.teardown(() => host.peer.close());
    t.teardown(() => host.#endServos());
    return host;
  }

  /** Runs a servo and records it. Resolves with its pid. */
  async servo(uid: string, argv: readonly string[] = ['sleep', '1000']): Promise<number> {
    const env = { PATH, SERVO_HOST: this.marker, SERVO_UID: uid };
    const folder = join(this.directory, 'store', 'p-1');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${uid}.json`), JSON.stringify({ uid, project: 'p-1', argv, cwd: '/', env }));
    return (await run(this.#t, argv, env)).pid;
  }

  config(more: Readonly<Record<string, unknown>> = {}): string {
    const pki = (file: string) => join(this.directory, 'pki', file);
    const config = {
      installation: 'main',
      coordinator: { address: this.peer.address },
      tls: { ca: pki('ca.pem'), cert: pki('host.pem'), key: pki('host.key') },
      orderKeys: [this.peer.orderKey],
      state: join(this.directory, 'state'),
      store: {
        kind: 'manifest-directory',
        root: join(this.directory, 'store'),
        fields: { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' },
      },
      runtime: {
        kind: 'process',
        users: [me],
        marker: { variable: 'SERVO_HOST', value: this.marker },
        commands: ['sleep', 'sh', 'bash', process.execPath],
        identity: { from: 'environment', variable: 'SERVO_UID' },
        parents: parentsHere(),
        stopGrace: this.stopGrace,
      },
      demo: { factor: 1_000_000 },
      ...more,
    };
    writeFileSync(this.configFile, JSON.stringify(config));
    return this.configFile;
  }

  /** An agent within this process. The function ends it; the test does, too. */
  agent(): () => Promise<void> {
    const ending = new AbortController();
    const log = pino({ level: 'debug' }, { write: (line: string) => void this.logs.push(line) });
    const running = runAgent(loadConfig(this.config()), log, ending.signal);
    running.catch((error: unknown) => this.logs.push(String(error)));
    const end = async () => {
      ending.abort();
      await running;
    };
    this.#t.teardown(() => end().catch(() => undefined));
    return end;
  }

  /** An agent as a process of its own. */
  process(): ChildProcess {
    const child = spawn(process.execPath, [agentMain, 'run', '--config', this.config()], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.logs.push(text));
    this.#t.teardown(async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    });
    return child;
  }

  /** One command of servo-agent: exit code, and what it wrote. */
  async command(...args: readonly string[]): Promise<{ code: number; out: string; err: string }> {
    const child = spawn(process.execPath, [agentMain, ...args, '--config', this.configFile], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const [code] = (await once(child, 'close')) as [number];
    return { code, out, err };
  }

  /** The servo as it was reported, once this holds of it. */
  async reported(uid: string, holds: (servo: Servo) => boolean): Promise<Servo> {
    const found = () => this.peer.inventory.find((servo) => servo.uid === uid && holds(servo));
    return await until(`${uid} as wanted`, found).catch((cause: unknown) => {
      const { inventory, heard } = this.peer;
      const problems = heard.findLast((m) => m.kind === 'snapshotBegin')?.begin.problems;
      const seen = JSON.stringify({ inventory, problems });
      throw new Error(`${seen} after ${heard.length} messages; ${this.logs.slice(-3).join('')}`, { cause });
    });
  }

  async quiet(uid: string): Promise<Servo> {
    return await this.reported(uid, (servo) => servo.activity === 'quiet' && servo.state === 'running');
  }

  /** An order for the servo as it was reported. */
  orderFor(servo: Servo, more: Parameters<Peer['order']>[0] | object = {}) {
    const { uid, incarnation } = servo;
    return this.peer.order({ uid, incarnation, identity: identityDigest(generation, servo), ...more });
  }

  journal(): readonly { sequence: number; entry: { kind: string } }[] {
    return readFileSync(join(this.directory, 'state', 'journal'), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { sequence: number; entry: { kind: string } });
  }

  remove(uid: string): void {
    rmSync(join(this.directory, 'store', 'p-1', `${uid}.json`));
  }

  /** Also those that were started again. */
  async #endServos(): Promise<void> {
    for (const pid of await this.servos()) {
      const facts = await inspect(pid);
      if (facts !== undefined) await stop(facts, 0);
    }
  }

  /** Numbers of the processes that bear this host's marker. */
  async servos(uid?: string): Promise<readonly number[]> {
    const found: number[] = [];
    for (const pid of listPids()) {
      const environ = (await readParts(pid, 'environ').catch(() => undefined)) ?? [];
      if (!environ.includes(`SERVO_HOST=${this.marker}`)) continue;
      if (uid === undefined || environ.includes(`SERVO_UID=${uid}`)) found.push(pid);
    }
    return found;
  }
}

/** Whoever takes in what has lost its parent here, beside pid 1. */
export function parentsHere(): readonly string[] {
  const names: string[] = [];
  for (let pid = process.ppid; pid > 1; pid = readStatSync(pid)?.ppid ?? 0)
    names.push(readFileSync(`/proc/${pid}/comm`, 'utf8').trim());
  return [...new Set(names)];
}
