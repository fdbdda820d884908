// Small codecs, one per kind of field. Each turns a wire value into a checked one, or throws `Malformed` with the field's path,
// what is wrong and what would be right; and turns a checked value back. A message's codec names all of its fields once, and
// both directions and its TypeScript type follow from that.
//
// Wire values are protobufjs's plain objects: camel case, enums by name, 64-bit numbers as decimal strings, nothing defaulted.
import { isId, spellingOf, type Epoch, type IdKind, type IdKinds } from './ids.ts';
import { maxCodeChars, maxPathChars, maxSentenceChars } from './limits.ts';
import { Malformed } from './malformed.ts';

/** Where a value stands: a path that is only put together when something is wrong. */
export interface Place {
  readonly parent: Place | undefined;
  readonly name: string;
}

export interface Codec<T> {
  /** Throws `Malformed`. Absent values come in as `undefined`. */
  decode(raw: unknown, place: Place): T;
  encode(value: T): unknown;
  /** What it is made of, for tests that walk over codecs: the codec within, or those of the fields. */
  readonly of?: Codec<never>;
  readonly shape?: Shape;
}

/** A field that may be absent. */
export interface OptionalCodec<T> extends Codec<T | undefined> {
  readonly optional: true;
}

export type ValueOf<C> = C extends Codec<infer T> ? T : never;

export function refuse(place: Place, wrong: string, right: string): never {
  throw new Malformed(pathOf(place), wrong, right);
}

