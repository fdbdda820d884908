// Long work gives way to the event loop, so that heartbeats are answered while a round is made.

/** Longest time that work may go on before others have their turn, in milliseconds. */
const turnMs = 8;

export class Turns {
  #startedMs = performance.now();

  /** Whether others should have their turn now. Reading the clock costs: ask once per some dozen steps. */
  get over(): boolean {
    return performance.now() - this.#startedMs > turnMs;
  }

  /** Lets everything that waits run once. */
  async give(): Promise<void> {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
    this.#startedMs = performance.now();
  }
}
