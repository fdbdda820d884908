// Reads raw protobuf bytes against their descriptor and refuses what protobufjs lets through in silence: unknown enum numbers,
// the last of two duplicates, numbers cut to 32 bits, text that is not UTF-8; and, in messages where every field counts,
// fields that it does not know. What passes means the same to every reader.
//
// It reads only; the values are then made by protobufjs.
import { isUtf8 } from 'node:buffer';
import protobuf from 'protobufjs';
import { pathOf, type Place } from './field.ts';
import { Malformed } from './malformed.ts';

/** @param strict full names (`.servo.v1.Order`) of the messages that refuse unknown fields, with all that is in them. */
export function checkWire(type: protobuf.Type, bytes: Uint8Array, strict: ReadonlySet<string>): void {
  const place: Place = { parent: undefined, name: type.name.slice(0, 1).toLowerCase() + type.name.slice(1) };
  walk(new Cursor(bytes), bytes.length, type, place, strict, strict.has(type.fullName));
}

const varint = 0;
const fixed64 = 1;
const delimited = 2;
const fixed32 = 5;

const maxFieldNumber = 2 ** 29 - 1;

/** What is right for one field, worked out once per message type. */
interface Expected {
  readonly name: string;
  readonly wireType: number;
  /** A list of numbers may also come packed into one. */
  readonly packable: boolean;
  readonly repeated: boolean;
  /** Fields of one slot exclude each other: those of a oneof; else each has its own. */
  readonly slot: number;
  readonly value: 'number' | 'uint32' | 'bool' | 'text' | 'bytes' | 'map' | protobuf.Enum | protobuf.Type;
}

const known = new WeakMap<protobuf.Type, ReadonlyMap<number, Expected>>();

function fieldsOf(type: protobuf.Type): ReadonlyMap<number, Expected> {
  const before = known.get(type);
  if (before !== undefined) return before;
  const slots = type.fieldsArray.map((field) => field.partOf?.name ?? field.name);
  const fields = new Map(
    type.fieldsArray.map((field, i): [number, Expected] => [
      field.id,
      expected(field, slots.indexOf(slots[i] ?? '')),
    ]),
  );
  known.set(type, fields);
  return fields;
}

const basicWireTypes: Readonly<Record<string, number | undefined>> = protobuf.types.basic;

function expected(field: protobuf.Field, slot: number): Expected {
  const { name, resolvedType, type } = field;
  if (field instanceof protobuf.MapField) {
    if (field.keyType !== 'string' || type !== 'string')
      throw new Error(`${field.fullName}: maps other than from text to text are not checked here`);
    return { name, slot, wireType: delimited, packable: false, repeated: true, value: 'map' };
  }
  const { repeated } = field;
  if (resolvedType instanceof protobuf.Type)
    return { name, slot, wireType: delimited, packable: false, repeated, value: resolvedType };
  if (resolvedType instanceof protobuf.Enum)
    return { name, slot, wireType: varint, packable: repeated, repeated, value: resolvedType };
  const wireType = basicWireTypes[type] ?? delimited;
  return {
    name,
    slot,
    wireType,
    packable: repeated && wireType !== delimited,
    repeated,
    value: scalarOf(type),
  };
}

function scalarOf(type: string): Expected['value'] {
  if (type === 'string') return 'text';
  return type === 'bytes' || type === 'bool' || type === 'uint32' ? type : 'number';
}

function refuse(place: Place, wrong: string, right: string): never {
  throw new Malformed(pathOf(place), wrong, right);
}

