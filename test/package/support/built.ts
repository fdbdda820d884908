// The packages of these sources, built once for all tests that install them.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { buildPackages } from '../../../scripts/package/packages.ts';

const root = join(import.meta.dirname, '../../..');
const sources = [
  'agent/src',
  'coordinator/src',
  'proto',
  'scripts/package',
  'package.json',
  'package-lock.json',
];

/** Below the repository, so that machines of tests see them too. */
export const cache = join(root, 'node_modules/.cache/servo-packages');

export interface Built {
  readonly agent: string;
  readonly coordinator: string;
}

/** @param version of another release than the sources' own. */
export async function built(version?: string): Promise<Built> {
  const folder = join(cache, hashOf(version ?? ''));
  if (!existsSync(folder)) {
    mkdirSync(cache, { recursive: true });
    const fresh = mkdtempSync(`${folder}.new-`);
    await buildPackages({ arch: 'amd64', out: fresh, ...(version === undefined ? {} : { version }) });
    try {
      renameSync(fresh, folder);
    } catch {
      // Another test was faster: its packages are the same.
      rmSync(fresh, { recursive: true });
    }
  }
  const file = (name: string) =>
    join(folder, readdirSync(folder).find((each) => each.startsWith(`${name}_`)) ?? '');
  return { agent: file('servo-agent'), coordinator: file('servo-coordinator') };
}

function hashOf(version: string): string {
  const hash = createHash('sha256').update(version);
  for (const source of sources.map((each) => join(root, each)))
    for (const file of filesOf(source)) hash.update(`\n${file}\n`).update(readFileSync(file));
  hash.update(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root }));
  return hash.digest('hex').slice(0, 20);
}

function filesOf(path: string): readonly string[] {
  if (/\.(json)$/.test(path)) return [path];
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
}
