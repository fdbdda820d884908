// One direction of one connection: messages go in, and come out later, as the weather has it.
import type { Loop, Proc } from '../kernel/loop.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Weather } from './weather.ts';

const leastMs = 1;
const mostMs = 6;
/** By how much a message that is overtaken comes late, in milliseconds. */
const overtakenMs = 400;

export class Lane {
  readonly #loop: Loop;
  readonly #rng: Rng;
  readonly #weather: () => Weather;
  readonly #isUp: boolean;
  /** Called for what is sent once the weather is fair again, if it has lost a message before. */
  onBroken: (() => void) | undefined;
  #lastMs = 0;
  #lost = false;

  constructor(loop: Loop, rng: Rng, weather: () => Weather, isUp: boolean) {
    this.#loop = loop;
    this.#rng = rng;
    this.#weather = weather;
    this.#isUp = isUp;
  }

  /** @param to whose event the arrival is. */
  send(to: Proc, arrive: () => void): void {
    const weather = this.#weather();
    const isCut = this.#isUp ? weather.upCut : weather.downCut;
    if (isCut || this.#rng.chance(weather.loss)) {
      this.#lost = true;
      return;
    }
    if (this.#lost && weather.loss === 0 && this.onBroken !== undefined) return this.onBroken();
    this.#one(to, arrive, weather);
    if (this.#rng.chance(weather.duplication)) this.#one(to, arrive, weather);
  }

  #one(to: Proc, arrive: () => void, { delayMs, reordering }: Weather): void {
    const late = delayMs > 0 && this.#rng.chance(0.5) ? this.#rng.int(0, delayMs) : 0;
    const atMs = this.#loop.nowMs + this.#rng.int(leastMs, mostMs) + late;
    if (this.#rng.chance(reordering)) {
      this.#loop.at(atMs + this.#rng.int(1, overtakenMs), to, arrive);
      return;
    }
    this.#lastMs = Math.max(this.#lastMs, atMs);
    this.#loop.at(this.#lastMs, to, arrive);
  }
}
