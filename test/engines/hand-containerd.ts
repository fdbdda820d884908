// Containers, as a platform runs them through containerd's API. Each has a volume, a file in its own snapshot, a label, a
// variable and a log, so that a restore that lost one of them is seen.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { containerdActor, type ContainerdActorOptions } from '../../agent/src/act/containerd/actor.ts';
import type { HostVerb } from '../../agent/src/conformance/ground.ts';
import {
  openContainerd,
  type ContainerdOptions,
} from '../../agent/src/scan/runtime/containerd/containerd.ts';
import type { ContainerIdentity } from '../../agent/src/scan/runtime/docker/identity.ts';
import { until } from '../agent/scan/support.ts';
import { processType, specType } from './containerd-api.ts';
import type { Containerd } from './containerd.ts';
import type { RuntimeHand, Wanted } from './ground.ts';
import { Addresses } from './ports.ts';

export const markerLabel = 'servo.host';
export const uidLabel = 'servo.uid';
const restartLabel = 'containerd.io/restart.status';
const snapshotter = 'overlayfs';
const sigkill = 9;

/** More of a container than a servo usually has, for single tests. */
export interface More {
  readonly labels?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
  readonly hostNetwork?: boolean;
  /** Beside the usual ones. */
  readonly mounts?: readonly object[];
  readonly hooks?: object;
  /** Kind of namespace -> where one is that it is to live in. */
  readonly join?: Readonly<Record<string, string>>;
  /** A log of its own unless given; empty: none. */
  readonly stdout?: string;
  /** Without one its root is this folder. */
  readonly rootPath?: string;
}

export interface Seen {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly createdAt: unknown;
  readonly snapshotKey: string;
  readonly spec: { readonly value: Uint8Array };
}

export interface SeenTask {
  readonly pid: number;
  /** 2 runs, 3 has ended. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class ContainerdHand implements RuntimeHand {
  readonly name = 'containerd';
  readonly engine: Containerd;
  readonly namespace: string;
  readonly marker: { readonly label: string; readonly value: string };
  readonly #options: ContainerdOptions;
  readonly #t: Pick<Test, 'teardown'>;
  readonly #addresses: Addresses;

  /** @param scope tells the servos of this hand from those of others on one engine. */
  static async make(
    t: Pick<Test, 'teardown'>,
    engine: Containerd,
    scope: string,
    identity: ContainerIdentity = { from: 'label', label: uidLabel },
  ): Promise<ContainerdHand> {
    await engine.takeImage(scope);
    return new ContainerdHand(t, engine, scope, identity);
  }

