// Which systemd unit a process belongs to, from its control group.
import { readFile } from 'node:fs/promises';
import { codeOf } from './proc.ts';

export interface Unit {
  /** `app.service`, `session-3.scope`. */
  readonly name: string;
  /** It belongs to a user's own manager, not to the system's. */
  readonly user: boolean;
}

/** The innermost service or scope in a control group path, or undefined when it names none. */
export function unitIn(path: string): Unit | undefined {
  const parts = path.split('/');
  const name = parts.findLast((part) => /\.(service|scope)$/.test(part));
  if (name === undefined) return undefined;
  const above = parts.slice(0, parts.lastIndexOf(name));
  return { name, user: above.some((part) => /^user@\d+\.service$/.test(part)) };
}

/** Path of systemd's own hierarchy in /proc/<pid>/cgroup: the named one where version 1 is still mounted, else version 2's. */
export function systemdPath(text: string): string {
  const lines = text.split('\n');
  const named = lines.find((line) => line.includes(':name=systemd:'));
  const unified = lines.find((line) => line.startsWith('0::'));
  return (named ?? unified ?? '').split(':').slice(2).join(':');
}

/** Control group of a process; `self` is this one. Undefined when the process is gone. */
export async function readCgroup(pid: number | 'self'): Promise<string | undefined> {
  try {
    return systemdPath(await readFile(`/proc/${pid}/cgroup`, 'utf8'));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ESRCH') return undefined;
    throw new Error(`cannot read /proc/${pid}/cgroup`, { cause: error });
  }
}
