// Options that hold options: a group of keys, a list, a choice between groups, a mapping of free names.
import { isAlias, isMap, isScalar, isSeq, Scalar, type Node, type YAMLMap } from 'yaml';
import type { Cursor, Entry, Given, Spec, Table, Values } from './entry.ts';
import { nearest } from './nearest.ts';
import { sampleLines } from './sample.ts';

/** A group of keys. Absent: every key in it takes its default, and those that are required are missing. */
export function group<const T extends Table>(help: string, table: T): Entry<Values<T>> {
  return {
    help,
    says: 'a mapping',
    absence: { kind: 'required' },
    sample: sampleLines(table),
    tables: [{ prefix: '.', table }],
    read: (node, cursor) => readTable(node, table, cursor),
  };
}

/**
 * A group that may be absent as a whole, and is then `undefined`. Its key without anything below it is refused: whether that
 * means the group with all its defaults, or none, only its writer knows.
 */
export function optionalGroup<const T extends Table>(help: string, table: T): Entry<Values<T> | undefined> {
  return {
    ...group(help, table),
    absence: { kind: 'none' },
    read(node, cursor) {
      if (isScalar(node) && node.value === null)
        return cursor.refuse(node, 'is empty', 'a mapping of keys, or no such key at all');
      return readTable(node, table, cursor);
    },
  };
}

/** One of several groups, told apart by the key `by`, whose word is also part of the value. */
export function variant<const B extends string, const C extends Readonly<Record<string, Table>>>(
  by: B,
  cases: C,
  help: string,
): Entry<{ [K in keyof C & string]: Values<C[K]> & { readonly [P in B]: K } }[keyof C & string]> {
  type Value = { [K in keyof C & string]: Values<C[K]> & { readonly [P in B]: K } }[keyof C & string];
  const words = Object.keys(cases);
  const says = `a mapping with ${by}: ${words.join(' or ')}`;
  const samples = Object.entries(cases).map(([word, table]) => [`${by}: ${word}`, ...sampleLines(table)]);
  return {
    help,
    says,
    absence: { kind: 'required' },
    sample: samples[0] ?? [],
    otherSamples: samples.slice(1),
    tables: Object.entries(cases).map(([word, table]) => ({ prefix: ` (${by}: ${word}).`, table })),
    read(node, cursor) {
      if (!isMap(node)) return cursor.refuse(node, describe(node), says);
      const word = node.get(by);
      const table = typeof word === 'string' ? cases[word] : undefined;
      if (table === undefined || typeof word !== 'string') {
        const found = node.get(by, true) ?? node;
        return cursor
          .below(by)
          .refuse(found, word === undefined ? 'is missing' : 'is unknown', `one of ${words.join(', ')}`);
      }
      const values = readTable(node, table, cursor, by);
      return values === undefined ? undefined : ({ ...values, [by]: word } as unknown as Value);
    },
  };
}

export interface ListSpec {
  readonly help: string;
  /** How many entries; 0 to 1000 unless given. With `min` 0 the list may be absent. */
  readonly min?: number;
  readonly max?: number;
}

/** A list whose entries all are `item`. Nothing may be there twice where entries are plain texts. */
export function listOf<T>(item: Entry<T>, spec: ListSpec): Entry<readonly T[]> {
  const min = spec.min ?? 0;
  const max = spec.max ?? 1000;
  const says = `a list of ${min} to ${max} entries, each ${item.says}`;
  const [first] = item.sample;
  const plain = item.tables.length === 0;
  return {
    help: spec.help,
    says,
    absence: min === 0 ? { kind: 'default', value: [], written: '[]' } : { kind: 'required' },
    sample: plain ? [`[${first ?? ''}]`] : listSample(item),
    tables: item.tables.map(({ prefix, table }) => ({ prefix: `[]${prefix}`, table })),
    read(node, cursor) {
      if (!isSeq(node)) return cursor.refuse(node, describe(node), says);
      if (node.items.length < min || node.items.length > max)
        return cursor.refuse(node, `has ${node.items.length} entries`, says);
      const values = node.items.map((child, i) => {
        const below = cursor.below(`[${i}]`);
        below.at(child as Node);
        return item.read(child as Node, below);
      });
      const twice = plain
        ? values.findIndex((value, i) => value !== undefined && values.indexOf(value) !== i)
        : -1;
      if (twice >= 0)
        return cursor.below(`[${twice}]`).refuse(node.items[twice] as Node, 'is there twice', 'it once');
      return values as readonly T[];
    },
  };
}

