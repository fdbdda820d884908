// How the servos of a machine run: by which engine, as Debian's own packages and units bring it, and what the README says of it.
import { mkdtempSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { makeImage, imageName } from '../../engines/image.ts';
import type { EngineName } from '../../engines/need.ts';
import { cache } from './built.ts';
import { inside, type Machine } from './machine.ts';

/** What runs the servos of a machine; each servo is of the project that `projectOf` names. */
export interface ServosOf {
  /** As an agent names the pair of store and runtime. */
  readonly generation: string;
  /** Drop-in of the agent's service. */
  readonly runtime: string;
  /** Heading in the README under which the agent's store and runtime stand; undefined: it is the one of section 4. */
  readonly section?: string;
  /** What stands in the README for something else than on this machine. */
  readonly instead?: Readonly<Record<string, string>>;
  /** Makes ready what servos run by. It comes again by itself when the machine is booted anew. */
  prepare(machine: Machine): Promise<void>;
  run(machine: Machine, uid: string, argv?: readonly string[]): Promise<void>;
  /** By the engine itself. */
  runs(machine: Machine, uid: string): Promise<boolean>;
  /** Whether the engine starts it again by itself; undefined: this one never does. */
  restarts?(machine: Machine, uid: string): Promise<boolean>;
}

export const projectOf = (uid: string): string => `project-${uid}`;
/** What tells servos from all else that runs, in the README's configuration. */
const host = 'main/host-1';

/** Plain processes, each in a unit of its own. */
export const processes: ServosOf = {
  generation: 'manifest-directory/process',
  runtime: 'process',
  prepare: async (machine) => void (await machine.sh('useradd --system servo')),
  async run(machine, uid, argv = ['sleep', '1000000']) {
    const env = { PATH: '/usr/bin:/bin', SERVO_HOST: host, SERVO_UID: uid };
    await record(machine, uid, { argv, cwd: '/', env });
    const setenv = Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`);
    await machine.run(['systemd-run', '--quiet', `--unit=${uid}`, '--uid=servo', ...setenv, ...argv]);
  },
  runs: async (machine, uid) => (await pidOf(machine, uid)) !== undefined,
};

/** The process of a servo, or undefined. */
export async function pidOf(machine: Machine, uid: string): Promise<number | undefined> {
  const found = await machine.sh(
    `grep -lzx SERVO_UID=${uid} /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 | sort -n || true`,
  );
  const [pid] = found.split('\n').filter(Boolean).map(Number);
  return pid;
}

/** The engine's own programs: what comes first in a path may be another's. */
const docker = '/usr/bin/docker';

export const engines: Readonly<Record<EngineName, ServosOf>> = {
  docker: {
    generation: 'labels/docker',
    runtime: 'docker',
    section: 'Docker Engine and Podman',
    async prepare(machine) {
      await machine.sh(`systemctl enable --now docker; ${docker} load -i ${image('image.tar')}`);
    },
    run: async (machine, uid) => void (await machine.sh(`${docker} run --restart always ${wordsFor(uid)}`)),
    runs: async (machine, uid) =>
      (await machine.sh(`${docker} inspect -f '{{.State.Running}}' ${uid}`)) === 'true\n',
    restarts: async (machine, uid) =>
      (await machine.sh(`${docker} inspect -f '{{.HostConfig.RestartPolicy.Name}}' ${uid}`)) === 'always\n',
  },
  podman: {
    generation: 'labels/docker',
    runtime: 'docker',
    section: 'Docker Engine and Podman',
    instead: { '/run/docker.sock': '/run/podman/podman.sock' },
    async prepare(machine) {
      await machine.sh(`systemctl enable --now podman.socket; podman load -q -i ${image('image.tar')}`);
    },
    run: async (machine, uid) => void (await machine.sh(`podman run ${wordsFor(uid)}`)),
    runs: async (machine, uid) =>
      (await machine.sh(`podman inspect -f '{{.State.Running}}' ${uid}`)) === 'true\n',
  },
  containerd: {
    generation: 'manifest-directory/containerd',
    runtime: 'containerd',
    section: 'containerd',
    async prepare(machine) {
      await machine.sh(`systemctl enable --now containerd; ctr images import ${image('image.tar')}`);
    },
    async run(machine, uid) {
      await record(machine, uid, { argv: ['/bin/servo'], cwd: '/', env: {} });
      const words = `--env SERVO_UID=${uid} --label servo.host=${host} --label containerd.io/restart.status=running`;
      await machine.sh(`ctr run -d --null-io ${words} ${imageName} ${uid}`);
    },
    runs: async (machine, uid) =>
      new RegExp(`^${uid} +\\d+ +RUNNING`, 'm').test(await machine.sh('ctr tasks ls')),
    async restarts(machine, uid) {
      const { Labels } = JSON.parse(await machine.sh(`ctr containers info ${uid}`)) as { Labels: object };
      return 'containerd.io/restart.status' in Labels;
    },
  },
  lxc: {
    generation: 'manifest-directory/lxc',
    runtime: 'lxc',
    section: 'LXC',
    async prepare(machine) {
      // No guest here is on LXC's bridge, which would be waited for at every boot.
      await machine.sh(`echo 'USE_LXC_BRIDGE="false"' >/etc/default/lxc-net; systemctl enable lxc`);
    },
    async run(machine, uid) {
      await record(machine, uid, { argv: ['/bin/servo'], cwd: '/', env: {} });
      const path = `/var/lib/lxc/${uid}`;
      await machine.sh(`mkdir ${path}; cp -a ${image('image-root')} ${path}/rootfs`);
      const config = [
        `lxc.uts.name = ${uid}`,
        `lxc.rootfs.path = dir:${path}/rootfs`,
        'lxc.net.0.type = empty',
        'lxc.apparmor.profile = unconfined',
        'lxc.init.cmd = /bin/servo',
        'lxc.signal.halt = SIGTERM',
        'lxc.mount.auto = proc:mixed sys:ro',
        'lxc.start.auto = 1',
        `lxc.environment = SERVO_HOST=${host}`,
        `lxc.environment = SERVO_UID=${uid}`,
      ];
      await machine.write(`${path}/config`, config.join('\n'));
      await machine.sh(`lxc-start -n ${uid} -d`);
    },
    runs: async (machine, uid) => (await machine.sh(`lxc-info -n ${uid} -s -H`)) === 'RUNNING\n',
    restarts: async (machine, uid) =>
      new RegExp(`^${uid} +1 *$`, 'm').test(await machine.sh('lxc-ls -f -F NAME,AUTOSTART')),
  },
};

/** Of a container on Docker or Podman whose record is in its labels. */
function wordsFor(uid: string): string {
  const labels = { 'servo.host': host, 'platform.uid': uid, 'platform.project': projectOf(uid) };
  const words = Object.entries(labels).map(([name, value]) => `--label ${name}=${value}`);
  return `-d --name ${uid} --network none --env SERVO_UID=${uid} ${words.join(' ')} ${imageName}`;
}

/** What the platform notes in its directory of manifests. */
async function record(machine: Machine, uid: string, how: object): Promise<void> {
  const project = projectOf(uid);
  const manifest = JSON.stringify({ uid, project, ...how });
  await machine.write(`/var/lib/platform/servos/${project}/${uid}.json`, manifest);
}

/** What was made for containers, as a machine sees it: below the repository, and made once in this process. */
function image(part: 'image.tar' | 'image-root'): string {
  if (made === undefined) {
    made = mkdtempSync(join(cache, 'image-'));
    process.once('exit', () => rmSync(made ?? '', { recursive: true, force: true }));
    makeImage(made);
  }
  return `${inside}/node_modules/.cache/servo-packages/${relative(cache, made)}/${part}`;
}
let made: string | undefined;