/** The path as the .proto files spell it. */
export function pathOf(place: Place): string {
  const own = snakeCase(place.name);
  if (place.parent === undefined) return own;
  return own.startsWith('[') ? pathOf(place.parent) + own : `${pathOf(place.parent)}.${own}`;
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** What was found, for a message: never more than 40 characters of it. */
function shown(raw: unknown): string {
  if (raw === undefined) return 'is missing';
  if (typeof raw === 'string')
    return raw.length > 40 ? `is ${JSON.stringify(raw.slice(0, 40))}...` : `is ${JSON.stringify(raw)}`;
  if (typeof raw === 'number' || typeof raw === 'boolean') return `is ${raw}`;
  return `is of the type ${typeof raw}`;
}

/** An id of this kind. */
export function id<K extends IdKind>(kind: K): Codec<IdKinds[K]> {
  return {
    decode(raw, place) {
      if (isId(kind, raw)) return raw;
      return refuse(place, shown(raw), `${kind} id: ${spellingOf(kind)}`);
    },
    encode: (value) => value,
  };
}

/**
 * A text of `min` to `max` characters (UTF-16 units). Half a character (a lone surrogate, as cutting a text makes them) has no
 * UTF-8, and whoever got such a message would refuse all of it: it is sent as U+FFFD, as signatures count it too.
 */
export function text(max: number, min = 1): Codec<string> {
  return {
    decode(raw, place) {
      if (typeof raw !== 'string') return refuse(place, shown(raw), `text of ${min} to ${max} characters`);
      if (!raw.isWellFormed()) return refuse(place, 'holds half a character', 'text that UTF-8 can spell');
      if (raw.length < min || raw.length > max)
        return refuse(place, `has ${raw.length} characters`, `text of ${min} to ${max} characters`);
      return raw;
    },
    encode: (value) => value.toWellFormed(),
  };
}

export const path = text(maxPathChars);
export const sentence = text(maxSentenceChars);

/** A stable name: lower-case letters, digits and "-". */
export const code: Codec<string> = {
  decode(raw, place) {
    if (typeof raw === 'string' && raw.length <= maxCodeChars && /^[a-z0-9]+(-[a-z0-9]+)*$/.test(raw))
      return raw;
    return refuse(
      place,
      shown(raw),
      `1 to ${maxCodeChars} lower-case letters and digits, with single "-" between`,
    );
  },
  encode: (value) => value,
};

/** A whole number of the wire type uint32. */
export function whole(min: number, max: number): Codec<number> {
  return {
    decode(raw, place) {
      if (typeof raw === 'number' && Number.isInteger(raw) && raw >= min && raw <= max) return raw;
      return refuse(place, shown(raw), `a whole number from ${min} to ${max}`);
    },
    encode: (value) => value,
  };
}

/** A whole number of the wire type uint64, at most 2^53 - 1. */
export function long(min: number, max = Number.MAX_SAFE_INTEGER): Codec<number> {
  return {
    decode(raw, place) {
      const value = typeof raw === 'string' && /^\d{1,16}$/.test(raw) ? Number(raw) : undefined;
      if (value !== undefined && Number.isSafeInteger(value) && value >= min && value <= max) return value;
      return refuse(place, shown(raw), `a whole number from ${min} to ${max}`);
    },
    encode: String,
  };
}

/** Fencing number of a leader, from 1. */
export const epoch = long(1) as unknown as Codec<Epoch>;

export const flag: Codec<boolean> = {
  decode(raw, place) {
    return typeof raw === 'boolean' ? raw : refuse(place, shown(raw), 'true or false');
  },
  encode: (value) => value,
};

/** A selector that says "all" in so many words: true, never false. */
export const onlyTrue: Codec<true> = {
  decode(raw, place) {
    return raw === true ? raw : refuse(place, shown(raw), 'true, or leave it out');
  },
  encode: (value) => value,
};

/** Exactly so many bytes. */
export function bytes(length: number): Codec<Uint8Array> {
  return {
    decode(raw, place) {
      if (!(raw instanceof Uint8Array)) return refuse(place, shown(raw), `${length} bytes`);
      if (raw.length !== length) return refuse(place, `has ${raw.length} bytes`, `${length} bytes`);
      return Uint8Array.from(raw);
    },
    encode: (value) => value,
  };
}

/** One of the words, which the wire spells `<PREFIX>_<WORD>`. */
export function word<W extends string>(prefix: string, words: readonly W[]): Codec<W> {
  const toWire = (value: W) => `${prefix}_${value.toUpperCase().replaceAll('-', '_')}`;
  const byWire = new Map<unknown, W>(words.map((value) => [toWire(value), value]));
  return {
    decode(raw, place) {
      return byWire.get(raw) ?? refuse(place, shown(raw), `one of ${[...byWire.keys()].join(', ')}`);
    },
    encode: toWire,
  };
}

/** The field may be absent. */
export function optional<T>(codec: Codec<T>): OptionalCodec<T> {
  return {
    optional: true,
    of: codec as Codec<never>,
    decode: (raw, place) => (raw === undefined ? undefined : codec.decode(raw, place)),
    encode: (value) => (value === undefined ? undefined : codec.encode(value)),
  };
}

/** A repeated field. Empty and absent are one. */
export function list<T>(codec: Codec<T>, max: number, min = 0): Codec<readonly T[]> {
  return {
    of: codec as Codec<never>,
    decode(raw, place) {
      const items: unknown = raw ?? [];
      if (!Array.isArray(items)) return refuse(place, shown(raw), 'a list');
      if (items.length < min || items.length > max)
        return refuse(place, `has ${items.length} entries`, `${min} to ${max} entries`);
      return items.map((item, i) => codec.decode(item, { parent: place, name: `[${i}]` }));
    },
    encode: (values) => values.map((value) => codec.encode(value)),
  };
}

/** A map from text to text. */
export function textMap(maxEntries: number, maxChars: number): Codec<Readonly<Record<string, string>>> {
  const value = text(maxChars, 0);
  return {
    decode(raw, place) {
      const entries = Object.entries(record(raw ?? {}, place));
      if (entries.length > maxEntries)
        return refuse(place, `has ${entries.length} entries`, `at most ${maxEntries} entries`);
      return Object.fromEntries(
        entries.map(([key, item]) => [key, value.decode(item, { parent: place, name: `[${key}]` })]),
      );
    },
    encode: (values) =>
      Object.fromEntries(
        Object.entries(values).map(([key, item]) => [key.toWellFormed(), value.encode(item)]),
      ),
  };
}

// oxlint-disable-next-line typescript/no-explicit-any -- a shape holds codecs of any values; `ValueOf` gives each its type back
export type Shape = Readonly<Record<string, Codec<any>>>;

type OptionalKeys<S extends Shape> = {
  [K in keyof S]: S[K] extends { readonly optional: true } ? K : never;
}[keyof S];

export type Message<S extends Shape> = {
  readonly [K in Exclude<keyof S, OptionalKeys<S>>]: ValueOf<S[K]>;
} & {
  readonly [K in OptionalKeys<S>]?: ValueOf<S[K]>;
};

export interface MessageCodec<T> extends Codec<T> {
  readonly shape: Shape;
}

/** A message with these fields. Absent fields stay absent: no key with an undefined value. */
export function message<S extends Shape>(shape: S): MessageCodec<Message<S>> {
  const fields = Object.entries(shape);
  return {
    shape,
    decode(raw, place) {
      const from = record(raw, place);
      const value: Record<string, unknown> = {};
      for (const [name, codec] of fields) {
        const item: unknown = codec.decode(from[name], { parent: place, name });
        if (item !== undefined) value[name] = item;
      }
      return value as Message<S>;
    },
    encode(value) {
      const from = value as Readonly<Record<string, unknown>>;
      const raw: Record<string, unknown> = {};
      for (const [name, codec] of fields) {
        const item: unknown = codec.encode(from[name]);
        if (item !== undefined) raw[name] = item;
      }
      return raw;
    },
  };
}

/** The same, with a rule about several fields together: it refuses by throwing through `refuse`. */
export function ruled<T>(codec: MessageCodec<T>, rule: (value: T, place: Place) => void): MessageCodec<T> {
  return {
    shape: codec.shape,
    decode(raw, place) {
      const value = codec.decode(raw, place);
      rule(value, place);
      return value;
    },
    encode: (value) => codec.encode(value),
  };
}

/** Exactly one of these fields is there: `{ kind: <its name>, value: ... }`. */
export function oneOf<S extends Shape>(
  shape: S,
): Codec<{ [K in keyof S]: { readonly kind: K; readonly value: ValueOf<S[K]> } }[keyof S]> {
  const names = Object.keys(shape);
  return {
    shape,
    decode(raw, place) {
      const from = record(raw, place);
      const there = names.filter((name) => from[name] !== undefined);
      const [kind] = there;
      if (kind === undefined || there.length > 1)
        return refuse(
          place,
          kind === undefined ? 'has none of its kinds' : `has ${there.map(snakeCase).join(' and ')}`,
          `exactly one of ${names.map(snakeCase).join(', ')}`,
        );
      const value: unknown = shape[kind]?.decode(from[kind], { parent: place, name: kind });
      return { kind, value } as { readonly kind: keyof S; readonly value: ValueOf<S[keyof S]> };
    },
    encode: ({ kind, value }) => ({ [kind]: shape[kind]?.encode(value) }),
  };
}

function record(raw: unknown, place: Place): Readonly<Record<string, unknown>> {
  // What the deserialiser could not read comes in as its refusal: it is thrown here, where callers expect one.
  if (raw instanceof Malformed) throw raw;
  if (typeof raw === 'object' && raw !== null && !Array.isArray(raw)) return raw as Record<string, unknown>;
  return refuse(place, shown(raw), 'a message');
}
