// Passes, one after the other, never two at once: every interval, or sooner when somebody asks.
import type { WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { Unfit } from '../state/port.ts';
import type { Readings } from './read.ts';
import type { Report } from './report.ts';
import type { Rounds } from './run.ts';

export class Loop {
  readonly #rounds: Rounds;
  readonly #readings: Readings;
  readonly #intervalMs: number;
  readonly #log: Logger;
  #stopped = false;
  #wake: (() => void) | undefined;
  /** Somebody asked for a pass since the last one began. */
  #wanted = false;
  #report: Report | undefined;
  /** When the pass that runs began, on the monotonic clock; undefined: none runs. */
  #passBeganMs: number | undefined;

  constructor(rounds: Rounds, readings: Readings, intervalMs: number, log: Logger) {
    this.#rounds = rounds;
    this.#readings = readings;
    this.#intervalMs = intervalMs;
    this.#log = log;
  }

  /** What the last pass found. */
  get report(): Report | undefined {
    return this.#report;
  }

  /**
   * Runs passes until `stop`. Rejects with the first error that a pass cannot go on from: hard state that cannot be
   * written, or another coordinator that leads. Deciding on without either would be guessing.
   */
  async run(): Promise<void> {
    while (!this.#stopped) {
      const began = performance.now();
      this.#wanted = false;
      try {
        await this.pass();
      } catch (error) {
        if (this.#stopped) return;
        // Something changed hard state between reading and writing it: nothing was written, and the next pass sees it.
        if (error instanceof Unfit) this.#log.warn({ event: 'round.unfit', problem: error.message });
        else {
          this.#log.fatal({ event: 'round.failed', err: error });
          throw error;
        }
      }
      await this.#rest(Math.max(0, this.#intervalMs - (performance.now() - began)));
    }
  }

  /** One pass, whose report is kept. Never to be called while another one runs. */
  async pass(): Promise<Report> {
    this.#passBeganMs = performance.now();
    try {
      this.#report = await this.#rounds.pass();
      return this.#report;
    } finally {
      this.#passBeganMs = undefined;
    }
  }

  /** Why there is no progress: a pass that takes longer than `limitMs`. Undefined: there is. */
  hung(limitMs: number): string | undefined {
    if (this.#passBeganMs === undefined) return undefined;
    const ms = performance.now() - this.#passBeganMs;
    if (ms <= limitMs) return undefined;
    return `a pass has run for ${Math.round(ms / 1000)} s, longer than the ${limitMs / 1000} s that any may take`;
  }

  /** Lets the next pass begin at once, or as soon as the one that runs has ended: it may have looked already. */
  soon(): void {
    this.#wanted = true;
    this.#wake?.();
  }

  /** Takes a snapshot that waits as the new level of its witness. False: nothing with this hash waits. */
  acceptWaiting(witness: WitnessId, hash: string): boolean {
    const accepted = this.#readings.acceptWaiting(witness, hash);
    if (accepted) this.soon();
    return accepted;
  }

  stop(): void {
    this.#stopped = true;
    this.#wake?.();
  }

  async #rest(ms: number): Promise<void> {
    if (this.#stopped || this.#wanted) return;
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }
}
