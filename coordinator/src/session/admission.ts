// Limited admission: so many hosts send their first inventory at once, the rest wait for their welcome, in order.
// A restart with ten thousand hosts is minutes of catching up, and never a storm.

/** Hosts that may wait beside those that are admitted; a host beyond gets a Goodbye and calls again. */
const maxWaiting = 20_000;

export class Admission {
  readonly #places: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /** Resolves with a function that gives the place back, once there is one. Undefined: too many wait already. */
  async enter(): Promise<(() => void) | undefined> {
    if (this.#taken >= this.#places) {
      if (this.#waiting.length >= maxWaiting) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#taken++;
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken--;
      else next();
    };
  }
}
