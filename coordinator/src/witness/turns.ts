// A long reading gives way to the event loop, so that heartbeats are answered meanwhile, and ends soon when it is told to.
import { setImmediate } from 'node:timers/promises';
import { WitnessFailed } from './port.ts';

/** Longest time that a reading may go on before others have their turn, in milliseconds. */
const turnMs = 8;
/** Rows between two looks at the clock: some 0.2 ms. */
const rowsPerLook = 128;

export class Turns {
  readonly #signal: AbortSignal;
  readonly #where: string;
  #until = performance.now() + turnMs;
  #rows = 0;

  /** @param where what is read, for the message. */
  constructor(signal: AbortSignal, where: string) {
    this.#signal = signal;
    this.#where = where;
    checkGoing(signal, where);
  }

  /** Counts a row. Whether others should have their turn now. */
  get over(): boolean {
    return ++this.#rows % rowsPerLook === 0 && performance.now() > this.#until;
  }

  /** Lets everything that waits run once. Throws `WitnessFailed` when the reading was given up meanwhile. */
  async give(): Promise<void> {
    await setImmediate();
    checkGoing(this.#signal, this.#where);
    this.#until = performance.now() + turnMs;
  }
}

/** Throws `WitnessFailed` when the work was given up. */
export function checkGoing(signal: AbortSignal, where: string): void {
  if (!signal.aborted) return;
  const reason: unknown = signal.reason;
  if (reason instanceof WitnessFailed) throw reason;
  throw new WitnessFailed(
    `${where}: was given up: ${reason instanceof Error ? reason.message : String(reason)}`,
    { cause: reason },
  );
}

/** What went wrong outside, as a `WitnessFailed` that says where. One that is so already is kept. */
export function failed(where: string, cause: unknown): WitnessFailed {
  if (cause instanceof WitnessFailed) return cause;
  return new WitnessFailed(`${where}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
}
