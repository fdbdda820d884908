// Docker Engine and Podman's service with the compatible API, for one test: private storage, no network of their own, the
// project's image loaded. Everything ends with the test.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { call, load } from './http.ts';
import { makeImage } from './image.ts';
import { answering, Scratch } from './scratch.ts';

export interface ContainerEngine {
  readonly name: 'docker' | 'podman';
  readonly socket: string;
  /** Goes into HostConfig.CgroupParent of every container, so that the keeper finds it. */
  readonly cgroupParent: string;
  readonly scratch: Scratch;
  /** Starts the daemon anew after it was ended. Resolves when it answers. */
  start(): Promise<void>;
  /** Everything ends at once, and whatever starts by itself starts again. Resolves when the daemon answers. */
  reboot(): Promise<void>;
}

export async function bringUpDocker(t: Pick<Test, 'teardown'>): Promise<ContainerEngine> {
  const scratch = await Scratch.make(t);
  const d = scratch.directory;
  const socket = join(d, 'docker.sock');
  const argv = [
    'dockerd',
    `--data-root=${d}/data`,
    `--exec-root=${d}/exec`,
    `--pidfile=${d}/pid`,
    `--host=unix://${socket}`,
    '--exec-opt=native.cgroupdriver=cgroupfs',
    '--bridge=none',
    '--iptables=false',
    '--ip6tables=false',
    '--ip-forward=false',
    '--ip-masq=false',
    '--shutdown-timeout=2',
    // Containers outlive their engine, as on hosts whose engine is upgraded under load.
    '--live-restore',
  ];
  const engine: ContainerEngine = {
    name: 'docker',
    socket,
    cgroupParent: `${scratch.group}/servos`,
    scratch,
    async start() {
      // What was killed may wait for seconds to be collected, where pid 1 is no init; by these files it would seem to run.
      for (const file of ['pid', 'exec/containerd/containerd.pid']) rmSync(join(d, file), { force: true });
      await scratch.start(argv);
      await answers(socket);
    },
    async reboot() {
      await scratch.reap();
      // What a boot empties.
      await scratch.run(['sh', '-c', `umount -l ${d}/exec/netns/*; rm -rf ${d}/exec ${d}/pid ${socket}`]);
      await engine.start();
    },
  };
  await engine.start();
  await load(socket, makeImage(d));
  return engine;
}

export async function bringUpPodman(t: Pick<Test, 'teardown'>): Promise<ContainerEngine> {
  const scratch = await Scratch.make(t);
  const d = scratch.directory;
  const socket = join(d, 'podman.sock');
  mkdirSync(join(d, 'tmp'), { recursive: true });
  // No limit on open files of its own: raising it needs a capability that a container of tests may lack. crun refuses
  // machines where both versions of control groups are mounted.
  writeFileSync(
    join(d, 'containers.conf'),
    `[containers]
default_ulimits = []
log_driver = "k8s-file"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
lock_type = "file"
runtime = "runc"
tmp_dir = "${d}/tmp"
[network]
network_backend = "cni"
`,
  );
  writeFileSync(
    join(d, 'storage.conf'),
    `[storage]\ndriver = "overlay"\ngraphroot = "${d}/root"\nrunroot = "${d}/run"\n`,
  );
  const env = {
    CONTAINERS_CONF: join(d, 'containers.conf'),
    CONTAINERS_STORAGE_CONF: join(d, 'storage.conf'),
  };
  const engine: ContainerEngine = {
    name: 'podman',
    socket,
    cgroupParent: `${scratch.group}/servos`,
    scratch,
    async start() {
      await scratch.start(['podman', 'system', 'service', '--time=0', `unix://${socket}`], env);
      await answers(socket);
    },
    async reboot() {
      await scratch.reap();
      // What a boot empties.
      await scratch.run([
        'sh',
        '-c',
        `umount -l ${d}/run/* ${d}/root/overlay 2>/dev/null; rm -rf ${d}/tmp ${d}/run`,
      ]);
      mkdirSync(join(d, 'tmp'), { recursive: true });
      await engine.start();
      // What podman-restart.service runs at every boot.
      await scratch.run(['podman', 'start', '--all', '--filter', 'restart-policy=always'], env);
    },
  };
  await engine.start();
  await load(socket, makeImage(d));
  return engine;
}

async function answers(socket: string): Promise<void> {
  await answering(`an engine on ${socket}`, async () => {
    const { status } = await call(socket, 'GET', '/_ping');
    if (status !== 200) throw new Error(`status ${status}`);
  });
}
