// Where all events of a world go: each is told once, in its order, and whoever listens hears it at once.
import type { Happening, WorldEvent } from '../event.ts';
import type { Loop } from '../kernel/loop.ts';

export class Teller {
  readonly #loop: Loop;
  readonly #listeners: ((event: WorldEvent) => void)[] = [];

  constructor(loop: Loop) {
    this.#loop = loop;
  }

  listen(listener: (event: WorldEvent) => void): void {
    this.#listeners.push(listener);
  }

  tell(happening: Happening): void {
    const event: WorldEvent = { ...happening, atMs: this.#loop.nowMs };
    for (const listener of this.#listeners) listener(event);
  }
}
