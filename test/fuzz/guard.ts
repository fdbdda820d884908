// A process of the fuzzer, watched from outside: CPU and memory that one execution takes are measured, not the time on the
// wall, so that a busy machine makes nothing look like a hang.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Answered, Asked } from './child.ts';

/** CPU that one execution, or its shrinking, may take, in milliseconds. A million executions take some minutes. */
const maxWorkMs = 10_000;
/** Time without any work after which an execution waits for something that never comes, in milliseconds. */
const maxIdleMs = 120_000;
/** Memory of the whole process, in MiB: beyond it, something grows without a bound. */
const maxMemoryMib = 1024;
const lookMs = 250;
/** A tick of /proc/<pid>/stat, and a page of /proc/<pid>/statm. */
const tickMs = 10;
const pageBytes = 4096;

/** The process did not answer. */
export class Died extends Error {
  override readonly name = 'Died';
  /** Number of the input that it was at. */
  readonly at: number;

  constructor(at: number, how: string) {
    super(how);
    this.at = at;
  }
}

export class Guarded {
  readonly #folder: string;
  readonly #progress: string;
  #child: ChildProcess | undefined;

  constructor() {
    this.#folder = mkdtempSync(join(tmpdir(), 'servo-auditor-fuzz-'));
    this.#progress = join(this.#folder, 'progress');
  }

  /** Rejects with `Died` when the process ends, hangs or grows beyond all bounds instead of answering; the next question has a new one. */
  async ask(asked: Asked): Promise<Answered> {
    writeFileSync(this.#progress, new Uint8Array(new Float64Array([-1]).buffer));
    const child = (this.#child ??= this.#start());
    return await new Promise((resolve, reject) => {
      let killed: string | undefined;
      const watch = watching(
        child,
        () => this.#at(),
        (why) => {
          killed = why;
          child.kill('SIGKILL');
        },
      );
      const settle = (then: () => void) => {
        clearInterval(watch);
        child.off('message', onMessage);
        child.off('exit', onExit);
        then();
      };
      const onMessage = (answered: Answered) => settle(() => resolve(answered));
      const onExit = (code: number | null, signal: string | null) => {
        this.#child = undefined;
        settle(() => reject(new Died(this.#at(), killed ?? `the process ended with ${signal ?? code}`)));
      };
      child.on('message', onMessage);
      child.on('exit', onExit);
      child.send(asked);
    });
  }

  async close(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && child.exitCode === null) {
      const ended = new Promise((resolve) => child.once('exit', resolve));
      child.disconnect();
      await ended;
    }
    rmSync(this.#folder, { recursive: true });
  }

  #start(): ChildProcess {
    // Whatever a test runner loads into its children would be measured too.
    const { NODE_OPTIONS: _, ...env } = process.env;
    return fork(join(import.meta.dirname, 'child.ts'), [this.#progress], {
      env,
      execArgv: ['--max-old-space-size=768', '--no-warnings'],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      serialization: 'advanced',
    });
  }

  #at(): number {
    const bytes = readFileSync(this.#progress);
    return bytes.length === 8 ? bytes.readDoubleLE(0) : -1;
  }
}

/** Looks at the process now and then; tells once why it has to be ended. */
function watching(child: ChildProcess, at: () => number, end: (why: string) => void): NodeJS.Timeout {
  let seen = { at: NaN, workMs: 0, sinceMs: performance.now() };
  return setInterval(() => {
    const use = useOf(child.pid);
    if (use === undefined) return;
    const now = { at: at(), workMs: use.workMs, sinceMs: performance.now() };
    if (now.at !== seen.at) seen = now;
    const workMs = now.workMs - seen.workMs;
    if (use.memoryMib > maxMemoryMib)
      end(`${Math.round(use.memoryMib)} MiB of memory, at most ${maxMemoryMib}: it grows without a bound`);
    else if (workMs > maxWorkMs) end(`a hang: ${workMs} ms of CPU in one execution, at most ${maxWorkMs}`);
    else if (now.sinceMs - seen.sinceMs > maxIdleMs && workMs < maxIdleMs / 20)
      end(`a hang: it waits for ${maxIdleMs} ms, and nothing happens`);
  }, lookMs);
}

function useOf(pid: number | undefined): { readonly workMs: number; readonly memoryMib: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const pages = Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
    return {
      workMs: ((fields[11] ?? 0) + (fields[12] ?? 0)) * tickMs,
      memoryMib: (pages * pageBytes) / 1024 ** 2,
    };
  } catch {
    // It has just ended, which its parent is told.
    return undefined;
  }
}
