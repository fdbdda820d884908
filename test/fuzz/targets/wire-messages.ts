// Messages of a .proto file as a target: bytes that are almost a message, read as the product reads them.
//
// What is accepted must be what the bytes say, and all of it: encoding it again gives the same fields, no more and no fewer, so
// nothing was dropped and nothing filled in; and a second reading of that gives the same value. A refusal is a `Malformed`.
import { isDeepStrictEqual } from 'node:util';
import type protobuf from 'protobufjs';
import type { Plain } from '../../../proto/src/encode.ts';
import { deserialise } from '../../../proto/src/load.ts';
import { Malformed } from '../../../proto/src/malformed.ts';
import { mutateValue, isPlain } from '../mutate/value.ts';
import { mutateWire } from '../mutate/wire.ts';
import type { Random } from '../random.ts';
import { must, type Opened } from '../target.ts';

/** One kind of message: how its bytes are read and made. */
export interface Kind {
  readonly type: protobuf.Type;
  readonly decode: (raw: unknown) => unknown;
  readonly encode: (value: never) => unknown;
  /** Plain values that are right. */
  readonly samples: readonly Plain[];
}

interface Wire {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

export function messages(kinds: readonly Kind[]): Opened {
  const corpora = kinds.map(({ type, samples }) => samples.map((plain) => bytesOf(type, plain)));
  const all = corpora.flat();
  return {
    make(random): Wire {
      const kind = random.below(kinds.length);
      const { type, samples } = kinds[kind] as Kind;
      const at = random.below(samples.length);
      const bytes = random.once(3) ? changedValue(random, type, samples[at] as Plain) : undefined;
      return { kind, bytes: bytes ?? mutateWire(random, corpora[kind]?.[at] ?? new Uint8Array(), all) };
    },
    run(input) {
      const { kind, bytes } = input as Wire;
      const own = kinds[kind];
      if (own !== undefined) check(own, bytes);
    },
  };
}

/** A message whose fields are changed before it is encoded; undefined where it has no encoding. */
function changedValue(random: Random, type: protobuf.Type, plain: Plain): Uint8Array | undefined {
  const changed = mutateValue(random, plain);
  try {
    return isPlain(changed) ? bytesOf(type, changed) : undefined;
  } catch {
    // protobufjs takes no such value: then the bytes are changed instead.
    return undefined;
  }
}

function bytesOf(type: protobuf.Type, plain: Plain): Uint8Array {
  return Uint8Array.from(type.encode(type.fromObject(plain)).finish());
}

function check({ type, decode, encode }: Kind, bytes: Uint8Array): void {
  const raw = deserialise(type, bytes);
  const value = decoded(decode, raw);
  if (value instanceof Malformed) return;
  const again = deserialise(type, bytesOf(type, encode(value as never) as Plain));
  must(
    !(again instanceof Malformed),
    `${type.name}: what was accepted is refused when it is sent on`,
    value,
    again,
  );
  must(
    isDeepStrictEqual(told(again), told(raw)),
    `${type.name}: what was accepted is not what came`,
    again,
    raw,
  );
  must(
    isDeepStrictEqual(decode(again), value),
    `${type.name}: what was accepted changes when it is sent on`,
    value,
    again,
  );
}

function decoded(decode: (raw: unknown) => unknown, raw: unknown): unknown {
  try {
    return decode(raw);
  } catch (error) {
    if (!(error instanceof Malformed)) throw error;
    must(error.message.length < 4000, 'a refusal that nobody can read', error.message);
    return error;
  }
}

/** Without what the wire cannot tell from nothing: empty lists, fields that are undefined. Bytes as one type. */
function told(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(told);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).flatMap(([name, item]) => {
    if (item === undefined || (Array.isArray(item) && item.length === 0)) return [];
    return [[name, told(item)] as const];
  });
  return new Map(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
