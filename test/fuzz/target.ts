// What a target of the fuzzer is. One file per target in targets/; a new one is that file and one line in targets/index.ts.
//
// An input is plain data, so that it can be kept as a case, read by a person and shrunk without knowing what it means.
import type { Random } from './random.ts';

/** Bytes, text, numbers, and lists and objects of these. */
export type Input = unknown;

export interface Target {
  readonly name: string;
  /** What is attacked, in a few words. */
  readonly about: string;
  /** Prepares what executions share: corpora, keys, folders. Once per process. */
  open(): Opened | Promise<Opened>;
}

export interface Opened {
  /** An input, out of chance alone. Never looks at earlier ones. */
  make(random: Random): Input;
  /**
   * Runs the product on it. Whatever is thrown is a failure: a refusal that the product may give is caught inside.
   * What one execution leaves behind must not reach the next.
   */
  run(input: Input): void | Promise<void>;
  /** How many executions it counts for: one, unless an input holds several calls. */
  weight?(input: Input): number;
  close?(): void | Promise<void>;
}

/** The product did what it must not do. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws a `Violation` unless it holds. */
export function must(holds: boolean, says: string, ...values: readonly unknown[]): asserts holds {
  if (holds) return;
  const shown = values.map((value) => `\n  ${show(value)}`).join('');
  throw new Violation(`${says}${shown}`);
}

/** A value for people: at most 600 characters of it. */
export function show(value: unknown): string {
  let text: string;
  try {
    text =
      typeof value === 'bigint'
        ? `${value}n`
        : (JSON.stringify(value, (_, v: unknown) =>
            v instanceof Uint8Array
              ? `0x${Buffer.from(v).toString('hex')}`
              : typeof v === 'bigint'
                ? `${v}n`
                : v,
          ) ?? String(value));
  } catch (error) {
    text = `(${String(error)})`;
  }
  return text.length > 600 ? `${text.slice(0, 600)}...` : text;
}
