// What was heard so far, and a way to wait for what is still to come: a test never sleeps.

/** Longest that anything is waited for. What takes longer does not come. */
const patienceMs = 60_000;

export class Heard<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  push(item: T): void {
    this.all.push(item);
    for (const look of this.#waiting) look();
  }

  /** The first that fits, from the `from`-th on: at once, or when it comes. Rejects when it does not come. */
  async until(what: string, fits: (item: T) => boolean, from = 0): Promise<T> {
    return await new Promise((resolve, reject) => {
      const look = (): void => {
        const found = this.all.slice(from).find(fits);
        if (found === undefined) return;
        over();
        resolve(found);
      };
      const late = setTimeout(() => {
        over();
        reject(new Error(`${what} did not come; heard: ${JSON.stringify(this.all.slice(from), brief)}`));
      }, patienceMs);
      const over = (): void => {
        clearTimeout(late);
        this.#waiting.delete(look);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

function brief(_key: string, value: unknown): unknown {
  return value instanceof Uint8Array ? `[${value.length} bytes]` : value;
}