  private constructor(
    t: Pick<Test, 'teardown'>,
    engine: Containerd,
    scope: string,
    identity: ContainerIdentity,
  ) {
    this.#t = t;
    this.#addresses = new Addresses(t);
    this.engine = engine;
    this.namespace = scope;
    this.marker = { label: markerLabel, value: `test/${scope}` };
    this.#options = {
      socket: engine.socket,
      namespaces: [scope],
      marker: this.marker,
      identity,
      answerMs: 10_000,
      fullEveryMs: 60_000,
      probeSources: [],
    };
    mkdirSync(join(engine.scratch.directory, 'volumes', scope), { recursive: true });
  }

  open(more: Partial<ContainerdOptions> = {}, rules: Partial<ContainerdActorOptions> = {}) {
    const options = { ...this.#options, ...more };
    const runtime = openContainerd(options);
    this.#t.teardown(() => runtime.close?.());
    const { socket, answerMs } = options;
    const usual = { pruner: 'none', scratch: ['/tmp', '/run'], hooks: [], stopGraceMs: 2000 } as const;
    return { runtime, actor: containerdActor({ socket, answerMs, ...usual, ...rules }) };
  }

  async run(slot: string, { uid, labels, kind }: Wanted): Promise<void> {
    const port = await this.#addresses.portOf(slot);
    await this.make(slot, uid, {
      labels,
      ...(kind === 'fleeting' ? { mounts: [memory('/cache')] } : {}),
      ...(port === undefined
        ? {}
        : { hostNetwork: true, args: ['/bin/nc', '-ll', '-p', String(port), '-e', 'true'] }),
    });
    await this.#addresses.untilListening(slot);
    if (kind === 'stubborn') await this.keepAlive(slot);
  }

  /** Has its engine start it again whenever it ends. Before its start, the engine would end it to start one of its own. */
  async keepAlive(slot: string): Promise<void> {
    const container = { id: slot, labels: { [restartLabel]: 'running' } };
    await this.ask('container Update', { container, updateMask: { paths: [`labels.${restartLabel}`] } });
  }

  /** Runs a container in the slot. */
  async make(slot: string, uid: string | undefined, more: More = {}): Promise<void> {
    await this.create(slot, uid, more);
    await this.startTask(slot, more.stdout ?? this.logOf(slot));
  }

  /** Creates a container in the slot, and does not start it. */
  async create(slot: string, uid: string | undefined, more: More = {}): Promise<void> {
    const volume = this.volumeOf(slot);
    mkdirSync(volume, { recursive: true });
    const key = more.rootPath === undefined ? slot : '';
    const spec = specOf(
      uid,
      `${this.engine.scratch.group}/servos/${this.namespace}-${slot}`,
      { type: 'bind', source: volume, destination: '/data', options: ['rbind', 'rw'] },
      more,
    );
    const own: Readonly<Record<string, string>> = uid === undefined ? {} : { [uidLabel]: uid };
    await this.ask('container Create', {
      container: {
        id: slot,
        labels: { [this.marker.label]: this.marker.value, ...own, ...more.labels },
        runtime: { name: 'io.containerd.runc.v2' },
        spec: { typeUrl: specType, value: Buffer.from(JSON.stringify(spec)) },
        snapshotter,
        snapshotKey: key,
      },
    });
    // A snapshot that no container refers to may be collected at any time.
    if (key !== '') await this.ask('snapshot Prepare', { snapshotter, key, parent: this.engine.image });
  }

  async startTask(slot: string, stdout = this.logOf(slot)): Promise<void> {
    const { snapshotKey: key } = await this.inspect(slot);
    const { mounts } = key === '' ? { mounts: [] } : await this.ask('snapshot Mounts', { snapshotter, key });
    await this.ask('task Create', { containerId: slot, rootfs: mounts, stdout, stderr: stdout });
    await this.ask('task Start', { containerId: slot });
  }

  async remove(slot: string): Promise<void> {
    // Its engine may be just about to start it again.
    await until(`${slot} is gone`, async () => {
      const labels = {};
      const updateMask = { paths: [`labels.${restartLabel}`] };
      await this.find('container Update', { container: { id: slot, labels }, updateMask });
      await this.endTask(slot);
      await this.find('container Delete', { id: slot });
      return (await this.task(slot)) === undefined ? true : undefined;
    });
    await this.find('snapshot Remove', { snapshotter, key: slot });
    rmSync(this.volumeOf(slot), { recursive: true, force: true });
    this.#addresses.release(slot);
  }

  /** Ends its task, and takes it away. */
  async endTask(slot: string): Promise<void> {
    if ((await this.task(slot)) === undefined) return;
    await this.kill(slot);
    await this.find('task Delete', { containerId: slot });
  }

  async kill(slot: string): Promise<void> {
    await this.find('task Kill', { containerId: slot, signal: sigkill, all: true });
    await until(`${slot} has ended`, async () => ((await this.task(slot))?.status === 2 ? undefined : true));
  }

  async busy(slot: string): Promise<void> {
    const process = {
      args: ['/bin/sh', '-c', 'while :; do :; done'],
      env: ['PATH=/bin'],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    };
    const spec = { typeUrl: processType, value: Buffer.from(JSON.stringify(process)) };
    await this.ask('task Exec', { containerId: slot, execId: 'busy', spec });
    await this.ask('task Start', { containerId: slot, execId: 'busy' });
  }

  async takeAddress(slot: string): Promise<void> {
    await this.#addresses.take(slot);
  }

  async spoil(slot: string): Promise<void> {
    await this.ask('snapshot Remove', { snapshotter, key: slot });
  }

  async host(verb: HostVerb): Promise<void> {
    const { scratch } = this.engine;
    switch (verb) {
      case 'hang':
        return await scratch.signal('SIGSTOP');
      case 'resume':
        return await scratch.signal('SIGCONT');
      case 'down':
        return await scratch.signal('SIGKILL');
      case 'up':
        return await this.engine.start();
      case 'reboot':
        return await this.#reboot();
    }
  }

  /** Resolves when the engine has started again what it starts again. */
  async #reboot(): Promise<void> {
    const witness = 'boot-witness';
    await this.create(witness, undefined, {
      labels: { [restartLabel]: 'running', [this.marker.label]: 'none' },
    });
    await this.engine.reboot();
    await until('what the engine starts by itself', () =>
      this.runs(witness).then((runs) => runs || undefined),
    );
    await this.remove(witness);
  }

  async marksOf(slot: string): Promise<string> {
    const { id, labels, createdAt, snapshotKey, spec } = await this.inspect(slot);
    const { pid, stdout, stderr } = (await this.task(slot)) ?? { pid: 0, stdout: '', stderr: '' };
    const read = (file: string) => readFileSync(`/proc/${pid}/root${file}`, 'utf8').split('\n')[0];
    // Written by the container itself, soon after its start.
    const own = await until(`${slot} has written`, () => {
      try {
        return { data: read('/data/mark'), layer: read('/root/mark') };
      } catch {
        return undefined;
      }
    });
    const said = Buffer.from(spec.value).toString('utf8');
    const sorted = Object.entries(labels).toSorted(([a], [b]) => (a < b ? -1 : 1));
    return JSON.stringify({ id, sorted, createdAt, snapshotKey, said, stdout, stderr, own });
  }

  /** What an agent's configuration says of it. */
  get config(): Readonly<Record<string, unknown>> {
    const { socket, namespaces, marker, identity } = this.#options;
    const rules = { pruner: 'none', scratch: ['/tmp', '/run'], stopGrace: '2 s' };
    return { kind: 'containerd', socket, namespaces, marker, identity, ...rules };
  }

  /** By the engine itself. */
  async runs(slot: string): Promise<boolean> {
    return (await this.task(slot))?.status === 2;
  }

  async inspect(slot: string): Promise<Seen> {
    return (await this.ask('container Get', { id: slot }))['container'] as Seen;
  }

  async task(slot: string): Promise<SeenTask | undefined> {
    return (await this.find('task Get', { containerId: slot }))?.['process'] as SeenTask | undefined;
  }

  logOf(slot: string): string {
    return `file://${this.engine.scratch.directory}/logs/${this.namespace}-${slot}.log`;
  }

  volumeOf(slot: string): string {
    return join(this.engine.scratch.directory, 'volumes', this.namespace, slot);
  }

  /** Throws unless the engine did it. */
  async ask(call: string, request: object): Promise<Record<string, unknown>> {
    return await this.engine.platform.ask(call, this.namespace, request);
  }

  async find(call: string, request: object): Promise<Record<string, unknown> | undefined> {
    return await this.engine.platform.find(call, this.namespace, request);
  }
}

