// A scratch directory with a keeper: where one engine lives, for one test.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { until } from '../agent/scan/support.ts';

const keeperMain = join(import.meta.dirname, 'keeper.ts');

export class Scratch {
  /** Short: a path to a Unix socket has at most 107 characters. */
  readonly directory = mkdtempSync(join(tmpdir(), 'se-'));
  /** Control group of everything in here, as an engine takes it: `/se-...`. */
  readonly group = `/se-${randomBytes(6).toString('hex')}`;
  readonly #keeper: ChildProcess;
  readonly #answers: AsyncIterator<string>;
  #turn: Promise<unknown> = Promise.resolve();

  private constructor() {
    this.#keeper = spawn(
      'unshare',
      [
        '--mount',
        '--propagation=private',
        process.execPath,
        '--disable-warning=ExperimentalWarning',
        keeperMain,
        this.directory,
        this.group.slice(1),
      ],
      { stdio: ['pipe', 'pipe', 'inherit'], detached: true },
    );
    this.#keeper.stdin?.on('error', () => undefined);
    if (this.#keeper.stdout === null) throw new Error('a keeper without an output');
    this.#answers = createInterface(this.#keeper.stdout)[Symbol.asyncIterator]();
  }

  /** Everything in it ends with the test. */
  static async make(t: Pick<Test, 'teardown'>): Promise<Scratch> {
    const scratch = new Scratch();
    t.teardown(() => scratch.close());
    await scratch.#answer();
    return scratch;
  }

  /** Starts the engine's daemon as the keeper's child. Resolves with its pid. */
  async start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<number> {
    const { pid } = await this.#ask({ do: 'start', argv, env });
    return Number(pid);
  }

  /** Sends the daemon a signal; after one that ends it, waits until it has ended. */
  async signal(signal: NodeJS.Signals): Promise<void> {
    await this.#ask({ do: 'signal', signal });
  }

  /** Ends the daemon and everything that came of it, as a power failure does. */
  async reap(): Promise<void> {
    await this.#ask({ do: 'reap' });
  }

  /** Runs a command where the engine is. Throws, with what it wrote, unless it ends with 0. */
  async run(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
    const { code, out } = await this.#ask({ do: 'run', argv, env });
    if (code !== 0) throw new Error(`${argv.join(' ')} ended with ${String(code)}: ${String(out)}`);
    return String(out);
  }

  /** Ends everything in here. Twice is as good as once. */
  async close(): Promise<void> {
    if (this.#keeper.exitCode !== null || this.#keeper.signalCode !== null) return;
    const gone = once(this.#keeper, 'exit');
    this.#keeper.stdin?.end();
    await gone;
  }

  get keeperPid(): number {
    return this.#keeper.pid ?? 0;
  }

  #ask(command: object): Promise<Readonly<Record<string, unknown>>> {
    const asked = this.#turn.then(() => {
      this.#keeper.stdin?.write(`${JSON.stringify(command)}\n`);
      return this.#answer();
    });
    this.#turn = asked.catch(() => undefined);
    return asked;
  }

  async #answer(): Promise<Readonly<Record<string, unknown>>> {
    const { value, done } = await this.#answers.next();
    if (done === true) throw new Error(`the keeper of ${this.directory} has ended`);
    const answer = JSON.parse(value) as Readonly<Record<string, unknown>>;
    if (typeof answer['error'] === 'string') throw new Error(answer['error']);
    return answer;
  }
}

/** Waits until something answers. */
export async function answering(what: string, ask: () => Promise<unknown>): Promise<void> {
  await until(what, () =>
    ask().then(
      () => true as const,
      () => undefined,
    ),
  );
}