/** One entry of each kind, all but the first commented out. */
function listSample(item: Entry<unknown>): readonly string[] {
  const others = (item.otherSamples ?? []).flatMap((lines) => entryLines(lines).map((line) => `#${line}`));
  return [...entryLines(item.sample), ...others];
}

function entryLines(sample: readonly string[]): readonly string[] {
  return ['-', ...sample.map((line) => (line === '' ? '' : `  ${line}`))];
}

/** A mapping from names of the writer's own choice to `item`. */
export function mapOf<T, const S extends Omit<Spec<never>, 'default'>>(
  item: Entry<T>,
  spec: S,
): Entry<Given<Readonly<Record<string, T>>, S>> {
  const says = `a mapping from names to ${item.says}`;
  const entry: Entry<Readonly<Record<string, T>>> = {
    help: spec.help,
    says,
    absence: { kind: spec.optional === true ? 'none' : 'required' },
    sample: [spec.example ?? '{}'],
    tables: [],
    read(node, cursor) {
      if (!isMap(node)) return cursor.refuse(node, describe(node), says);
      const values = keysOf(node, cursor).map(([name, , child]) => [
        name,
        item.read(child, cursor.below(name)),
      ]);
      return Object.fromEntries(values) as Readonly<Record<string, T>>;
    },
  };
  return entry;
}

/** Reads a whole table. An empty value counts as a mapping without keys. */
export function readTable<T extends Table>(
  node: Node,
  table: T,
  cursor: Cursor,
  alsoKnown?: string,
): Values<T> | undefined {
  const empty = isScalar(node) && node.value === null;
  if (!isMap(node) && !empty) return cursor.refuse(node, describe(node), 'a mapping of keys');
  const known = [...(alsoKnown === undefined ? [] : [alsoKnown]), ...Object.keys(table)];
  const given = new Map<string, Node>();
  for (const [name, key, value] of isMap(node) ? keysOf(node, cursor) : []) {
    if (!known.includes(name)) cursor.below(name).refuse(key, 'unknown key', nearest(name, known));
    given.set(name, value);
  }
  const values = Object.entries(table).map(([name, entry]) => {
    const value = given.get(name);
    const below = cursor.below(name);
    below.at(value ?? node);
    return [name, value === undefined ? absent(entry, node, below) : entry.read(value, below)];
  });
  return Object.fromEntries(values) as Values<T>;
}

function absent(entry: Entry<unknown>, node: Node, cursor: Cursor): unknown {
  switch (entry.absence.kind) {
    case 'default':
      return entry.absence.value;
    case 'none':
      return undefined;
    case 'required': {
      // A group is as absent as what is required in it.
      const [inner] = entry.tables;
      if (entry.tables.length === 1 && inner?.prefix === '.')
        return readTable(emptyAt(node), inner.table, cursor);
      return cursor.refuse(node, 'is missing', entry.says);
    }
  }
}

/** A mapping without keys, at the place of the one that lacks it. */
function emptyAt(node: Node): Node {
  const at = node.clone() as Node;
  if (isMap(at)) at.items = [];
  return at;
}

type Pair = readonly [name: string, key: Node, value: Node];

/** The keys of a mapping; notes those that are no text, or there twice. */
function keysOf(map: YAMLMap, cursor: Cursor): readonly Pair[] {
  const seen = new Set<string>();
  return map.items.flatMap((pair): readonly Pair[] => {
    const key = pair.key as Node;
    const name: unknown = isScalar(key) ? key.value : undefined;
    if (typeof name !== 'string') {
      cursor.refuse(key, 'has a key that is no text', 'a name as key');
      return [];
    }
    if (seen.has(name)) cursor.below(name).refuse(key, 'is there twice', 'each key once');
    seen.add(name);
    return [[name, key, (pair.value ?? emptyBeside(key)) as Node]];
  });
}

/** What stands behind a key with nothing behind it, as in `{ca, cert}`; errors name the key's place. */
function emptyBeside(key: Node): Node {
  const empty = new Scalar(null);
  if (key.range) empty.range = key.range;
  return empty;
}

function describe(node: Node): string {
  if (isMap(node)) return 'is a mapping';
  if (isSeq(node)) return 'is a list';
  if (isAlias(node)) return 'is an alias';
  return isScalar(node) && node.value === null ? 'is empty' : 'is a single value';
}
