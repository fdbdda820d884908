// What became of damaged files: every one is counted under what the program made of it, and what is none of that is wrong.

/** Per kind of damage, how often each outcome came. */
export type Counts = Readonly<Record<string, Readonly<Record<string, number>>>>;

export class Tally {
  readonly #counts = new Map<string, Map<string, number>>();
  readonly wrong: string[] = [];

  add(kind: string, outcome: string): void {
    const of = this.#counts.get(kind) ?? new Map<string, number>();
    this.#counts.set(kind, of);
    of.set(outcome, (of.get(outcome) ?? 0) + 1);
  }

  /** Neither repaired nor refused. */
  fail(kind: string, what: string): void {
    this.add(kind, 'WRONG');
    this.wrong.push(`${kind}: ${what}`);
  }

  get counts(): Counts {
    return Object.fromEntries([...this.#counts].map(([kind, of]) => [kind, Object.fromEntries(of)]));
  }
}
