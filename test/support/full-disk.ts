// A disk that is full for one process: no file of it grows beyond a size (RLIMIT_FSIZE), until it may again. Needs no root, and
// nothing stays behind. What the process gets is EFBIG where a full disk would say ENOSPC.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';

/** Why no disk can be made full here; undefined: it can. */
export function whyNoFullDisk(): string | undefined {
  try {
    execFileSync('prlimit', ['--version']);
    return undefined;
  } catch {
    return 'needs prlimit (util-linux)';
  }
}

/**
 * What such a process is started through. The test runner loads code into every Node process, by this variable, that dies of the
 * signal which comes with EFBIG; Node by itself ignores it.
 */
export const withoutRunner = ['env', '-u', 'NODE_OPTIONS'] as const;

/** From here on no file that this process writes grows beyond the size that `file` has now. */
export function fillDisk(pid: number | undefined, file: string): void {
  limit(pid, String(statSync(file).size));
}

/** There is room again. */
export function freeDisk(pid: number | undefined): void {
  limit(pid, 'unlimited');
}

/** Only the soft limit: whoever has lowered that one may raise it again. */
export function limit(pid: number | undefined, bytes: string): void {
  if (pid === undefined) throw new Error('the process was not started');
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:`]);
}
