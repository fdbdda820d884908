// Processes of a world: started with what they say at hand, stopped by pid, and swept up by a marker that only they bear.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Program {
  readonly child: ChildProcess;
  /** Resolves when it has ended. */
  readonly ended: Promise<number | null>;
}

/** Variable that every process of a world bears, with the world's name. */
export const markVariable = 'DEMO_WORLD';

/**
 * Starts a TypeScript program of this repository; its log goes to a file. `firstLine`: what it says first.
 * @param world name of the world that it belongs to.
 * @param nodeArguments words for Node itself.
 */
export function run(
  world: string,
  script: string,
  args: readonly string[],
  logFile: string,
  stdin: 'ignore' | 'pipe' = 'ignore',
  nodeArguments: readonly string[] = [],
) {
  const log = openSync(logFile, 'a');
  // What a test runner or a debugger loads into every Node process by this variable is on no host, and changes what signals do.
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, ...nodeArguments, script, ...args], {
    stdio: [stdin, 'pipe', log],
    env: { ...process.env, [markVariable]: world },
  });
  closeSync(log);
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const firstLine = new Promise<string>((resolve, reject) => {
    if (child.stdout === null) throw new Error('no standard output');
    createInterface(child.stdout).once('line', resolve);
    child.once('error', reject);
    void ended.then((code) =>
      reject(new Error(`${script} ended with ${code}; its log ends with:\n${tail(logFile)}`)),
    );
  });
  firstLine.catch(() => undefined);
  return { child, ended, firstLine };
}

function tail(file: string): string {
  return readFileSync(file, 'utf8').split('\n').slice(-6).join('\n');
}

/** SIGTERM, and SIGKILL when that is not enough. */
export async function end({ child, ended }: Program, patienceMs = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  await ended;
  clearTimeout(late);
}

/** Pids of all living processes of a world. */
function marked(world: string): readonly number[] {
  const pids = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  return pids.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/environ`, 'utf8')
        .split('\0')
        .some((entry) => entry === `${markVariable}=${world}`);
    } catch {
      return false;
    }
  });
}

/** Kills every process of a world, and waits until there is none. */
export async function sweep(world: string): Promise<void> {
  for (let left = marked(world); left.length > 0; left = marked(world)) {
    for (const pid of left)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended in the meantime, which is what was wanted.
      }
    await sleep(20);
  }
}

/** Waits until `look` gives something. Throws after `limitMs`, naming what it waited for. */
export async function until<T>(
  what: string,
  limitMs: number,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const started = performance.now();
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() - started > limitMs)
      throw new Error(`waited ${limitMs / 1000} s in vain for ${what}`);
    await sleep(100);
  }
}
