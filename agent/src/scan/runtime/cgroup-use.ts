// CPU time and processes of a whole control group, found through one process in it. Works on version 2, on version 1, and
// where both are mounted; where the files are elsewhere, or this agent sees another root of them, nothing is told.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from './proc.ts';

/** The group of one servo: everything that it runs is in it, or below it. */
export interface Group {
  /** Folder in a hierarchy that counts CPU time. */
  readonly folder: string;
  readonly counts: 'cpu.stat' | 'cpuacct.usage';
}

/** Smallest step in which the kernel counts what runs, in milliseconds: one tick where it does no better. */
export const cgroupStepMs = 10;
/** Groups below one servo's that are looked into. A servo with more cannot be told. */
const maxGroups = 2000;

/**
 * The group around a process.
 * @param isTop whether this part of its path is the servo's own group: what it runs may sit deeper. Without one that is,
 * the process's own group counts.
 * @returns undefined when the process is gone, or its group cannot be found.
 */
export async function groupOf(pid: number, isTop: (part: string) => boolean): Promise<Group | undefined> {
  try {
    const [lines, mounts] = await Promise.all([
      readFile(`/proc/${pid}/cgroup`, 'utf8'),
      readFile('/proc/self/mountinfo', 'utf8'),
    ]);
    return findGroup(lines, mounts, isTop);
  } catch {
    return undefined;
  }
}

/** As `groupOf`, from the texts of /proc/<pid>/cgroup and /proc/self/mountinfo. */
export function findGroup(
  lines: string,
  mounts: string,
  isTop: (part: string) => boolean,
): Group | undefined {
  const mounted = parseMounts(mounts);
  for (const [kind, counts] of [
    ['cgroup2', 'cpu.stat'],
    ['cpuacct', 'cpuacct.usage'],
  ] as const) {
    const at = mounted.get(kind);
    const path = lines
      .split('\n')
      .map((line) => line.split(':'))
      .find(([id, controllers]) =>
        kind === 'cgroup2' ? id === '0' && controllers === '' : controllers?.split(',').includes(kind),
      )
      ?.slice(2)
      .join(':');
    // A path that climbs leads out of what this agent can see.
    if (at === undefined || path === undefined || path.startsWith('/..')) continue;
    return { folder: join(at, topOf(path, isTop)), counts };
  }
  return undefined;
}

function topOf(path: string, isTop: (part: string) => boolean): string {
  const parts = path.split('/');
  const at = parts.findIndex(isTop);
  return at < 0 ? path : parts.slice(0, at + 1).join('/');
}

/** Where the hierarchies are whole: a mount that shows only a part of one is passed over. */
function parseMounts(text: string): ReadonlyMap<'cgroup2' | 'cpuacct', string> {
  const found = new Map<'cgroup2' | 'cpuacct', string>();
  for (const line of text.split('\n')) {
    const [left = '', right = ''] = line.split(' - ', 2);
    const [, , , root, point] = left.split(' ');
    const [type, , options = ''] = right.split(' ');
    if (root !== '/' || point === undefined) continue;
    if (type === 'cgroup2') found.set('cgroup2', point);
    else if (type === 'cgroup' && options.split(',').includes('cpuacct')) found.set('cpuacct', point);
  }
  return found;
}

/** CPU time in milliseconds, or undefined where it cannot be told. */
export async function cpuMsOf({ folder, counts }: Group): Promise<number | undefined> {
  try {
    const text = await readFile(join(folder, counts), 'utf8');
    const number = counts === 'cpu.stat' ? /^usage_usec (\d+)$/m.exec(text)?.[1] : /^(\d+)$/m.exec(text)?.[1];
    if (number === undefined) return undefined;
    return Math.floor(Number(number) / (counts === 'cpu.stat' ? 1e3 : 1e6));
  } catch {
    return undefined;
  }
}

/** Every process in the group and below it. Undefined where that cannot be told. */
export async function pidsOf({ folder }: Group): Promise<readonly number[] | undefined> {
  const folders = [folder];
  const pids: number[] = [];
  try {
    for (let next = folders[0], i = 0; next !== undefined; next = folders[++i]) {
      if (folders.length > maxGroups) return undefined;
      for (const pid of (await readFile(join(next, 'cgroup.procs'), 'utf8')).split('\n'))
        if (pid !== '') pids.push(Number(pid));
      for (const entry of await readdir(next, { withFileTypes: true }))
        if (entry.isDirectory()) folders.push(join(next, entry.name));
    }
    return pids;
  } catch (error) {
    return codeOf(error) === 'ENOENT' && folders.length > 1 ? pids : undefined;
  }
}
