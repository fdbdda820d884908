// Reads raw protobuf bytes against their descriptor and refuses what protobufjs lets through in silence: unknown enum numbers,
// the last of two duplicates, numbers cut to 32 bits, text that is not UTF-8; and, in messages where every field counts,
// fields that it does not know. What passes means the same to every reader.
//
// It reads only; the values are then made by protobufjs.
import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs';
import { Malformed } from './malformed.ts';

/** @param strict full names (`.servo.v1.Order`) of the messages that refuse unknown fields, with all that is in them. */
export function checkWire(type: protobuf.Type, bytes: Uint8Array, strict: ReadonlySet<string>): void {
  const cursor = new Cursor(bytes);
  walk(cursor, bytes.length, type, snake(type.name), strict, strict.has(type.fullName));
}

const basicWireTypes: Readonly<Record<string, number | undefined>> = protobuf.types.basic;

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

function walk(
  cursor: Cursor,
  end: number,
  type: protobuf.Type,
  path: string,
  strict: ReadonlySet<string>,
  refuseUnknown: boolean,
): void {
  const seen = new Set<string>();
  while (cursor.at < end) {
    const tag = cursor.varint(end, path);
    const wireType = tag % 8;
    const number = (tag - wireType) / 8;
    const field = type.fieldsById[number];
    if (field === undefined) {
      if (number === 0)
        throw new Malformed(path, 'has a field with the number 0', 'fields of this protocol version');
      if (refuseUnknown)
        throw new Malformed(path, `has the unknown field ${number}`, 'only fields of this protocol version');
      cursor.skip(wireType, end, path);
      continue;
    }
    const own = `${path}.${snake(field.name)}`;
    const slot = field.partOf?.name ?? field.name;
    if (!field.repeated && !(field instanceof protobuf.MapField)) {
      if (seen.has(slot))
        throw new Malformed(own, 'is there twice, or beside another of its kind', 'it once');
      seen.add(slot);
    }
    readField(cursor, end, field, wireType, own, strict, refuseUnknown);
  }
}

function readField(
  cursor: Cursor,
  end: number,
  field: protobuf.Field,
  wireType: number,
  path: string,
  strict: ReadonlySet<string>,
  refuseUnknown: boolean,
): void {
  const { resolvedType } = field;
  const packable = resolvedType instanceof protobuf.Enum || isNumeric(field.type);
  if (field.repeated && packable && wireType === delimited) {
    const stop = cursor.delimited(end, path);
    while (cursor.at < stop) readScalar(cursor, stop, field, path);
    return;
  }
  const expected = packable && !(field instanceof protobuf.MapField) ? wireTypeOf(field) : delimited;
  if (wireType !== expected)
    throw new Malformed(path, `is of the wire type ${wireType}`, `the wire type ${expected}`);
  if (packable && expected !== delimited) {
    readScalar(cursor, end, field, path);
    return;
  }
  const stop = cursor.delimited(end, path);
  if (field instanceof protobuf.MapField) readMapEntry(cursor, stop, field, path);
  else if (resolvedType instanceof protobuf.Type)
    walk(cursor, stop, resolvedType, path, strict, refuseUnknown || strict.has(resolvedType.fullName));
  else if (field.type === 'string' && !isUtf8(cursor.upTo(stop)))
    throw new Malformed(path, 'is not UTF-8', 'text in UTF-8');
  cursor.at = stop;
}

/** Maps of this protocol go from text to text. */
function readMapEntry(cursor: Cursor, end: number, field: protobuf.MapField, path: string): void {
  if (field.keyType !== 'string' || field.type !== 'string')
    throw new Error(`${path}: maps other than from text to text are not checked here`);
  const seen = new Set<number>();
  while (cursor.at < end) {
    const tag = cursor.varint(end, path);
    const stop = cursor.delimited(end, path);
    if ((tag !== 10 && tag !== 18) || seen.has(tag))
      throw new Malformed(path, 'has an entry that is not one key and one value', 'one key and one value');
    if (!isUtf8(cursor.upTo(stop))) throw new Malformed(path, 'is not UTF-8', 'text in UTF-8');
    seen.add(tag);
    cursor.at = stop;
  }
}

function readScalar(cursor: Cursor, end: number, field: protobuf.Field, path: string): void {
  const { resolvedType } = field;
  if (resolvedType instanceof protobuf.Enum) {
    const value = cursor.varint(end, path);
    if (resolvedType.valuesById[value] === undefined)
      throw new Malformed(path, `is the unknown number ${value}`, 'a value of this protocol version');
    return;
  }
  switch (wireTypeOf(field)) {
    case fixed64:
      cursor.skip(fixed64, end, path);
      return;
    case fixed32:
      cursor.skip(fixed32, end, path);
      return;
    default: {
      const value = cursor.varint(end, path);
      if (field.type === 'bool' && value > 1) throw new Malformed(path, `is ${value}`, '0 or 1');
      if (field.type === 'uint32' && value > 0xffff_ffff)
        throw new Malformed(path, `is ${value}`, 'a number of 32 bits');
    }
  }
}

function isNumeric(type: string): boolean {
  return type !== 'string' && type !== 'bytes' && basicWireTypes[type] !== undefined;
}

function wireTypeOf(field: protobuf.Field): number {
  return field.resolvedType instanceof protobuf.Enum ? varint : (basicWireTypes[field.type] ?? delimited);
}

function snake(name: string): string {
  return name.replace(/(?<!^)[A-Z]/g, (letter) => `_${letter}`).toLowerCase();
}

/** A place in the bytes that moves forward only, and never past `end`. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Exact up to 2^53; what is larger is inexact, but larger. */
  varint(end: number, path: string): number {
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= 10; length++) {
      const byte = this.at < end ? this.#bytes[this.at++] : undefined;
      if (byte === undefined) throw new Malformed(path, 'ends in the middle of a number', 'a whole message');
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    throw new Malformed(path, 'has a number of more than 10 bytes', 'a whole message');
  }

  /** Reads a length. Returns where what it measures ends. */
  delimited(end: number, path: string): number {
    const length = this.varint(end, path);
    if (this.at + length > end)
      throw new Malformed(path, `ends ${this.at + length - end} bytes too early`, 'a whole message');
    return this.at + length;
  }

  skip(wireType: number, end: number, path: string): void {
    if (wireType === varint) this.varint(end, path);
    else if (wireType === delimited) this.at = this.delimited(end, path);
    else if (wireType === fixed64 || wireType === fixed32) {
      this.at += wireType === fixed64 ? 8 : 4;
      if (this.at > end) throw new Malformed(path, 'ends in the middle of a number', 'a whole message');
    } else throw new Malformed(path, `has the wire type ${wireType}`, 'the wire types 0, 1, 2 and 5');
  }

  upTo(end: number): Uint8Array {
    return this.#bytes.subarray(this.at, end);
  }
}
