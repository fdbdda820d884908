// Control groups of one test engine: everything that it starts is born in there, whoever its parent becomes, so everything
// can be found and ended, and nothing else can.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = '/sys/fs/cgroup';

/** The hierarchies, version 1 ones each by itself, version 2 wherever it is mounted. */
function hierarchies(): readonly string[] {
  if (existsSync(join(root, 'cgroup.procs'))) return [root];
  return readdirSync(root)
    .map((name) => join(root, name))
    .filter((path) => existsSync(join(path, 'cgroup.procs')));
}

/** The one hierarchy that processes are looked for in. */
function tracking(): string {
  const all = hierarchies();
  return all.find((path) => path.endsWith('/pids')) ?? all[0] ?? root;
}

/** Moves a process, and so all its children to come, into a group of its own below `name`. */
export function enter(name: string, pid: number): void {
  const group = join(tracking(), name, 'engine');
  mkdirSync(group, { recursive: true });
  writeFileSync(join(group, 'cgroup.procs'), String(pid));
}

/** Moves a process out of all of them. */
export function leave(pid: number): void {
  writeFileSync(join(tracking(), 'cgroup.procs'), String(pid));
}

/** All processes below `name`. */
export function members(name: string): readonly number[] {
  return foldersIn(join(tracking(), name)).flatMap((folder) => procsOf(folder));
}

/** Removes the groups, once nothing is in them. What is busy stays. */
export function removeGroups(name: string): void {
  for (const hierarchy of hierarchies())
    for (const folder of foldersIn(join(hierarchy, name)).toReversed()) {
      try {
        rmdirSync(folder);
      } catch {
        // Somebody is in it still, or it went by itself.
      }
    }
}

/** Parents before what is in them. */
function foldersIn(folder: string): readonly string[] {
  try {
    const inner = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [folder, ...inner.flatMap((entry) => foldersIn(join(folder, entry.name)))];
  } catch {
    return [];
  }
}

function procsOf(folder: string): readonly number[] {
  try {
    return readFileSync(join(folder, 'cgroup.procs'), 'utf8').split('\n').filter(Boolean).map(Number);
  } catch {
    return [];
  }
}