function walk(
  cursor: Cursor,
  end: number,
  type: protobuf.Type,
  place: Place,
  strict: ReadonlySet<string>,
  refuseUnknown: boolean,
): void {
  const fields = fieldsOf(type);
  const seen: boolean[] = [];
  while (cursor.at < end) {
    const tag = cursor.varint(end, place);
    const wireType = tag % 8;
    const number = (tag - wireType) / 8;
    const field = fields.get(number);
    if (field === undefined) {
      // protobufjs cuts a larger number to 32 bits, and so takes it for another field.
      if (number === 0 || number > maxFieldNumber)
        refuse(place, `has a field with the number ${number}`, `numbers from 1 to ${maxFieldNumber}`);
      if (refuseUnknown)
        refuse(place, `has the unknown field ${number}`, 'only fields of this protocol version');
      cursor.skip(wireType, end, place);
      continue;
    }
    const own: Place = { parent: place, name: field.name };
    if (!field.repeated) {
      if (seen[field.slot] === true) refuse(own, 'is there twice, or beside another of its kind', 'it once');
      seen[field.slot] = true;
    }
    if (field.packable && wireType === delimited) {
      const stop = cursor.delimited(end, own);
      while (cursor.at < stop) readNumber(cursor, stop, field, own);
    } else if (wireType !== field.wireType)
      refuse(own, `is of the wire type ${wireType}`, `the wire type ${field.wireType}`);
    else if (wireType === delimited)
      readDelimited(cursor, cursor.delimited(end, own), field, own, strict, refuseUnknown);
    else readNumber(cursor, end, field, own);
  }
}

function readDelimited(
  cursor: Cursor,
  stop: number,
  field: Expected,
  place: Place,
  strict: ReadonlySet<string>,
  refuseUnknown: boolean,
): void {
  const { value } = field;
  if (value instanceof protobuf.Type)
    walk(cursor, stop, value, place, strict, refuseUnknown || strict.has(value.fullName));
  else if (value === 'map') readMapEntry(cursor, stop, place);
  else if (value === 'text') cursor.text(stop, place);
  cursor.at = stop;
}

function readMapEntry(cursor: Cursor, end: number, place: Place): void {
  const seen = new Set<number>();
  while (cursor.at < end) {
    const tag = cursor.varint(end, place);
    const stop = cursor.delimited(end, place);
    if ((tag !== 10 && tag !== 18) || seen.has(tag))
      refuse(place, 'has an entry that is not one key and one value', 'one key and one value');
    seen.add(tag);
    cursor.text(stop, place);
  }
}

function readNumber(cursor: Cursor, end: number, field: Expected, place: Place): void {
  if (field.wireType !== varint) {
    cursor.skip(field.wireType, end, place);
    return;
  }
  const number = cursor.varint(end, place);
  const { value } = field;
  if (value instanceof protobuf.Enum) {
    if (value.valuesById[number] === undefined)
      refuse(place, `is the unknown number ${number}`, 'a value of this protocol version');
  } else if (value === 'bool' && number > 1) refuse(place, `is ${number}`, '0 or 1');
  else if (value === 'uint32' && number > 0xffff_ffff) refuse(place, `is ${number}`, 'a number of 32 bits');
  else if (number > Number.MAX_SAFE_INTEGER) refuse(place, 'is too large', 'a whole number up to 2^53 - 1');
}

/** A place in the bytes that moves forward only, and never past `end`. */
class Cursor {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** Exact up to 2^53; what is larger is inexact, but larger. */
  varint(end: number, place: Place): number {
    let value = 0;
    let scale = 1;
    for (let length = 1; length <= 10; length++) {
      const byte = this.at < end ? this.#bytes[this.at++] : undefined;
      if (byte === undefined) refuse(place, 'ends in the middle of a number', 'a whole message');
      value += (byte % 128) * scale;
      if (byte < 128) return value;
      scale *= 128;
    }
    refuse(place, 'has a number of more than 10 bytes', 'a whole message');
  }

  /** Reads a length. Returns where what it measures ends. */
  delimited(end: number, place: Place): number {
    const length = this.varint(end, place);
    if (this.at + length > end)
      refuse(place, `ends ${this.at + length - end} bytes too early`, 'a whole message');
    return this.at + length;
  }

  skip(wireType: number, end: number, place: Place): void {
    if (wireType === varint) this.varint(end, place);
    else if (wireType === delimited) this.at = this.delimited(end, place);
    else if (wireType === fixed64 || wireType === fixed32) {
      this.at += wireType === fixed64 ? 8 : 4;
      if (this.at > end) refuse(place, 'ends in the middle of a number', 'a whole message');
    } else refuse(place, `has the wire type ${wireType}`, 'the wire types 0, 1, 2 and 5');
  }

  /** Moves over text, which must be UTF-8. */
  text(end: number, place: Place): void {
    if (!isUtf8(this.#bytes.subarray(this.at, end))) refuse(place, 'is not UTF-8', 'text in UTF-8');
    this.at = end;
  }
}
