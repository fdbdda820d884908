// Containers, as a platform runs them through the Docker Engine API. Each has a volume, a file in its own layer, a label and a
// variable, so that a restore that lost one of them is seen.
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import { dockerActor } from '../../agent/src/act/docker/actor.ts';
import type { HostVerb } from '../../agent/src/conformance/ground.ts';
import type { ContainerIdentity } from '../../agent/src/scan/runtime/docker/identity.ts';
import { openDocker, type DockerOptions } from '../../agent/src/scan/runtime/docker/docker.ts';
import { until } from '../agent/scan/support.ts';
import type { ContainerEngine } from './docker.ts';
import type { RuntimeHand, Wanted } from './ground.ts';
import { call, must } from './http.ts';
import { imageName } from './image.ts';
import { Addresses } from './ports.ts';

export const markerLabel = 'servo.host';
export const uidLabel = 'servo.uid';

export interface DockerHandOptions {
  /** Tells the servos of this hand from those of others on one engine. */
  readonly scope: string;
  readonly identity?: ContainerIdentity;
  readonly answerMs?: number;
}

interface Container {
  readonly Id: string;
  readonly State: { readonly Pid: number; readonly Running: boolean };
  readonly Config: { readonly Env: readonly string[]; readonly Labels: Readonly<Record<string, string>> };
  readonly HostConfig: {
    readonly RestartPolicy: unknown;
    readonly NetworkMode: string;
    readonly Binds: readonly string[];
  };
}

/** More of a container than a servo usually has, for single tests. */
export type More = Readonly<Record<string, unknown>>;

export class DockerHand implements RuntimeHand {
  readonly name: string;
  readonly engine: ContainerEngine;
  readonly #options: DockerOptions;
  readonly #t: Pick<Test, 'teardown'>;
  /** On the host's network, so that its address is one of the host's. */
  readonly marker: { readonly label: string; readonly value: string };
  readonly #scope: string;
  readonly #addresses: Addresses;

