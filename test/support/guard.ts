// A process that does risky things, one after the other, watched from outside: the CPU and memory that one of them takes are
// measured, not the time on the wall, so that a busy machine makes nothing look like a hang.
//
// The process is a module that takes what it is asked as a message, answers with one, and notes the number of what it is about
// to do, eight bytes as `Float64Array` has them, in the file that is its first argument.
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one thing may take. */
export interface Limits {
  /** CPU, in milliseconds. */
  readonly workMs: number;
  /** Memory of the whole process, in MiB. */
  readonly memoryMib: number;
}

/** Time without any work after which a process waits for something that never comes, in milliseconds. */
const maxIdleMs = 120_000;
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

export class Guarded<Asked extends object, Answered> {
  readonly #module: string;
  readonly #limits: Limits;
  readonly #folder: string;
  readonly #progress: string;
  #child: ChildProcess | undefined;

  /** @param module path of the module that the process runs. */
  constructor(module: string, limits: Limits) {
    this.#module = module;
    this.#limits = limits;
    this.#folder = mkdtempSync(join(tmpdir(), 'servo-auditor-guard-'));
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
        this.#limits,
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
    return fork(this.#module, [this.#progress], {
      env,
      execArgv: [`--max-old-space-size=${Math.floor(this.#limits.memoryMib * 0.75)}`, '--no-warnings'],
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
function watching(
  child: ChildProcess,
  at: () => number,
  limits: Limits,
  end: (why: string) => void,
): NodeJS.Timeout {
  let seen = { at: NaN, workMs: 0, looks: 0 };
  return setInterval(() => {
    const use = useOf(child.pid);
    if (use === undefined) return;
    const now = at();
    if (now !== seen.at) seen = { at: now, workMs: use.workMs, looks: 0 };
    // Looks are counted, not time: a machine that stands still stands still for both.
    const idleMs = ++seen.looks * lookMs;
    const workMs = use.workMs - seen.workMs;
    if (use.memoryMib > limits.memoryMib)
      end(
        `${Math.round(use.memoryMib)} MiB of memory, at most ${limits.memoryMib}: it grows without a bound`,
      );
    else if (workMs > limits.workMs) end(`a hang: ${workMs} ms of CPU in one, at most ${limits.workMs}`);
    else if (idleMs > maxIdleMs && workMs < maxIdleMs / 100)
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
