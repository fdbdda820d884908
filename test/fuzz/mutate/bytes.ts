// Bytes that are almost right: bits turned, pieces cut out, doubled, moved, taken from another input.
import type { Random } from '../random.ts';

const borders = [
  0, 1, 0x0a, 0x20, 0x22, 0x2c, 0x3a, 0x5b, 0x5c, 0x7b, 0x7f, 0x80, 0xbf, 0xc0, 0xed, 0xef, 0xf4, 0xfe, 0xff,
] as const;

/** @param others inputs of the same kind, to take pieces from. */
export function mutateBytes(random: Random, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  let now = bytes;
  for (let n = 1 + random.small(4); n > 0; n--) now = once(random, now, others);
  return now;
}

function once(random: Random, bytes: Uint8Array, others: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length + 1);
  const to = Math.min(bytes.length, at + 1 + random.small(16));
  switch (random.below(8)) {
    case 0:
      return changed(bytes, at, (byte) => byte ^ (1 << random.below(8)));
    case 1:
      return changed(bytes, at, () => random.pick(borders));
    case 2:
      return changed(bytes, at, (byte) => byte + (random.once(2) ? 1 : 255));
    case 3:
      return joined(bytes.subarray(0, at), bytes.subarray(to));
    case 4:
      return joined(bytes.subarray(0, at), bytes.subarray(at, to), bytes.subarray(at));
    case 5: {
      const filler = Uint8Array.from({ length: 1 + random.small(random.once(100) ? 4096 : 12) }, () =>
        random.once(3) ? random.pick(borders) : random.below(256),
      );
      return joined(bytes.subarray(0, at), filler, bytes.subarray(at));
    }
    case 6:
      return random.once(2) ? bytes.subarray(0, at) : bytes.subarray(at);
    default: {
      const other = others.length === 0 ? bytes : random.pick(others);
      const from = random.below(other.length + 1);
      return joined(
        bytes.subarray(0, at),
        other.subarray(from, from + 1 + random.small(64)),
        bytes.subarray(to),
      );
    }
  }
}

function changed(bytes: Uint8Array, at: number, by: (byte: number) => number): Uint8Array {
  if (bytes.length === 0) return bytes;
  const copy = Uint8Array.from(bytes);
  const place = Math.min(at, bytes.length - 1);
  copy[place] = by(copy[place] ?? 0);
  return copy;
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
