// Names as numbers: what is compared a million times in a round is compared as an integer, and its string exists once.
// A number belongs to its name until a sweep frees it; a freed number is given to another name later.
import { randomInt } from 'node:crypto';
import type { HostId, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';

/** Slots per name, at least: keeps searches short. */
const slotsPerName = 2;
const firstSlots = 1024;
/** A sweep is not worth its time below so many names. */
const minNamesToSweep = 65_536;

export type UidTable = NameTable<ServoUid>;
export type HostTable = NameTable<HostId>;
export type ProjectTable = NameTable<ProjectId>;

export class NameTable<T extends string> {
  readonly #names: (T | undefined)[] = [];
  readonly #free: number[] = [];
  /** By number: the name's hash, so that growing never touches a string. */
  #hashes = new Uint32Array(firstSlots / slotsPerName);
  /** Open addressing, linear: number + 1, or 0 for none. Its length is a power of two. */
  #slots = new Int32Array(firstSlots);
  #live = 0;
  #liveAfterSweep = 0;
  // Names come from outside: nobody shall be able to choose many that collide.
  readonly #seed = randomInt(2 ** 32);

  /** Numbers given so far are below this. Columns by number have this length at most. */
  get size(): number {
    return this.#names.length;
  }

  /** Whether so many names came since the last sweep that another is worth it. */
  get wantsSweep(): boolean {
    return this.#live > Math.max(minNamesToSweep, 2 * this.#liveAfterSweep);
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
    if (number >= this.#hashes.length) this.#hashes = grown(this.#hashes, number + 1);
    this.#hashes[number] = hash;
    if (this.#live * slotsPerName > this.#slots.length) this.#rebuild(this.#slots.length * 2);
    else this.#place(number);
    return number;
  }

  /** The one shared string that equals `name`. */
  share(name: T): T {
    return this.at(this.add(name));
  }

  /** Whether `number` is the number of `name`: cheaper than looking it up. */
  is(number: number, name: string): boolean {
    return this.#names[number] === name;
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

  /** Frees every number that `isLive` does not hold (by number, 0 is free). Whoever keeps numbers must have marked them. */
  sweep(isLive: Uint8Array): void {
    for (let number = 0; number < this.#names.length; number++) {
      if (this.#names[number] === undefined || isLive[number] === 1) continue;
      this.#names[number] = undefined;
      this.#free.push(number);
      this.#live--;
    }
    this.#liveAfterSweep = this.#live;
    this.#rebuild(this.#slots.length);
  }

  #search(name: string, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = (this.#slots[slot] as number) - 1;
      if (number < 0) return -1;
      if (this.#hashes[number] === hash && this.#names[number] === name) return number;
    }
  }

  #place(number: number): void {
    const mask = this.#slots.length - 1;
    let slot = (this.#hashes[number] as number) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = number + 1;
  }

  #rebuild(slots: number): void {
    this.#slots = new Int32Array(slots);
    for (let number = 0; number < this.#names.length; number++)
      if (this.#names[number] !== undefined) this.#place(number);
  }

  /** FNV-1a from a seed of its own. */
  #hash(name: string): number {
    let hash = this.#seed;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return (hash ^ (hash >>> 15)) >>> 0;
  }
}

type Column = Int32Array | Uint32Array | Float64Array | Uint8Array;

/** A copy of a column with room for at least `length` entries, and for half as many more: growing stays rare. */
export function grown<C extends Column>(column: C, length: number): C {
  const Kind = column.constructor as new (length: number) => C;
  const larger = new Kind(Math.max(length, Math.ceil(column.length * 1.5)));
  larger.set(column);
  return larger;
}
