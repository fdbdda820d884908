// The one image that all engines run: two megabytes, made here from Debian's busybox, so nothing is fetched from anywhere.
// A docker-archive, which docker, podman and containerd all take; its root file system alone is what LXC takes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const imageName = 'localhost/servo-test:1';
const busybox = '/bin/busybox';

/** Runs until it is told to end; works as long as /tmp/busy is there. A pid 1 ends by SIGTERM only where it traps it. */
const servo = `#!/bin/sh
trap 'kill $! 2>/dev/null; exit 0' TERM PWR
while :; do
  while [ -e /tmp/busy ]; do :; done
  sleep 3600 & wait $!
done
`;

/** Fills a folder with the root file system. */
export function makeRoot(folder: string): void {
  for (const name of ['bin', 'sbin', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'root', 'data'])
    mkdirSync(join(folder, name), { recursive: true });
  copyFileSync(busybox, join(folder, 'bin/busybox'));
  chmodSync(join(folder, 'bin/busybox'), 0o755);
  for (const applet of checked(busybox, ['--list']).split('\n'))
    if (applet !== '' && applet !== 'busybox') symlinkSync('busybox', join(folder, 'bin', applet));
  writeFileSync(join(folder, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(folder, 'bin/servo'), servo);
  chmodSync(join(folder, 'bin/servo'), 0o755);
}

/** Makes the image below `directory`; answers with the path of the archive. */
export function makeImage(directory: string): string {
  const root = join(directory, 'image-root');
  const parts = join(directory, 'image');
  mkdirSync(parts, { recursive: true });
  makeRoot(root);
  const layer = join(parts, 'layer.tar');
  const same = ['--sort=name', '--mtime=@0', '--owner=0', '--group=0', '--numeric-owner'];
  checked('tar', ['-C', root, ...same, '-cf', layer, '.']);
  const diff = createHash('sha256').update(readFileSync(layer)).digest('hex');
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const config = {
    architecture,
    os: 'linux',
    created: '1970-01-01T00:00:00Z',
    config: { Env: ['PATH=/bin'], Cmd: ['/bin/servo'] },
    rootfs: { type: 'layers', diff_ids: [`sha256:${diff}`] },
    history: [{ created: '1970-01-01T00:00:00Z' }],
  };
  writeFileSync(join(parts, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: [imageName], Layers: ['layer.tar'] }];
  writeFileSync(join(parts, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(directory, 'image.tar');
  checked('tar', ['-C', parts, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  return archive;
}

function checked(program: string, args: readonly string[]): string {
  const ran = spawnSync(program, args, { encoding: 'utf8' });
  if (ran.status !== 0) throw new Error(`${program} ${args.join(' ')}: ${ran.stderr}`);
  return ran.stdout;
}
