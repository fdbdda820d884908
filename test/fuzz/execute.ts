// Runs one target on many inputs, in this process: the kept cases, then inputs out of chance. What fails is shrunk.
import { setImmediate } from 'node:timers/promises';
import { casesOf, writeInput } from './cases.ts';
import { numberOf, Random } from './random.ts';
import { shrink } from './shrink.ts';
import { Violation, type Input, type Opened } from './target.ts';

/** Which inputs: those with the numbers `first`, `first + step`, ... until so many executions, or so much time, are over. */
export interface Share {
  readonly seed: number;
  readonly first: number;
  readonly step: number;
  readonly executions: number;
  readonly seconds: number;
}

export interface Failure {
  /** Number of the input; absent for a kept case. */
  readonly at?: number | undefined;
  /** What went wrong, and where. */
  readonly says: string;
  /** The input as found, and the smallest that fails alike, as cases.ts writes them. */
  readonly found: string;
  readonly shrunk: string;
}

export interface Executed {
  readonly executions: number;
  readonly tookMs: number;
  readonly failures: readonly Failure[];
}

/** Different failures after which a target is given up. */
const maxFailures = 5;

/** Most inputs are refused by an error, whose way here nobody reads: looking at the stack would take most of the time. */
const usualFrames = Error.stackTraceLimit;

/** @param note is told the number of each input before it runs. */
export async function execute(
  name: string,
  opened: Opened,
  share: Share,
  note: (at: number) => void,
): Promise<Executed> {
  const failures = new Map<string, Failure>();
  const began = performance.now();
  Error.stackTraceLimit = 0;
  const untilMs = began + share.seconds * 1000;
  let executions = 0;
  for (
    let at = share.first, n = 0;
    executions < share.executions && failures.size < maxFailures;
    at += share.step, n++
  ) {
    if ((n & 31) === 0 && performance.now() > untilMs) break;
    // Natives free what they held between two turns of the event loop, and no program works so long in one.
    if ((n & 511) === 511) await setImmediate();
    note(at);
    const input = makeInput(name, opened, share.seed, at);
    executions += opened.weight?.(input) ?? 1;
    if ((await errorOf(opened, input)) === undefined) continue;
    Error.stackTraceLimit = usualFrames;
    const error = await errorOf(opened, input);
    if (error === undefined) failures.set('fickle', fickle(input, at));
    else if (!failures.has(kindOf(error)))
      failures.set(kindOf(error), await failureOf(opened, input, error, at));
    Error.stackTraceLimit = 0;
  }
  Error.stackTraceLimit = usualFrames;
  return { executions, tookMs: performance.now() - began, failures: [...failures.values()] };
}

/** Tries every kept case of a target again. */
export async function executeCases(name: string, opened: Opened): Promise<Executed> {
  const began = performance.now();
  const failures: Failure[] = [];
  const cases = casesOf(name);
  for (const kept of cases) {
    const error = await errorOf(opened, kept.input);
    const text = writeInput(kept.input);
    if (error !== undefined)
      failures.push({ says: `kept case ${name}/${kept.name}: ${saysOf(error)}`, found: text, shrunk: text });
  }
  return { executions: cases.length, tookMs: performance.now() - began, failures };
}

/** The input with this number: the same for ever. */
export function makeInput(name: string, opened: Opened, seed: number, at: number): Input {
  return opened.make(new Random(seed, numberOf(name), at));
}

/** A target whose executions are not independent has shown nothing. */
function fickle(input: Input, at: number): Failure {
  const text = writeInput(input);
  return {
    at,
    says: 'failed, and not when it was tried again: executions are not independent',
    found: text,
    shrunk: text,
  };
}

async function failureOf(opened: Opened, input: Input, error: unknown, at: number): Promise<Failure> {
  const kind = kindOf(error);
  const small = await shrink(input, async (less) => {
    const again = await errorOf(opened, less);
    return again !== undefined && kindOf(again) === kind;
  });
  const last = (await errorOf(opened, small)) ?? error;
  return { at, says: saysOf(last), found: writeInput(input), shrunk: writeInput(small) };
}

/** What an input makes the target throw; undefined is nothing. */
async function errorOf(opened: Opened, input: Input): Promise<unknown> {
  try {
    const running = opened.run(input);
    if (running !== undefined) await running;
    return undefined;
  } catch (error) {
    return error ?? new Error('undefined was thrown');
  }
}

/** Two failures are alike when they have the same words, numbers aside, and come from the same place. */
function kindOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const [first = ''] = error.message.split('\n', 1);
  if (error instanceof Violation) return first;
  const place =
    error.stack?.split('\n').find((line) => /\/(agent|coordinator|proto)\/src\//.test(line)) ?? '';
  return `${error.name} ${place === '' ? first.replace(/\d+/g, 'n').slice(0, 80) : place.trim()}`;
}

function saysOf(error: unknown): string {
  if (error instanceof Violation) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : `thrown: ${String(error)}`;
}
