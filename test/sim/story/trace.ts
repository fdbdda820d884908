// The trace of a world: a hash over every event, so that two runs can be compared without keeping either.
import { createHash } from 'node:crypto';
import type { WorldEvent } from '../event.ts';

export class Trace {
  readonly #hash = createHash('sha256');
  count = 0;

  see(event: WorldEvent): void {
    this.count++;
    this.#hash.update(JSON.stringify(event));
    this.#hash.update('\n');
  }

  /** To be asked once, at the end. */
  digest(): string {
    return this.#hash.digest('hex').slice(0, 16);
  }
}
