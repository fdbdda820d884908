// A machine for one test: a real systemd as pid 1 of a container, over a copy-on-write view of this machine's root. What is
// installed, written and started in it is gone with it. It has a loopback of its own and no other network.
//
// Mounts live in a mount namespace of the container's own, and the kernel ends the container with the process that began it: so
// nothing stays behind a test, however that ends.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { setTimeout as sleep } from 'node:timers/promises';

const root = join(import.meta.dirname, '../../..');
/** Where the repository is seen from within, read-only. */
export const inside = '/w';
/** A boot took a second or two; a machine full of other tests takes its time. */
const patienceMs = 90_000;
/** A machine that goes down at once gives no answer any more. */
const maxTellMs = 5000;

/** Program -> the Debian package that brings it. */
const programs = {
  '/usr/bin/systemd-nspawn': 'systemd-container',
  '/usr/bin/dpkg-deb': 'dpkg',
  '/usr/bin/nsenter': 'util-linux',
  '/usr/bin/dbus-daemon': 'dbus',
} as const;

/** Why there can be no machine here; undefined: there can. */
export function lacking(): string | undefined {
  if (process.getuid?.() !== 0) return 'a machine of its own: the tests must run as root';
  const missing = Object.entries(programs).filter(([file]) => !existsSync(file));
  if (missing.length === 0) return undefined;
  const packages = missing.map(([, name]) => name).join(' ');
  return `a machine of its own: missing ${packages}; apt-get install --no-install-recommends ${packages}`;
}

export interface Said {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

// $1: scratch directory, $2: the repository, $3: a network namespace to join, or nothing.
// The root is laid out in memory: whatever this machine's disk is, an overlay can lie on that.
const boot = `
set -eu
mount -t tmpfs -o size=3g,mode=755 tmpfs "$1"
mkdir "$1/up" "$1/work" "$1/root" "$1/lib"
mount -t overlay overlay -o lowerdir=/,upperdir="$1/up",workdir="$1/work" "$1/root"
r="$1/root"
rm -rf "$r"/etc/systemd/system/*.wants "$r"/etc/systemd/system/servo-*
mkdir "$r/etc/systemd/system/multi-user.target.wants"
# Manual pages are not indexed anew with each package.
rm -f "$r/var/lib/man-db/auto-update"
# Engines make control groups of their own, as on any host; nspawn gives the old ones read-only.
cat >"$r/etc/systemd/system/control-groups.service" <<'end'
[Unit]
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=-/bin/sh -c 'for group in /sys/fs/cgroup/*/; do mount -o remount,bind,rw "$group"; done'
end
mkdir "$r/etc/systemd/system/sysinit.target.wants"
ln -s ../control-groups.service "$r/etc/systemd/system/sysinit.target.wants/"
head -c16 /dev/urandom | od -An -tx1 | tr -d ' \\n' >"$r/etc/machine-id"; echo >>"$r/etc/machine-id"
for unit in systemd-firstboot systemd-resolved systemd-networkd systemd-timesyncd systemd-logind; do
  ln -sf /dev/null "$r/etc/systemd/system/$unit.service"
done
if [ -n "$3" ]; then net="--network-namespace-path=$3"; else net=--private-network; fi
# Engines begin with nothing. Theirs are folders in this machine's own memory: no overlay can lie on an overlay.
rm -rf "$r"/var/lib/lxc/*
binds=
for folder in containerd containers docker; do
  mkdir "$1/lib/$folder"
  mkdir -p "$r/var/lib/$folder"
  binds="$binds --bind=$1/lib/$folder:/var/lib/$folder"
done
# It ends with 133 where the machine wants to be booted anew.
while :; do
  status=0
  systemd-nspawn --quiet --directory="$r" --machine="$(basename "$1")" --register=no --keep-unit "$net" \\
    --console=pipe --system-call-filter=@keyring --capability=CAP_SYS_RESOURCE,CAP_NET_ADMIN --bind-ro="$2:${inside}:norbind" \\
    $binds --boot systemd.unit=multi-user.target || status=$?
  [ $status = 133 ] || exit $status
done
`;

export class Machine {
  readonly #scratch = mkdtempSync(join(tmpdir(), 'sm-'));
  readonly #container: ChildProcess;
  #console = '';
  #leader = 0;
  /** What runs in it on behalf of this test. */
  readonly #children = new Set<ChildProcess>();

