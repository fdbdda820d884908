// The clocks of one machine, as functions of true time: they may drift, jump, and stand still in suspend. A process is given
// only what `Clock` shows.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import { parseId, type BootId } from '@servo-auditor/proto/ids.ts';

/** 2023-11-14: any time will do, as long as it is the same everywhere. */
const epochMs = 1_700_000_000_000;

export interface MachineState {
  readonly boots: number;
  readonly since: { trueMs: number; monoMs: number; bootMs: number; wallMs: number };
  readonly rate: number;
}

export class Machine {
  readonly name: string;
  readonly #now: () => number;
  #boots = 0;
  /** True time of the last change of rate, and what the clocks showed then, in milliseconds. */
  #since = { trueMs: 0, monoMs: 0, bootMs: 0, wallMs: epochMs };
  #rate = 1;

  /** @param now true time. */
  constructor(name: string, now: () => number) {
    this.name = name;
    this.#now = now;
    this.boot();
  }

  get bootId(): BootId {
    return parseId('boot', `${this.name}-boot-${this.#boots}`);
  }

  get monoMs(): number {
    return this.#since.monoMs + this.#elapsed();
  }

  get wallMs(): number {
    return this.#since.wallMs + this.#elapsed();
  }

  /** True time at which the monotonic clock of this boot showed so much: exact while the rate has not changed since. */
  trueOf(monoMs: number): number {
    return this.#since.trueMs + (monoMs - this.#since.monoMs) / this.#rate;
  }

  boot(): void {
    const trueMs = this.#now();
    const { wallMs } = this.#show();
    this.#boots++;
    this.#since = { trueMs, monoMs: 1000, bootMs: 1000, wallMs };
  }

  /** What a prepared world goes on from. */
  save(): MachineState {
    return { boots: this.#boots, since: this.#show(), rate: this.#rate };
  }

  load({ boots, since, rate }: MachineState): void {
    this.#boots = boots;
    this.#since = since;
    this.#rate = rate;
  }

  /** All clocks run so much faster than true time from now on. */
  drift(rate: number): void {
    this.#since = this.#show();
    this.#rate = rate;
  }

  /** Somebody sets the wall clock. */
  jump(ms: number): void {
    const shown = this.#show();
    this.#since = { ...shown, wallMs: shown.wallMs + ms };
  }

  /** It was suspended for the last `ms`: monotonic time stood still. */
  suspended(ms: number): void {
    const shown = this.#show();
    this.#since = { ...shown, monoMs: shown.monoMs - ms };
  }

  /** The clock of a program that starts now. @param waitedMs what its earlier runs had waited. */
  clock(waitedMs: number): Clock {
    const startMs = this.monoMs;
    const bootId = this.bootId;
    return {
      now: () => {
        const elapsedMs = this.#elapsed();
        const { monoMs, bootMs, wallMs } = this.#since;
        const mono = monoMs + elapsedMs;
        return {
          bootId,
          monoMs: mono,
          bootMs: bootMs + elapsedMs,
          wallMs: wallMs + elapsedMs,
          waitMs: waitedMs + (mono - startMs),
        };
      },
    };
  }

  #elapsed(): number {
    return (this.#now() - this.#since.trueMs) * this.#rate;
  }

  #show(): { trueMs: number; monoMs: number; bootMs: number; wallMs: number } {
    const elapsedMs = this.#elapsed();
    const { monoMs, bootMs, wallMs } = this.#since;
    return {
      trueMs: this.#now(),
      monoMs: monoMs + elapsedMs,
      bootMs: bootMs + elapsedMs,
      wallMs: wallMs + elapsedMs,
    };
  }
}
