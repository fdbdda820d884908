// Simulated time: one queue of events, one at a time, each of some process. Whatever follows from an event without waiting is
// done before the next one. Nothing here knows real time, so a world takes as long as its events do.
//
// Must stay true: the order of events is decided by (time, order of asking) alone.
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Rng } from './rng.ts';
import type { Machine } from './machine.ts';

/** Taken before anybody can put something else in its place. */
const realImmediate = globalThis.setImmediate;
const current = new AsyncLocalStorage<Proc>();

/** The process that runs now. Undefined outside of every simulated world. */
export function running(): Proc | undefined {
  return current.getStore();
}

interface Entry {
  readonly atMs: number;
  readonly order: number;
  readonly proc: Proc | undefined;
  readonly run: () => void;
  cancelled: boolean;
}

/** Something that will happen, unless it is cancelled. */
export interface Timer {
  cancel(): void;
}

/** Called again and again while time passes, and changes nothing that others see. */
export interface Ticker {
  readonly everyMs: number;
  readonly tick: () => void;
}

export class Loop {
  /** True time: milliseconds since the world began. */
  nowMs = 0;
  /** Events that have happened. */
  count = 0;
  readonly #heap: Entry[] = [];
  #order = 0;
  readonly #procs = new Set<Proc>();
  /** What went wrong in the world itself: the run ends with it. */
  broken: Error | undefined;

  proc(name: string, machine: Machine, rng: Rng): Proc {
    const proc = new Proc(this, name, machine, rng);
    this.#procs.add(proc);
    return proc;
  }

  forget(proc: Proc): void {
    this.#procs.delete(proc);
  }

  /** @param proc whose event it is: dropped when it has ended by then, kept back while it is paused. Undefined: the world's own. */
  at(atMs: number, proc: Proc | undefined, run: () => void): Timer {
    const entry: Entry = {
      atMs: Math.max(atMs, this.nowMs),
      order: this.#order++,
      proc,
      run,
      cancelled: false,
    };
    push(this.#heap, entry);
    return {
      cancel: () => {
        entry.cancelled = true;
      },
    };
  }

  after(ms: number, proc: Proc | undefined, run: () => void): Timer {
    return this.at(this.nowMs + ms, proc, run);
  }

  /** For the world's own code: resolves when so much time has passed. */
  async sleep(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.after(ms, undefined, resolve);
    });
  }

  /** Everything until this time happens, in its order. Rejects with what broke the world. */
  async run(untilMs: number): Promise<void> {
    await settled();
    for (;;) {
      if (this.broken !== undefined) throw this.broken;
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) break;
      pop(this.#heap);
      if (next.cancelled) continue;
      this.#advance(next.atMs);
      if (!this.#happen(next)) continue;
      this.count++;
      await settled();
    }
    this.#advance(untilMs);
  }

  /** Runs it at once, as this process. */
  within<T>(proc: Proc, work: () => T): T {
    return current.run(proc, work);
  }

  #happen(entry: Entry): boolean {
    const { proc, run } = entry;
    if (proc === undefined) {
      current.exit(run);
      return true;
    }
    if (!proc.alive) return false;
    if (proc.pausedUntilMs > this.nowMs) {
      proc.late.push(entry.run);
      return false;
    }
    current.run(proc, run);
    return true;
  }

  /** Tickers run in the steps in which time passes, of whoever is awake. */
  #advance(toMs: number): void {
    const fromMs = this.nowMs;
    if (toMs <= fromMs) return;
    for (const proc of this.#procs) {
      if (!proc.alive || proc.tickers.size === 0 || proc.pausedUntilMs > fromMs) continue;
      for (const ticker of proc.tickers) {
        const stepMs = ticker.everyMs * tickStretch;
        for (let at = fromMs + stepMs; at < toMs; at += stepMs) {
          this.nowMs = at;
          current.run(proc, ticker.tick);
        }
      }
    }
    this.nowMs = toMs;
    for (const proc of this.#procs)
      if (proc.alive && proc.pausedUntilMs <= fromMs)
        for (const ticker of proc.tickers) current.run(proc, ticker.tick);
  }
}

/** A ticker may be late by less than what its owner takes for a stall. */
const tickStretch = 1.6;

/** Everything that can go on without time passing has gone on. */
async function settled(): Promise<void> {
  await new Promise<void>((resolve) => {
    realImmediate(resolve);
  });
}

/** One process: it can end at any event, and be paused. What it asked for and comes too late is nobody's. */
export class Proc {
  readonly name: string;
  readonly machine: Machine;
  readonly rng: Rng;
  readonly loop: Loop;
  alive = true;
  pausedUntilMs = 0;
  readonly tickers = new Set<Ticker>();
  /** What came while it was paused. */
  readonly late: (() => void)[] = [];
  /** Moves a timer of this process to when the world wants it; never earlier. */
  pace: (atMs: number, ms: number) => number = (atMs) => atMs;
  /** What is done when it is killed: connections break, files close. */
  readonly onKill: (() => void)[] = [];

  constructor(loop: Loop, name: string, machine: Machine, rng: Rng) {
    this.loop = loop;
    this.name = name;
    this.machine = machine;
    this.rng = rng;
  }

  after(ms: number, run: () => void): Timer {
    return this.loop.at(this.pace(this.loop.nowMs + ms, ms), this, run);
  }

  /** Runs it as this process, at once. Undefined when it has ended. */
  within<T>(work: () => T): T | undefined {
    return this.alive ? this.loop.within(this, work) : undefined;
  }

  /** A place where this process waits for something outside of it: everybody else may go on, and it may end there. */
  async wait(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      this.loop.after(ms, this, resolve);
    });
  }

  /** Never goes on: what a process that was killed waits for. */
  async ended(): Promise<never> {
    return await new Promise<never>(() => undefined);
  }

  kill(): void {
    if (!this.alive) return;
    this.alive = false;
    this.tickers.clear();
    this.loop.forget(this);
    for (const done of this.onKill) done();
  }

  /** Stands still until then, as under SIGSTOP: its clocks go on. */
  pause(untilMs: number): void {
    if (!this.alive) return;
    this.pausedUntilMs = Math.max(this.pausedUntilMs, untilMs);
    this.loop.at(untilMs, undefined, () => {
      if (this.pausedUntilMs > this.loop.nowMs) return;
      for (const run of this.late.splice(0)) this.loop.at(this.loop.nowMs, this, run);
    });
  }
}

function isBefore(a: Entry, b: Entry): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

function push(heap: Entry[], entry: Entry): void {
  let at = heap.length;
  heap.push(entry);
  while (at > 0) {
    const above = (at - 1) >> 1;
    const parent = heap[above] as Entry;
    if (!isBefore(entry, parent)) break;
    heap[at] = parent;
    at = above;
  }
  heap[at] = entry;
}

function pop(heap: Entry[]): void {
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return;
  let at = 0;
  for (;;) {
    let below = 2 * at + 1;
    if (below >= heap.length) break;
    if (below + 1 < heap.length && isBefore(heap[below + 1] as Entry, heap[below] as Entry)) below++;
    if (!isBefore(heap[below] as Entry, last)) break;
    heap[at] = heap[below] as Entry;
    at = below;
  }
  heap[at] = last;
}