  private constructor(network: string) {
    // All of it is in a pid namespace, which ends with its first process, and that with this one.
    const unshare = ['--pid', '--fork', '--kill-child=KILL', '--mount-proc', '--mount'];
    const shell = ['sh', '-c', boot, 'sh', this.#scratch, root, network];
    this.#container = spawn('setpriv', ['--pdeathsig', 'KILL', 'unshare', ...unshare, ...shell], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#container.stdout, this.#container.stderr])
      stream
        ?.setEncoding('utf8')
        .on('data', (text: string) => (this.#console = (this.#console + text).slice(-20_000)));
  }

  /** Boots one. It ends with the test. @param network path of a network namespace that it shares; none: its own. */
  static async boot(t: Pick<Test, 'teardown'>, network = ''): Promise<Machine> {
    const machine = new Machine(network);
    t.teardown(async () => await machine.#end());
    await machine.#untilUp(0);
    return machine;
  }

  /** Runs a program in it, as root. */
  async run(argv: readonly string[], input = '', env: Readonly<Record<string, string>> = {}): Promise<Said> {
    const child = this.spawn(argv, env);
    let out = '';
    let err = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(input);
    const [code] = (await once(child, 'close')) as [number | null];
    return { code: code ?? -1, out, err };
  }

  /** Starts a program in it, as root, with pipes. */
  spawn(argv: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
    const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
    const child = spawn('nsenter', ['--target', String(this.#leader), '--all', '--wdns=/root', ...argv], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { PATH, HOME: '/root', LANG: 'C.UTF-8', ...env },
    });
    this.#children.add(child);
    child.once('close', () => this.#children.delete(child));
    return child;
  }

  /** What a shell script writes. Throws with everything that it said unless it ends with 0. */
  async sh(script: string, env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, out, err } = await this.run(['bash', '--norc', '-euo', 'pipefail', '-c', script], '', env);
    if (code !== 0) throw new Error(`in the machine: ${script}\nended with ${code}\n${out}${err}`);
    return out;
  }

  /** Properties of a unit, as systemd shows them. */
  async show(unit: string, ...properties: readonly string[]): Promise<Readonly<Record<string, string>>> {
    const text = await this.sh(`systemctl show ${unit} -p ${properties.join(',')}`);
    return Object.fromEntries(
      text
        .trim()
        .split('\n')
        .map((line) => line.split(/=(.*)/s, 2) as [string, string]),
    );
  }

  /** The log of a unit since this boot. */
  async journal(unit: string): Promise<string> {
    return await this.sh(`journalctl --no-pager -o cat -b -u ${unit}`);
  }

  write(path: string, text: string, mode = '644'): Promise<string> {
    return this.sh(`install -D -m ${mode} /dev/stdin '${path}' <<'end of file'\n${text}\nend of file`);
  }

  /** Resolves when it is up again. Whatever ran in it on behalf of this test has ended. */
  async reboot(): Promise<void> {
    const before = this.#leader;
    const told = once(this.spawn(['systemctl', 'reboot', '--no-block']), 'close');
    await Promise.race([told, sleep(maxTellMs)]);
    await this.#untilUp(before);
  }

  /**
   * A machine that goes down stops everything for a moment, and nsenter stops itself along with what it started; a process that
   * is not waited for then keeps the machine from ending.
   */
  #letGo(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }

  async #untilUp(before: number): Promise<void> {
    const up = async (): Promise<true | undefined> => {
      if (this.#container.exitCode !== null)
        throw new Error(`the machine ended with ${this.#container.exitCode}:\n${this.#console}`);
      if (this.#leader === before) this.#letGo();
      const leader = leaderOf(this.#container.pid ?? 0);
      if (leader === undefined || leader === before) return undefined;
      this.#leader = leader;
      const { code } = await this.run(['systemctl', 'is-active', '--quiet', 'multi-user.target']);
      return code === 0 ? true : undefined;
    };
    await eventually('the machine to be up', patienceMs, up).catch((cause: unknown) => {
      throw new Error(`the machine is not up; its console says:\n${this.#console}`, { cause });
    });
  }

  async #end(): Promise<void> {
    this.#letGo();
    if (this.#container.exitCode === null && this.#container.signalCode === null) {
      const ended = once(this.#container, 'exit');
      this.#container.kill('SIGKILL');
      await ended;
    }
    rmSync(this.#scratch, { recursive: true, force: true });
  }
}

/** Waits until `look` gives something: twice a second, since each look is a program of its own. Throws with what it waited for. */
export async function eventually<T>(
  what: string,
  limitMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const began = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - began > limitMs)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await sleep(500);
  }
}

/** pid 1 of the container: below unshare, the shell and nspawn, the one that lives in a pid namespace of its own. */
function leaderOf(unshare: number): number | undefined {
  try {
    return childrenOf(unshare)
      .flatMap(childrenOf)
      .flatMap(childrenOf)
      .find((pid) => /^NSpid:\t[\d\t]+\t1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8')));
  } catch {
    return undefined;
  }
}

function childrenOf(pid: number): readonly number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
}
