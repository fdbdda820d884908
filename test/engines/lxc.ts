// LXC for one test: a lxcpath of its own, control groups that the keeper finds, no network but what a guest brings itself.
import { mkdirSync, rmSync, writeFileSync, chmodSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { makeRoot } from './image.ts';
import { Scratch } from './scratch.ts';

export interface GuestSpec {
  readonly environment: Readonly<Record<string, string>>;
  /** Lines of its configuration beside the usual ones. */
  readonly lines?: readonly string[];
  /** In a network of its own. Absent: it has none but loopback. */
  readonly address?: string;
}

export class LxcEngine {
  readonly scratch: Scratch;
  readonly lxcpath: string;
  readonly #base: string;

  private constructor(scratch: Scratch) {
    this.scratch = scratch;
    this.lxcpath = join(scratch.directory, 'lxc');
    this.#base = join(scratch.directory, 'base');
  }

  static async bringUp(t: Pick<Test, 'teardown'>): Promise<LxcEngine> {
    const engine = new LxcEngine(await Scratch.make(t));
    mkdirSync(engine.lxcpath);
    mkdirSync(engine.#base);
    makeRoot(engine.#base);
    return engine;
  }

  pathOf(name: string, ...more: readonly string[]): string {
    return join(this.lxcpath, name, ...more);
  }

  /** Defines a guest, with a root of its own and a volume that outlives it. */
  async define(name: string, spec: GuestSpec): Promise<void> {
    mkdirSync(this.pathOf(name));
    // One program, many names: links cost nothing.
    await this.scratch.run(['cp', '-al', this.#base, this.pathOf(name, 'rootfs')]);
    const volume = this.volumeOf(name);
    mkdirSync(volume, { recursive: true });
    writeFileSync(this.pathOf(name, 'config'), this.#config(name, volume, spec));
  }

  volumeOf(name: string): string {
    return join(this.scratch.directory, 'volumes', name);
  }

  async start(name: string): Promise<void> {
    await this.#tool('lxc-start', name, '-d');
    await this.#tool('lxc-wait', name, '-s', 'RUNNING', '-t', '10');
  }

  /** Ends and deletes it; nothing there is no error. */
  async remove(name: string): Promise<void> {
    if ((await this.state(name)) === 'RUNNING') await this.#tool('lxc-stop', name, '-k');
    rmSync(this.pathOf(name), { recursive: true, force: true });
    rmSync(this.volumeOf(name), { recursive: true, force: true });
  }

  /** Undefined: LXC knows no such guest. */
  async state(name: string): Promise<string | undefined> {
    return (await this.list()).get(name)?.state;
  }

  async list(): Promise<ReadonlyMap<string, { readonly state: string; readonly pid: number }>> {
    const out = await this.scratch.run(['lxc-ls', '-P', this.lxcpath, '-f', '-F', 'NAME,STATE,PID']);
    const lines = out.split('\n').map((line) => line.trim().split(/\s+/));
    return new Map(lines.map(([name = '', state = '', pid]) => [name, { state, pid: Number(pid) }]));
  }

  /** What a host does when it boots: everything ends, and LXC starts what is to be started. */
  async reboot(): Promise<void> {
    for (const [name, { state }] of await this.list())
      if (state === 'RUNNING') await this.#tool('lxc-stop', name, '-k');
    for (const how of [['-a'], ['-g', 'platform'], ['-A', '-g', 'platform']])
      await this.scratch.run(['lxc-autostart', '-P', this.lxcpath, ...how]);
  }

  /** Number of a running guest's first process, and of the monitor that holds it. */
  async pids(name: string): Promise<{ readonly first: number; readonly monitor: number }> {
    const first = (await this.list()).get(name)?.pid ?? Number.NaN;
    if (!Number.isSafeInteger(first)) throw new Error(`guest ${name} does not run`);
    const monitor = Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${first}/stat`, 'latin1'))?.[1]);
    return { first, monitor };
  }

  async #tool(tool: string, name: string, ...args: readonly string[]): Promise<void> {
    await this.scratch.run([tool, '-P', this.lxcpath, '-n', name, ...args]);
  }

  #config(name: string, volume: string, { environment, lines = [], address }: GuestSpec): string {
    const all = [
      `lxc.uts.name = ${name}`,
      `lxc.rootfs.path = dir:${this.pathOf(name, 'rootfs')}`,
      'lxc.net.0.type = empty',
      'lxc.apparmor.profile = unconfined',
      'lxc.init.cmd = /bin/servo',
      'lxc.signal.halt = SIGTERM',
      'lxc.mount.auto = proc:mixed sys:ro',
      `lxc.mount.entry = ${volume} data none bind 0 0`,
      `lxc.cgroup.dir = ${this.scratch.group.slice(1)}/servos`,
      ...Object.entries(environment).map(([key, value]) => `lxc.environment = ${key}=${value}`),
      ...(address === undefined ? [] : [`lxc.hook.start-host = ${this.#network(address)}`]),
      ...lines,
    ];
    return `${all.join('\n')}\n`;
  }

  /** A hook that gives the guest's own network an address. */
  #network(address: string): string {
    const path = join(this.scratch.directory, `address-${address}`);
    const inside = 'nsenter --net=/proc/$LXC_PID/ns/net';
    writeFileSync(
      path,
      `#!/bin/sh -e\n${inside} ip link set lo up\n${inside} ip address add ${address}/32 dev lo\n`,
    );
    chmodSync(path, 0o755);
    return path;
  }
}