/** Files in memory at a place. */
export function memory(destination: string): object {
  return { type: 'tmpfs', source: 'tmpfs', destination, options: ['nosuid', 'nodev'] };
}

function specOf(uid: string | undefined, cgroupsPath: string, volume: object, more: More): object {
  const { args, hostNetwork = false, mounts = [], hooks, join: joined = {}, rootPath = 'rootfs' } = more;
  const kinds = ['pid', 'ipc', 'uts', 'mount', ...(hostNetwork ? [] : ['network'])];
  return {
    ociVersion: '1.0.2',
    process: {
      args: args ?? [
        '/bin/sh',
        '-c',
        'echo of-$$-$SERVO_COLOUR >>/data/mark; echo own >>/root/mark; exec /bin/servo',
      ],
      env: ['PATH=/bin', 'SERVO_COLOUR=green', ...(uid === undefined ? [] : [`SERVO_UID=${uid}`])],
      cwd: '/',
      user: { uid: 0, gid: 0 },
    },
    root: { path: rootPath },
    mounts: [
      { type: 'proc', source: 'proc', destination: '/proc' },
      { type: 'tmpfs', source: 'tmpfs', destination: '/dev', options: ['nosuid', 'mode=755'] },
      memory('/run'),
      volume,
      ...mounts,
    ],
    ...(hooks === undefined ? {} : { hooks }),
    linux: {
      cgroupsPath,
      namespaces: kinds.map((type) => ({
        type,
        ...(joined[type] === undefined ? {} : { path: joined[type] }),
      })),
    },
  };
}
