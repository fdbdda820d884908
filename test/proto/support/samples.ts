// Raw values that codecs take, found by looking at the codecs: every field of every message is there, and right.
import type { Codec } from '../../../proto/src/field.ts';
import { Malformed } from '../../../proto/src/malformed.ts';

const leaves: readonly unknown[] = [
  'a'.repeat(64),
  'b'.repeat(32),
  'sqlite/process',
  'x1',
  true,
  100,
  5000,
  '1',
  '60000',
  new Uint8Array(64),
  'SERVO_STATE_RUNNING',
  'ACTIVITY_QUIET',
  'CONTRADICTION_NONE',
  'ACTION_STOP',
  'OUTCOME_EXECUTED',
  'VERDICT_ORPHAN',
  'MODE_PROPOSE',
  'GATE_KIND_ACTION',
  'GATE_OUTCOME_CAP',
  'CASE_STATE_ORDERED',
  'ORDER_STATE_OPEN',
  'SAYS_RELEASED',
  'RELEASE_KIND_TOMBSTONE',
  { ageMs: '5' },
];

type Raw = Record<string, unknown>;

/** A raw value for this codec. One-ofs take their first kind; fields that exclude each other are all there. */
export function rawOf(codec: Codec<never>): unknown {
  const { shape } = codec;
  if (shape !== undefined) {
    const entries = Object.entries(shape) as [string, Codec<never>][];
    const first = entries[0];
    if (isOneOf(codec) && first !== undefined) return { [first[0]]: rawOf(first[1]) };
    return Object.fromEntries(entries.map(([name, field]) => [name, rawOf(field)]));
  }
  if (codec.of !== undefined) return isOptional(codec) ? rawOf(codec.of) : [rawOf(codec.of)];
  const leaf = leaves.find((value) => fits(codec, value));
  if (leaf === undefined) throw new Error('no sample fits: add one to support/samples.ts');
  return leaf;
}

export function isOptional(codec: Codec<never>): boolean {
  return 'optional' in codec;
}

export function isList(codec: Codec<never>): boolean {
  return codec.of !== undefined && !isOptional(codec);
}

/** Takes nothing at all as nothing wrong: lists without a least length, maps. */
export function mayBeAbsent(codec: Codec<never>): boolean {
  return fits(codec, undefined);
}

/** A one-of refuses two of its kinds; a message without required fields does not. */
export function isOneOf(codec: Codec<never>): boolean {
  if (codec.shape === undefined) return false;
  try {
    codec.decode({}, { parent: undefined, name: 'x' });
  } catch (error) {
    return error instanceof Malformed && error.message.includes('has none of its kinds');
  }
  return false;
}

export function fits(codec: Codec<never>, raw: unknown): boolean {
  try {
    codec.decode(raw, { parent: undefined, name: 'x' });
    return true;
  } catch (error) {
    if (error instanceof Malformed) return false;
    throw error;
  }
}

/** The raw message without one field. */
export function without(raw: unknown, name: string): Raw {
  return Object.fromEntries(Object.entries(raw as Raw).filter(([key]) => key !== name));
}
