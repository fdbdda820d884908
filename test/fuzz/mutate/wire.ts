// Protobuf messages that are almost right: fields left out, doubled, in another order, of another number or wire type, with
// lengths and numbers that lie. Works on the bytes, so that what no encoder would write can be tried.
import type { Random } from '../random.ts';
import { joined, mutateBytes } from './bytes.ts';

interface Field {
  readonly number: number;
  readonly wireType: number;
  /** As they stand, without tag and length. */
  readonly content: Uint8Array;
}

/** @param others messages, to take fields from. */
export function mutateWire(
  random: Random,
  bytes: Uint8Array,
  others: readonly Uint8Array[],
  depth = 3,
): Uint8Array {
  const fields = fieldsOf(bytes);
  if (fields === undefined || random.once(8)) return mutateBytes(random, bytes, others);
  let now: readonly Field[] = fields;
  const odd: Uint8Array[] = [];
  for (let n = 1 + random.small(3); n > 0; n--) now = once(random, now, others, depth, odd);
  return joined(...now.map(bytesOf), ...odd);
}

function once(
  random: Random,
  fields: readonly Field[],
  others: readonly Uint8Array[],
  depth: number,
  odd: Uint8Array[],
): readonly Field[] {
  const at = random.below(Math.max(1, fields.length));
  const field = fields[at];
  if (field === undefined) return [anyField(random)];
  const put = (...made: readonly Field[]) => [...fields.slice(0, at), ...made, ...fields.slice(at + 1)];
  switch (random.below(12)) {
    case 0:
      return put();
    case 1:
      return put(field, field);
    case 2:
      return [...fields, field];
    case 3:
      return put({ ...field, number: random.pick([1, 2, 3, 4, 5, 15, 16, 99, 2 ** 29 - 1, 2 ** 29, 0]) });
    case 4:
      return put({ ...field, wireType: random.pick([0, 1, 2, 3, 4, 5, 6, 7]) });
    case 5:
      return [...fields, anyField(random)];
    case 6: {
      const taken = others.length === 0 ? undefined : fieldsOf(random.pick(others));
      return taken === undefined || taken.length === 0 ? fields : put(random.pick(taken));
    }
    case 7:
      return fields.toReversed();
    case 8:
      if (field.wireType === 0) return put({ ...field, content: random.pick(numbers) });
      odd.push(random.pick(torn));
      return fields;
    default:
      if (field.wireType !== 2) return put({ ...field, content: mutateBytes(random, field.content, []) });
      return put({
        ...field,
        content:
          depth > 0 && fieldsOf(field.content) !== undefined
            ? mutateWire(random, field.content, others, depth - 1)
            : mutateBytes(random, field.content, []),
      });
  }
}

/** Numbers as they may be written: short, overlong, too large, negative. */
const numbers: readonly Uint8Array[] = [
  [0],
  [1],
  [2],
  [0x7f],
  [0x80, 0x00],
  [0x81, 0x80, 0x80, 0x00],
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f],
  [0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00],
].map((bytes) => Uint8Array.from(bytes));

/** Ends that are no fields. */
const torn: readonly Uint8Array[] = [
  [0x0a],
  [0x0a, 0x7f],
  [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x08],
  [0x08, 0x80],
  [0x0b],
  [0x0c],
  [0x0d, 1],
  [0x09, 1, 2],
  [0x00, 0x00],
].map((bytes) => Uint8Array.from(bytes));

function anyField(random: Random): Field {
  const wireType = random.pick([0, 1, 2, 5]);
  const length = wireType === 1 ? 8 : wireType === 5 ? 4 : random.small(8);
  const content =
    wireType === 0 ? random.pick(numbers) : Uint8Array.from({ length }, () => random.below(256));
  return { number: 1 + random.small(40), wireType, content };
}

function bytesOf({ number, wireType, content }: Field): Uint8Array {
  const tag = varint(number * 8 + wireType);
  return wireType === 2 ? joined(tag, varint(content.length), content) : joined(tag, content);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? low + 128 : low);
  } while (rest > 0);
  return Uint8Array.from(bytes);
}

/** The fields of a message, or undefined where the bytes are none. */
function fieldsOf(bytes: Uint8Array): readonly Field[] | undefined {
  const fields: Field[] = [];
  let at = 0;
  const number = (): number | undefined => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 50; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) return undefined;
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
    return undefined;
  };
  while (at < bytes.length) {
    const tag = number();
    if (tag === undefined || tag < 8) return undefined;
    const wireType = tag % 8;
    let start = at;
    if (wireType === 0) {
      if (number() === undefined) return undefined;
    } else if (wireType === 1) at += 8;
    else if (wireType === 5) at += 4;
    else if (wireType === 2) {
      const length = number();
      if (length === undefined) return undefined;
      start = at;
      at += length;
    } else return undefined;
    if (at > bytes.length) return undefined;
    fields.push({ number: Math.floor(tag / 8), wireType, content: bytes.subarray(start, at) });
  }
  return fields;
}