  constructor(t: Pick<Test, 'teardown'>, engine: ContainerEngine, options: DockerHandOptions) {
    this.#t = t;
    this.#addresses = new Addresses(t);
    this.engine = engine;
    this.name = engine.name;
    this.#scope = options.scope;
    this.marker = { label: markerLabel, value: `test/${options.scope}` };
    this.#options = {
      socket: engine.socket,
      marker: this.marker,
      identity: options.identity ?? { from: 'label', label: uidLabel },
      answerMs: options.answerMs ?? 10_000,
      fullEveryMs: 60_000,
      probeSources: [],
    };
  }

  open(more: Partial<DockerOptions> = {}) {
    const { socket, answerMs } = this.#options;
    const runtime = openDocker({ ...this.#options, ...more });
    this.#t.teardown(() => runtime.close?.());
    const rules = { pruner: 'none', scratch: ['/tmp', '/run'] } as const;
    return { runtime, actor: dockerActor({ socket, answerMs, stopGraceMs: 2000, ...rules }) };
  }

  async run(slot: string, { uid, labels, kind }: Wanted): Promise<void> {
    // The engines differ in what a boot starts again, and both are told the one that they obey after a stop.
    const stubborn = { Name: this.engine.name === 'docker' ? 'always' : 'unless-stopped' };
    const port = await this.#addresses.portOf(slot);
    await this.create(slot, uid, {
      labels,
      host: {
        ...(kind === 'stubborn' ? { RestartPolicy: stubborn } : {}),
        ...(kind === 'fleeting' ? { AutoRemove: true } : {}),
        ...(port === undefined ? {} : { NetworkMode: 'host' }),
      },
      ...(port === undefined ? {} : { cmd: ['/bin/nc', '-ll', '-p', String(port), '-e', 'true'] }),
    });
    await this.ask('POST', `/containers/${this.nameOf(slot)}/start`);
    await this.#addresses.untilListening(slot);
  }

  /** Creates a container in the slot, and does not start it. Resolves with its id. */
  async create(
    slot: string,
    uid: string | undefined,
    {
      labels = {},
      host = {},
      more = {},
      cmd = ['/bin/sh', '-c', 'echo of-$$-$HOSTNAME >>/data/mark; echo own >>/root/mark; exec /bin/servo'],
    }: {
      readonly labels?: Readonly<Record<string, string>>;
      readonly host?: More;
      readonly more?: More;
      readonly cmd?: readonly string[];
    } = {},
  ): Promise<string> {
    const created = await this.ask('POST', `/containers/create?name=${this.nameOf(slot)}`, {
      Image: imageName,
      Cmd: cmd,
      Env: ['SERVO_COLOUR=green', ...(uid === undefined ? [] : [`SERVO_UID=${uid}`])],
      Labels: {
        [this.marker.label]: this.marker.value,
        ...(uid === undefined ? {} : { [uidLabel]: uid }),
        ...labels,
      },
      HostConfig: {
        NetworkMode: 'none',
        CgroupParent: this.engine.cgroupParent,
        Binds: [`${this.nameOf(slot)}:/data`],
        ...host,
      },
      ...more,
    });
    return (created as { readonly Id: string }).Id;
  }

  async remove(slot: string): Promise<void> {
    const { status, text } = await this.call('DELETE', `/containers/${this.nameOf(slot)}?force=1&v=1`);
    // Podman answers 500 where another one removes it at the same time.
    if (status !== 204 && status !== 200 && status !== 404 && status !== 409)
      throw new Error(`cannot remove ${slot}: ${status} ${text}`);
    await until(`${slot} is gone`, async () => {
      return (await this.call('GET', `/containers/${this.nameOf(slot)}/json`)).status === 404
        ? true
        : undefined;
    });
    await this.call('DELETE', `/volumes/${this.nameOf(slot)}`);
    this.#addresses.release(slot);
  }

  async kill(slot: string): Promise<void> {
    await this.ask('POST', `/containers/${this.nameOf(slot)}/kill`);
  }

  async busy(slot: string): Promise<void> {
    const made = await this.ask('POST', `/containers/${this.nameOf(slot)}/exec`, {
      Cmd: ['/bin/sh', '-c', 'while :; do :; done'],
    });
    await this.ask('POST', `/exec/${(made as { Id: string }).Id}/start`, { Detach: true });
  }

  async takeAddress(slot: string): Promise<void> {
    await this.#addresses.take(slot);
  }

  async spoil(slot: string): Promise<void> {
    await this.ask('DELETE', `/containers/${this.nameOf(slot)}?force=1`);
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
        return await this.engine.reboot();
    }
  }

  async marksOf(slot: string): Promise<string> {
    const { Id, State, Config, HostConfig } = await this.inspect(slot);
    const read = (file: string) => readFileSync(`/proc/${State.Pid}/root${file}`, 'utf8').split('\n')[0];
    // Written by the container itself, soon after its start.
    const own = await until(`${slot} has written`, () => {
      try {
        return { data: read('/data/mark'), layer: read('/root/mark') };
      } catch {
        return undefined;
      }
    });
    const { RestartPolicy, NetworkMode, Binds } = HostConfig;
    return JSON.stringify({
      Id,
      env: Config.Env,
      labels: Config.Labels,
      RestartPolicy,
      NetworkMode,
      Binds,
      own,
    });
  }

  /** Of the container in a slot, and of its volume. */
  nameOf(slot: string): string {
    return `${this.#scope}-${slot}`;
  }

  /** What an agent's configuration says of it. */
  get config(): Readonly<Record<string, unknown>> {
    const { socket, identity } = this.#options;
    return {
      kind: 'docker',
      socket,
      marker: this.marker,
      identity,
      pruner: 'none',
      scratch: ['/tmp'],
      stopGrace: '2 s',
    };
  }

  /** By the engine itself. */
  async runs(slot: string): Promise<boolean> {
    const { status, text } = await this.call('GET', `/containers/${this.nameOf(slot)}/json`);
    return status === 200 && (JSON.parse(text) as Container).State.Running;
  }

  async inspect(slot: string): Promise<Container> {
    return (await this.ask('GET', `/containers/${this.nameOf(slot)}/json`)) as Container;
  }

  /** Throws unless the engine did it. */
  async ask(method: string, path: string, body?: unknown): Promise<unknown> {
    return await must(this.engine.socket, method, `/v1.40${path}`, body);
  }

  async call(method: string, path: string, body?: unknown) {
    return await call(this.engine.socket, method, `/v1.40${path}`, body);
  }
}
