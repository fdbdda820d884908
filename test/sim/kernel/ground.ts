// What a program takes from Node without asking anybody: timers, time, randomness. In a simulated process these are the
// world's; everywhere else in this program they stay what they are. So the product runs as it is, without a switch for tests.
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import timersPromises from 'node:timers/promises';
import { running, type Proc, type Timer } from './loop.ts';

/** A timer's handle, as Node's: unref'd and cleared like any other. */
class Handle {
  readonly #cancel: () => void;

  constructor(cancel: () => void) {
    this.#cancel = cancel;
  }

  clear(): void {
    this.#cancel();
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return false;
  }

  close(): this {
    this.#cancel();
    return this;
  }
}

type Call = (...args: never[]) => unknown;

const real = {
  setTimeout: globalThis.setTimeout,
  clearTimeout: globalThis.clearTimeout,
  setInterval: globalThis.setInterval,
  clearInterval: globalThis.clearInterval,
  setImmediate: globalThis.setImmediate,
  clearImmediate: globalThis.clearImmediate,
  now: Date.now.bind(Date),
  performanceNow: performance.now.bind(performance),
  random: Math.random.bind(Math),
  sleep: timersPromises.setTimeout,
  turn: timersPromises.setImmediate,
  randomBytes: crypto.randomBytes,
  randomUUID: crypto.randomUUID,
};

let taken = false;

/** Puts the world's own in the place of Node's, for simulated processes. To be called once, before any world begins. */
export function takeGround(): void {
  if (taken) return;
  taken = true;
  const put = (target: object, name: string, value: Call): void => {
    Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true });
  };
  for (const target of [globalThis, timers]) {
    put(target, 'setTimeout', setTimeoutHere);
    put(target, 'clearTimeout', clearer(real.clearTimeout));
    put(target, 'setInterval', setIntervalHere);
    put(target, 'clearInterval', clearer(real.clearInterval));
    put(target, 'setImmediate', setImmediateHere);
    put(target, 'clearImmediate', clearer(real.clearImmediate));
  }
  put(timersPromises, 'setTimeout', sleepHere);
  put(timersPromises, 'setImmediate', turnHere);
  put(Date, 'now', () => {
    const proc = running();
    return proc === undefined ? real.now() : Math.round(proc.machine.wallMs);
  });
  put(performance, 'now', () => {
    const proc = running();
    return proc === undefined ? real.performanceNow() : proc.machine.monoMs;
  });
  put(Math, 'random', () => running()?.rng.share() ?? real.random());
  put(crypto, 'randomBytes', randomBytesHere);
  put(crypto, 'randomUUID', () => {
    const proc = running();
    if (proc === undefined) return real.randomUUID();
    const hex = proc.rng.bytes(16).toString('hex');
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  });
  syncBuiltinESMExports();
}

function handleOf(timer: Timer): Handle {
  return new Handle(() => timer.cancel());
}

function setTimeoutHere(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown {
  const proc = running();
  if (proc === undefined) return real.setTimeout(work, ms, ...args);
  return handleOf(proc.after(ms, () => work(...args)));
}

function setImmediateHere(work: (...args: unknown[]) => void, ...args: unknown[]): unknown {
  const proc = running();
  if (proc === undefined) return real.setImmediate(work, ...args);
  return handleOf(proc.after(0, () => work(...args)));
}

/** What looks at the time several times a second is a ticker, which costs no event; what looks rarely is a timer like others. */
const maxTickerMs = 500;

function setIntervalHere(work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): unknown {
  const proc = running();
  if (proc === undefined) return real.setInterval(work, ms, ...args);
  if (ms <= maxTickerMs) {
    const ticker = { everyMs: ms, tick: () => work(...args) };
    proc.tickers.add(ticker);
    return new Handle(() => proc.tickers.delete(ticker));
  }
  return repeated(proc, ms, () => work(...args));
}

/** Looks that come seldom come some seconds late: nobody here measures by them. */
const lateFactor = 5;

function repeated(proc: Proc, ms: number, work: () => void): Handle {
  let timer: Timer;
  const again = (): void => {
    timer = proc.after(ms * lateFactor, () => {
      again();
      work();
    });
  };
  again();
  return new Handle(() => timer.cancel());
}

function clearer(otherwise: Call): Call {
  return (handle: unknown) => {
    if (handle instanceof Handle) handle.clear();
    else (otherwise as (handle: unknown) => void)(handle);
  };
}

interface SleepOptions {
  readonly signal?: AbortSignal;
}

async function sleepHere(ms = 0, value?: unknown, options: SleepOptions = {}): Promise<unknown> {
  const proc = running();
  if (proc === undefined) return await real.sleep(ms, value, options);
  const { signal } = options;
  return await new Promise((resolve, reject) => {
    const gone = (): void => {
      timer.cancel();
      reject(abortError(signal));
    };
    const timer = proc.after(ms, () => {
      signal?.removeEventListener('abort', gone);
      resolve(value);
    });
    if (signal?.aborted === true) gone();
    else signal?.addEventListener('abort', gone, { once: true });
  });
}

function abortError(signal: AbortSignal | undefined): Error {
  const error = new Error('The operation was aborted', { cause: signal?.reason });
  error.name = 'AbortError';
  return error;
}

async function turnHere(value?: unknown, options: SleepOptions = {}): Promise<unknown> {
  return running() === undefined ? await real.turn(value, options) : await sleepHere(0, value, options);
}

function randomBytesHere(size: number, done?: (error: Error | null, bytes: Buffer) => void): unknown {
  const proc = running();
  if (proc === undefined) return done === undefined ? real.randomBytes(size) : real.randomBytes(size, done);
  const bytes = proc.rng.bytes(size);
  if (done === undefined) return bytes;
  proc.after(0, () => done(null, bytes));
  return undefined;
}
