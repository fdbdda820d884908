// On which hosts a uid is seen, by number. Almost every uid is on one host: that one costs four bytes.
import { grown } from './uids.ts';

export class Whereabouts {
  /** By uid number: host number + 1 of one host that has it, 0 for none. */
  #one = new Int32Array(0);
  /** The hosts beside that one. */
  readonly #others = new Map<number, Set<number>>();

  /** Whether any host has the uid. */
  isSeen(uid: number): boolean {
    return (this.#one[uid] ?? 0) !== 0;
  }

  /** Host numbers on which the uid is seen. */
  hostsOf(uid: number): readonly number[] {
    const one = this.#one[uid] ?? 0;
    if (one === 0) return [];
    const others = this.#others.get(uid);
    return others === undefined ? [one - 1] : [one - 1, ...others];
  }

  add(uid: number, host: number): void {
    if (uid >= this.#one.length) this.#one = grown(this.#one, uid + 1);
    const one = this.#one[uid] as number;
    if (one === 0) this.#one[uid] = host + 1;
    else if (one !== host + 1) {
      const others = this.#others.get(uid);
      if (others === undefined) this.#others.set(uid, new Set([host]));
      else others.add(host);
    }
  }

  remove(uid: number, host: number): void {
    const others = this.#others.get(uid);
    if (this.#one[uid] === host + 1) {
      const [next] = others ?? [];
      this.#one[uid] = next === undefined ? 0 : next + 1;
      if (next !== undefined) others?.delete(next);
    } else others?.delete(host);
    if (others?.size === 0) this.#others.delete(uid);
  }
}
