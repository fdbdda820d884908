// containerd for one test: private storage and sockets, no Kubernetes part, the project's image in its namespaces. Everything
// ends with the test.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { Platform } from './containerd-api.ts';
import { makeImage } from './image.ts';
import { answering, Scratch } from './scratch.ts';

export interface Containerd {
  readonly socket: string;
  readonly scratch: Scratch;
  readonly platform: Platform;
  /** Snapshot that every container's root stands on. */
  readonly image: string;
  /** Makes the image known in a namespace. */
  takeImage(namespace: string): Promise<void>;
  /** Starts the daemon anew after it was ended. Resolves when it answers. */
  start(): Promise<void>;
  /** Everything ends at once, and what a boot empties is empty. Resolves when the daemon answers. */
  reboot(): Promise<void>;
}

export async function bringUpContainerd(t: Pick<Test, 'teardown'>): Promise<Containerd> {
  const scratch = await Scratch.make(t);
  const d = scratch.directory;
  const socket = join(d, 'c.sock');
  const config = join(d, 'config.toml');
  mkdirSync(join(d, 'logs'));
  writeFileSync(
    config,
    `version = 2
root = "${d}/root"
state = "${d}/state"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "${socket}"
[ttrpc]
  address = "${socket}.t"
[plugins."io.containerd.internal.v1.restart"]
  interval = "500ms"
`,
  );
  const platform = new Platform(socket);
  t.teardown(() => platform.close());
  const archive = makeImage(d);
  const layer = createHash('sha256')
    .update(readFileSync(join(d, 'image/layer.tar')))
    .digest('hex');
  const engine: Containerd = {
    socket,
    scratch,
    platform,
    image: `sha256:${layer}`,
    async takeImage(namespace) {
      await scratch.run(['ctr', '-a', socket, '-n', namespace, 'images', 'import', archive]);
    },
    async start() {
      await scratch.start(['containerd', '-c', config]);
      await answering(`containerd on ${socket}`, () => platform.ask('version Version', '', {}));
    },
    async reboot() {
      await scratch.reap();
      await scratch.run([
        'sh',
        '-c',
        `umount -l ${d}/state/io.containerd.runtime.v2.task/*/*/rootfs 2>/dev/null; rm -rf ${d}/state /run/containerd`,
      ]);
      await engine.start();
    },
  };
  await engine.start();
  return engine;
}
