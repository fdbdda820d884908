// Who imports whom, among the sources and tests of this repository: which tests could notice a change of a source, and which
// modules have to be made anew for it.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { globSync } from 'node:fs';

export const root = join(import.meta.dirname, '../..');

/** Sources that are mutated, by the name under which their score stands. The gates are the heart; the rest is what they stand on. */
export const scopes: Readonly<Record<string, { readonly files: readonly string[]; readonly least: number }>> =
  {
    gates: { files: ['coordinator/src/decide/gates/**/*.ts'], least: 0.95 },
    decide: { files: ['coordinator/src/decide/*.ts'], least: 0.9 },
    check: { files: ['coordinator/src/check/*.ts'], least: 0.9 },
    domain: { files: ['coordinator/src/domain/*.ts'], least: 0.9 },
    judge: { files: ['agent/src/judge/*.ts'], least: 0.9 },
  };

/** Tests of pure code, which may run a thousand times in one process. */
const testGlobs = ['test/coordinator/{decide,check,domain}/**/*.test.ts', 'test/agent/judge/**/*.test.ts'];

export function filesOf(globs: readonly string[]): readonly string[] {
  return globs.flatMap((glob) => globSync(glob, { cwd: root })).toSorted();
}

/** Paths, from the root, of what a file imports when it runs; and, if asked for, what it only takes types from. */
export function importsOf(file: string, types = false): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8');
  const from = types
    ? /^(?:import|export) [^;]*?from '([^']+)'/gms
    : /^(?:import|export) (?!type )[^;]*?from '([^']+)'/gms;
  const specifiers = [...text.matchAll(from), ...text.matchAll(/^import '([^']+)'/gm)];
  return specifiers.flatMap(([, specifier = '']) => {
    if (specifier.startsWith('.')) return [join(dirname(file), specifier)];
    const own = /^@servo-auditor\/(\w+)\/(.+)$/.exec(specifier);
    return own === null ? [] : [`${own[1]}/src/${own[2]}`];
  });
}

/** Every file that a test of pure code reaches, and what it imports. */
export class Graph {
  readonly tests = filesOf(testGlobs);
  readonly #imports = new Map<string, readonly string[]>();
  readonly #reached = new Map<string, ReadonlySet<string>>();

  /** The file and everything that it stands on. */
  reach(file: string): ReadonlySet<string> {
    const before = this.#reached.get(file);
    if (before !== undefined) return before;
    const found = new Set<string>();
    const walk = (at: string): void => {
      if (found.has(at)) return;
      found.add(at);
      let imports = this.#imports.get(at);
      if (imports === undefined) this.#imports.set(at, (imports = importsOf(at)));
      imports.forEach(walk);
    };
    walk(file);
    this.#reached.set(file, found);
    return found;
  }

  /** Tests that reach a source: its own first, then those that reach the least besides. */
  testsOf(source: string): readonly string[] {
    const own = `test/${source.replace('/src/', '/').replace(/\.ts$/, '.test.ts')}`;
    return this.tests
      .filter((test) => this.reach(test).has(source))
      .toSorted((a, b) => Number(b === own) - Number(a === own) || this.reach(a).size - this.reach(b).size);
  }

  /** Modules that a change of this source changes: it, and all that stand on it, among what these tests reach. */
  changedBy(source: string, tests: readonly string[]): ReadonlySet<string> {
    const all = new Set(tests.flatMap((test) => [...this.reach(test)]));
    return new Set([...all].filter((file) => this.reach(file).has(source)));
  }
}
