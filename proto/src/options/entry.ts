// What one line of an option table is: how its value is read from YAML, what is said about it, and what its absence means.
import type { Node } from 'yaml';

/** Where a reader stands in the file. All errors are collected, so that a file is mended in one go. */
export interface Cursor {
  /** Path of the key: `witnesses[0].timeout`. */
  readonly path: string;
  /** Directory of the file: relative paths start there. */
  readonly directory: string;
  /** Notes an error at this node. Returns undefined, so that a reader can end with it. */
  refuse(node: Node, wrong: string, right: string): undefined;
  /** The cursor of a key below this one. */
  below(name: string): Cursor;
  /** Remembers where this key's value stands. */
  at(node: Node): void;
}

export type Absence<T> =
  | { readonly kind: 'required' }
  /** `written`: the default as YAML. */
  | { readonly kind: 'default'; readonly value: T; readonly written: string }
  | { readonly kind: 'none' };

export interface Entry<T> {
  /** One line. */
  readonly help: string;
  /** Type, unit and bounds: what would be right. */
  readonly says: string;
  readonly absence: Absence<T>;
  /** Undefined after an error was noted: then nobody gets to see the value. */
  read(node: Node, cursor: Cursor): T | undefined;
  /** The value in a sample: YAML lines; one line stands beside the key, several below it. */
  readonly sample: readonly string[];
  /** Other values that it may have instead, for the sample. */
  readonly otherSamples?: readonly (readonly string[])[];
  /** What is below it, for the help. */
  readonly tables: readonly { readonly prefix: string; readonly table: Table }[];
}

// oxlint-disable-next-line typescript/no-explicit-any -- a table holds entries of any values; `Values` gives each its type back
export type Table = Readonly<Record<string, Entry<any>>>;

export type ValueOf<E> = E extends Entry<infer T> ? T : never;

/** The checked values of a table. Absent options without a default are `undefined`. */
export type Values<T extends Table> = { readonly [K in keyof T]: ValueOf<T[K]> };

/** What every option says of itself, beside its type. Without `default` and `optional` it is required. */
export interface Spec<T> {
  readonly help: string;
  readonly default?: T;
  /** May be absent, and is then `undefined`. */
  readonly optional?: true;
  /** A good value, as YAML, for the sample. Needed where there is no default. */
  readonly example?: string;
}

/** Type of the value, by whether it may be absent. */
export type Given<T, S> = S extends { readonly optional: true } ? T | undefined : T;

export function absenceOf<T>(spec: Spec<T>, write: (value: T) => string): Absence<T> {
  if (spec.default !== undefined)
    return { kind: 'default', value: spec.default, written: write(spec.default) };
  return { kind: spec.optional === true ? 'none' : 'required' };
}
