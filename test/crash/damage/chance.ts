// Places that are chosen by a seed: the same seed, the same places.

export class Chance {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to below `below`. */
  below(below: number): number {
    // mulberry32
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let x = this.#state;
    x = Math.imul(x ^ (x >>> 15), x | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return Math.floor((((x ^ (x >>> 14)) >>> 0) / 2 ** 32) * below);
  }
}

/** One bit is another one. */
export function flipped(bytes: Buffer, chance: Chance): Buffer {
  const copy = Buffer.from(bytes);
  const at = chance.below(bytes.length);
  copy[at] = (bytes[at] ?? 0) ^ (1 << chance.below(8));
  return copy;
}

/** Up to so many bytes in a row are others. */
export function scratched(bytes: Buffer, chance: Chance, most: number): Buffer {
  const copy = Buffer.from(bytes);
  const at = chance.below(bytes.length);
  const end = Math.min(bytes.length, at + 1 + chance.below(most));
  for (let i = at; i < end; i++) copy[i] = chance.below(256);
  return copy;
}

/** Cut off at a multiple of `unit`. */
export function truncated(bytes: Buffer, chance: Chance, unit = 1): Buffer {
  return bytes.subarray(0, chance.below(Math.floor(bytes.length / unit)) * unit);
}

/** A page of zeros, or one in the place of another. */
export function misplaced(bytes: Buffer, chance: Chance, unit: number): Buffer {
  const copy = Buffer.from(bytes);
  const pages = Math.floor(bytes.length / unit);
  const to = chance.below(pages) * unit;
  if (chance.below(2) === 0) copy.fill(0, to, to + unit);
  else bytes.copy(copy, to, chance.below(pages) * unit, chance.below(pages) * unit + unit);
  return copy;
}
