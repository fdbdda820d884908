// As much of tap as the tests of pure code use, to run them some thousand times in one process: assertions compare as tap's own do
// (tcompare), subtests run one after the other, and the first thing that fails ends all. The unchanged tests must pass by it
// before any mutant is tried, and their assertions are counted, so that it cannot pass what it does not look at.
import { match, same, strict, hasStrict } from 'tcompare';

/** The tests found out. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

type Body = (t: Tap) => unknown;

export class Tap {
  readonly #run: Run;
  #last: Promise<void> = Promise.resolve();

  constructor(run: Run) {
    this.#run = run;
  }

  // As tap: (name, body), or (name, options, body).
  test(name: string, ...rest: readonly unknown[]): Promise<void> {
    const body = rest.at(-1) as Body;
    this.#last = this.#last.then(async () => {
      if (this.#run.failed !== undefined) return;
      const inner = new Tap(this.#run);
      try {
        await body(inner);
        await inner.done();
      } catch (error) {
        this.#run.fail(`${name}: ${String(error)}`);
      }
    });
    return this.#last;
  }

  /** All subtests, and those that they began. */
  async done(): Promise<void> {
    for (let last: Promise<void> | undefined; last !== this.#last;) {
      last = this.#last;
      await last;
    }
  }

  end(): void {}
  setTimeout(): void {}
  comment(): void {}
  teardown(): void {}

  #must(holds: boolean, what: string): boolean {
    this.#run.assertions++;
    if (!holds) {
      this.#run.fail(what);
      throw new Killed(what);
    }
    return holds;
  }

  ok = (value: unknown, says?: string) => this.#must(Boolean(value), `ok ${says ?? ''}`);
  notOk = (value: unknown, says?: string) => this.#must(!value, `notOk ${says ?? ''}`);
  pass = (says?: string) => this.#must(true, says ?? '');
  fail = (says?: string) => this.#must(false, `fail ${says ?? ''}`);
  equal = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(Object.is(found, wanted) || found === wanted, `equal ${says ?? ''}`);
  not = (found: unknown, wanted: unknown, says?: string) => this.#must(found !== wanted, `not ${says ?? ''}`);
  same = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(same(found, wanted).match, `same ${says ?? ''}`);
  notSame = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(!same(found, wanted).match, `notSame ${says ?? ''}`);
  strictSame = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(strict(found, wanted).match, `strictSame ${says ?? ''}`);
  match = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(match(found, wanted).match, `match ${says ?? ''}`);
  notMatch = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(!match(found, wanted).match, `notMatch ${says ?? ''}`);
  hasStrict = (found: unknown, wanted: unknown, says?: string) =>
    this.#must(hasStrict(found, wanted).match, `hasStrict ${says ?? ''}`);

  throws = (work: () => unknown, wanted?: unknown) => {
    try {
      work();
    } catch (error) {
      return this.#must(
        wanted === undefined || typeof wanted === 'string' || match(error, wanted).match,
        'throws something else',
      );
    }
    return this.#must(false, 'throws nothing');
  };

  doesNotThrow = (work: () => unknown, says?: string) => {
    work();
    return this.#must(true, says ?? '');
  };

  rejects = async (work: Promise<unknown> | (() => Promise<unknown>), wanted?: unknown) => {
    try {
      await (typeof work === 'function' ? work() : work);
    } catch (error) {
      return this.#must(
        wanted === undefined || typeof wanted === 'string' || match(error, wanted).match,
        'rejects with something else',
      );
    }
    return this.#must(false, 'does not reject');
  };
}

/** One run of some test files. */
export class Run {
  assertions = 0;
  failed: string | undefined;

  fail(what: string): void {
    this.failed ??= what;
  }
}
