// Servos that run, and of which LXC says nothing: a guest whose monitor has ended or sits in another network namespace shows
// as stopped while its processes go on. So what LXC says is compared with what the kernel shows: the first process of a
// process namespace, with this installation's marker in its environment, that is no known guest's.
import { readFile } from 'node:fs/promises';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../../batches.ts';
import { problem, says } from '../../problem.ts';
import { variableOf } from '../process-identity.ts';
import { isAlive, listPids, readParts, readStatSync } from '../proc.ts';

export interface Marker {
  readonly variable: string;
  readonly value: string;
}

/** A problem for each. @param known first processes of the guests that LXC says run. */
export async function straysOf(
  marker: Marker,
  known: ReadonlySet<number>,
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const found = await inBatches(listPids(), signal, async (pid) => {
    if (known.has(pid) || !(await isFirst(pid))) return undefined;
    try {
      const environ = await readParts(pid, 'environ');
      if (environ === undefined || !environ.includes('container=lxc')) return undefined;
      if (variableOf(environ, marker.variable) !== marker.value || !isAlive(readStatSync(pid)))
        return undefined;
    } catch (error) {
      if (!isAlive(readStatSync(pid))) return undefined;
      return problem(
        `/proc/${pid}`,
        'unreadable',
        `${says(error)}; it may be a servo: run the agent as root`,
      );
    }
    return problem(
      `/proc/${pid}`,
      'unknown-to-lxc',
      'is the first process of a guest of this installation, and LXC does not say that it runs: its monitor has ended, or it is in another lxcpath or network namespace; end it by hand',
    );
  });
  return found.filter((p) => p !== undefined);
}

/** Whether it is number 1 in a process namespace below the agent's own. */
async function isFirst(pid: number): Promise<boolean> {
  try {
    const numbers =
      /^NSpid:\t(.*)$/m.exec(await readFile(`/proc/${pid}/status`, 'latin1'))?.[1]?.split('\t') ?? [];
    return numbers.length > 1 && numbers.at(-1) === '1';
  } catch {
    // It has ended.
    return false;
  }
}
