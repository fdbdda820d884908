// One process of the mutation tests: puts mutants in the place of sources, one at a time, and runs the tests that could notice.
//
// Every try imports the source, all that stands on it, and the tests anew, under addresses of their own; what does not depend on
// the source is shared. So a mutant also counts in what a module does when it is loaded. Tests meet `Tap` in tap's place.
import { openSync, readFileSync, writeSync } from 'node:fs';
import { registerHooks, stripTypeScriptTypes } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Graph, root } from './graph.ts';
import { mutantsOf, mutated } from './mutants.ts';
import { Run, Tap } from './tap.ts';

export interface Asked {
  readonly source: string;
  /** Numbers of its mutants; -1 is the source as it is. */
  readonly mutants: readonly number[];
}

export interface Tried {
  readonly mutant: number;
  /** `invalid`: it is no program. */
  readonly outcome: 'killed' | 'survived' | 'invalid';
  /** By what, or by nothing. */
  readonly by: string;
  readonly assertions: number;
}

const [progressFile = ''] = process.argv.slice(2);
const progress = openSync(progressFile, 'r+');
const graph = new Graph();

/** The try that is under way. */
interface Try {
  readonly key: string;
  readonly source: string;
  readonly text: string;
  readonly fresh: ReadonlySet<string>;
  readonly taps: Map<string, Tap>;
  readonly run: Run;
}
let now: Try | undefined;
let tries = 0;

const stripped = new Map<string, string>();

function strippedOf(file: string): string {
  let text = stripped.get(file);
  if (text === undefined)
    stripped.set(file, (text = stripTypeScriptTypes(readFileSync(join(root, file), 'utf8'))));
  return text;
}

function ownFile(url: string): string | undefined {
  if (!url.startsWith('file:')) return undefined;
  const file = relative(root, fileURLToPath(url.split('?')[0] ?? ''));
  return file.startsWith('..') || file.startsWith('node_modules') ? undefined : file;
}

registerHooks({
  resolve(specifier, context, next) {
    const parent = now === undefined ? undefined : ownFile(context.parentURL ?? '');
    if (now !== undefined && specifier === 'tap' && parent !== undefined)
      return {
        url: `mutation:tap?${now.key}&${encodeURIComponent(parent)}`,
        format: 'module',
        shortCircuit: true,
      };
    const found = next(specifier, context);
    const file = ownFile(found.url);
    if (now === undefined || file === undefined || !now.fresh.has(file)) return found;
    return { ...found, url: `${found.url.split('?')[0]}?${now.key}` };
  },
  load(url, context, next) {
    if (url.startsWith('mutation:tap')) {
      const source = 'export default globalThis[Symbol.for("servo-auditor.mutation.tap")](import.meta.url);';
      return { format: 'module', source, shortCircuit: true };
    }
    const file = ownFile(url);
    if (now === undefined || file === undefined || !file.endsWith('.ts')) return next(url, context);
    const source = file === now.source ? stripTypeScriptTypes(now.text) : strippedOf(file);
    return { format: 'module', source, shortCircuit: true };
  },
});

(globalThis as Record<symbol, unknown>)[Symbol.for('servo-auditor.mutation.tap')] = (url: string): Tap => {
  if (now === undefined) throw new Error('no try is under way');
  const test = decodeURIComponent(url.slice(url.indexOf('&') + 1));
  let tap = now.taps.get(test);
  if (tap === undefined) now.taps.set(test, (tap = new Tap(now.run)));
  return tap;
};

async function attempt(source: string, text: string, mutant: number): Promise<Tried> {
  const tests = graph.testsOf(source);
  const run = new Run();
  now = {
    key: `try=${++tries}`,
    source,
    text,
    run,
    taps: new Map(),
    fresh: new Set([...graph.changedBy(source, tests), ...tests]),
  };
  try {
    stripTypeScriptTypes(text);
  } catch {
    return { mutant, outcome: 'invalid', by: 'no program', assertions: 0 };
  }
  for (const test of tests) {
    try {
      await import(`${pathToFileURL(join(root, test)).href}?${now.key}`);
      await now.taps.get(test)?.done();
    } catch (error) {
      if (error instanceof SyntaxError && run.assertions === 0)
        return { mutant, outcome: 'invalid', by: String(error), assertions: 0 };
      run.fail(String(error));
    }
    if (run.failed !== undefined)
      return { mutant, outcome: 'killed', by: `${test}: ${run.failed}`, assertions: run.assertions };
  }
  return { mutant, outcome: 'survived', by: '', assertions: run.assertions };
}

process.on('message', ({ source, mutants }: Asked) => {
  const answer = async (): Promise<readonly Tried[]> => {
    const text = readFileSync(join(root, source), 'utf8');
    const all = mutantsOf(source, text);
    const tried: Tried[] = [];
    for (const mutant of mutants) {
      writeSync(progress, new Uint8Array(new Float64Array([mutant]).buffer), 0, 8, 0);
      const own = all[mutant];
      tried.push(await attempt(source, own === undefined ? text : mutated(text, own), mutant));
    }
    return tried;
  };
  answer().then(
    (tried) => process.send?.(tried),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
});
// What a mutant leaves behind unawaited is its own affair.
process.on('unhandledRejection', () => undefined);
process.on('disconnect', () => process.exit(0));
