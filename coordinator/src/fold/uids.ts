// Names as numbers: what is compared a million times in a round is compared as an integer, and its string exists once.
// A number belongs to its name until a sweep frees it; a freed number is given to another name later.
import { randomInt } from 'node:crypto';
import type { HostId, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';

/** Slots per name, at least: keeps searches short. */
const slotsPerName = 2;
const firstSlots = 1024;
/** A sweep is due after so many new names, or an eighth of all: it stays short, and rare. */
const newNamesToSweep = 65_536;
/** Names that one sweep frees at most: some ten milliseconds. The rest is for the next. */
const maxFreedAtOnce = 50_000;
/** A slot that was freed: searches go on, names may take it. */
const freed = -1;

export type UidTable = NameTable<ServoUid>;
export type HostTable = NameTable<HostId>;
export type ProjectTable = NameTable<ProjectId>;

export class NameTable<T extends string> {
  readonly #names: (T | undefined)[] = [];
  readonly #free: number[] = [];
  /**
   * Open addressing, linear, two entries a slot: number + 1 (0 for none), and the name's hash, so that neither a search nor
   * growing touches the strings of other names. The number of slots is a power of two.
   */
  #slots = new Int32Array(2 * firstSlots);
  /** Slots that are not 0, freed ones included. */
  #used = 0;
  #live = 0;
  #newSinceSweep = 0;
  // Names come from outside: nobody shall be able to choose many that collide.
  readonly #seed = randomInt(2 ** 32);

  /** Numbers given so far are below this. Columns by number have this length at most. */
  get size(): number {
    return this.#names.length;
  }

  /** How many names have a number now. */
  get live(): number {
    return this.#live;
  }

  /** Whether so many names came since the last sweep that another is worth it. */
  get wantsSweep(): boolean {
    return this.#newSinceSweep > Math.max(newNamesToSweep, this.#live / 8);
  }

  /** Number of a name, -1 where it has none. */
  find(name: string): number {
    return this.#search(name, this.#hash(name));
  }

  /** Number of a name; it gets one where it has none. */
  add(name: T): number {
    const hash = this.#hash(name);
    const known = this.#search(name, hash);
    if (known >= 0) return known;
    const number = this.#free.pop() ?? this.#names.length;
    this.#names[number] = name;
    this.#live++;
    this.#newSinceSweep++;
    if ((this.#used + 1) * slotsPerName > this.#slots.length / 2) this.#rebuild();
    this.#used++;
    place(this.#slots, number + 1, hash);
    return number;
  }

  /** As `add`, of a name that probably has the number `guess`. */
  addNear(name: T, guess: number): number {
    return guess >= 0 && this.#names[guess] === name ? guess : this.add(name);
  }

  /** The one shared string that equals `name`. */
  share(name: T): T {
    return this.at(this.add(name));
  }

  /** The name of a number. Throws for a number that is nobody's. */
  at(number: number): T {
    const name = this.#names[number];
    if (name === undefined) throw new Error(`${number} is nobody's number`);
    return name;
  }

  /** All numbers given so far, freed ones included. */
  *numbers(): Iterable<number> {
    for (let number = 0; number < this.#names.length; number++) yield number;
  }

  /** Frees numbers that `isLive` does not hold (by number, 0 is free), so many at once. Whoever keeps numbers must have marked them. */
  sweep(isLive: Uint8Array): void {
    let left = maxFreedAtOnce;
    for (let number = 0; number < this.#names.length && left > 0; number++) {
      if (isLive[number] === 1) continue;
      const name = this.#names[number];
      if (name === undefined) continue;
      this.#slots[this.#slotOf(name, this.#hash(name))] = freed;
      this.#names[number] = undefined;
      this.#free.push(number);
      this.#live--;
      left--;
    }
    if (left > 0) this.#newSinceSweep = 0;
  }

  #search(name: string, hash: number): number {
    const slot = this.#slotOf(name, hash);
    return slot < 0 ? -1 : (this.#slots[slot] as number) - 1;
  }

  /** Where the name stands in `#slots`, -1 where it does not. */
  #slotOf(name: string, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let at = (hash << 1) & mask; ; at = (at + 2) & mask) {
      const entry = slots[at] as number;
      if (entry === 0) return -1;
      if (slots[at + 1] === hash && entry !== freed && this.#names[entry - 1] === name) return at;
    }
  }

  /** Room for one more name: without the freed slots, in twice the space where that is not enough. */
  #rebuild(): void {
    const before = this.#slots;
    const isTight = this.#live * slotsPerName * 2 > before.length / 2;
    this.#slots = new Int32Array(isTight ? before.length * 2 : before.length);
    this.#used = 0;
    for (let at = 0; at < before.length; at += 2) {
      const entry = before[at] as number;
      if (entry === 0 || entry === freed) continue;
      place(this.#slots, entry, before[at + 1] as number);
      this.#used++;
    }
  }

  /** FNV-1a from a seed of its own. */
  #hash(name: string): number {
    let hash = this.#seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return hash ^ (hash >>> 15);
  }
}

function place(slots: Int32Array, entry: number, hash: number): void {
  const mask = slots.length - 1;
  let at = (hash << 1) & mask;
  while (slots[at] !== 0) at = (at + 2) & mask;
  slots[at] = entry;
  slots[at + 1] = hash;
}

type Column = Int32Array | Uint32Array | Float64Array | Uint8Array;

/** A copy of a column with room for `length` entries and some more: growing stays rare. */
export function grown<C extends Column>(column: C, length: number): C {
  const Kind = column.constructor as new (length: number) => C;
  const larger = new Kind(Math.ceil(Math.max(length * 1.125, column.length * 1.5)));
  larger.set(column);
  return larger;
}
