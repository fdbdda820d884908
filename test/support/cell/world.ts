// Time in a test: every machine has clocks of its own, and they move only when told. Time that passes is felt by whoever is
// awake; sleep and jumps are not.
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Instant } from '@servo-auditor/proto/time.ts';

/** Steps in which waking time passes, in milliseconds: short enough that nobody who looks at every step sees a stall. */
const stepMs = 400;

/** The clocks of one machine. */
export class Machine {
  #boots = 1;
  #name: string;
  monoMs = 5_000;
  bootMs = 5_000;
  wallMs = 1_700_000_000_000;

  constructor(name: string) {
    this.#name = name;
  }

  get bootId(): Instant['bootId'] {
    return parseId('boot', `${this.#name}-boot-${this.#boots}`);
  }

  reboot(): void {
    this.#boots++;
    this.monoMs = 5_000;
    this.bootMs = 5_000;
  }

  /** A clock of a program that starts now. @param waitedMs what its earlier runs had waited. */
  clock(waitedMs: number): Clock {
    const startMs = this.monoMs;
    return {
      now: () => ({
        bootId: this.bootId,
        monoMs: this.monoMs,
        bootMs: this.bootMs,
        wallMs: this.wallMs,
        waitMs: waitedMs + (this.monoMs - startMs),
      }),
    };
  }

  move(ms: number): void {
    this.monoMs += ms;
    this.bootMs += ms;
    this.wallMs += ms;
  }

  /** Suspended: monotonic time stands still. */
  sleep(ms: number): void {
    this.bootMs += ms;
    this.wallMs += ms;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    this.wallMs += ms;
  }
}

export class World {
  readonly #machines: Machine[] = [];
  /** Called at every step of waking time. */
  onStep: () => void = () => undefined;

  machine(name: string): Machine {
    const machine = new Machine(name);
    this.#machines.push(machine);
    return machine;
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left -= stepMs) {
      const step = Math.min(left, stepMs);
      for (const machine of this.#machines) machine.move(step);
      this.onStep();
    }
  }
}
