// Limited admission: so many hosts send their first inventory at once, the rest wait for their welcome, in order.
// A restart with ten thousand hosts is minutes of catching up, and never a storm.

/** Hosts that may wait beside those that are admitted; a host beyond gets a Goodbye and calls again. */
const maxWaiting = 20_000;
/**
 * Longest time that a place is kept, in milliseconds: an agent reads for 20 s at most by default. A host that sends no
 * inventory, or never a good one, must not keep all others out.
 */
const maxKeptMs = 30_000;

export class Admission {
  readonly #places: number;
  #taken = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(places: number) {
    this.#places = places;
  }

  /**
   * Resolves with a function that gives the place back, once there is one; by itself it is given back after 30 s.
   * Undefined: too many wait already.
   */
  async enter(): Promise<(() => void) | undefined> {
    if (this.#taken >= this.#places) {
      if (this.#waiting.length >= maxWaiting) return undefined;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    } else this.#taken++;
    let given = false;
    const leave = (): void => {
      if (given) return;
      given = true;
      clearTimeout(late);
      const next = this.#waiting.shift();
      if (next === undefined) this.#taken--;
      else next();
    };
    const late = setTimeout(leave, maxKeptMs);
    late.unref();
    return leave;
  }
}
