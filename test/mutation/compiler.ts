// What the compiler says of a mutant: most words of closed unions, and every missing case, are refused there, so no test has to.
// Looks at the source itself and at the files that import it.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { filesOf, importsOf, root } from './graph.ts';
import { mutated, type Mutant } from './mutants.ts';

export class Compiler {
  readonly #files = filesOf(['{agent,coordinator,proto}/src/**/*.ts']).map((file) => join(root, file));
  readonly #texts = new Map<string, { readonly version: number; readonly text: string }>();
  readonly #service: ts.LanguageService;
  #importers: ReadonlyMap<string, readonly string[]> | undefined;

  constructor() {
    const config = ts.getParsedCommandLineOfConfigFile(
      join(root, 'tsconfig.json'),
      {},
      {
        ...ts.sys,
        onUnRecoverableConfigFileDiagnostic: (diagnostic) => {
          throw new Error(ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n'));
        },
      },
    );
    if (config === undefined) throw new Error('no tsconfig.json');
    this.#service = ts.createLanguageService({
      getCompilationSettings: () => config.options,
      getScriptFileNames: () => this.#files,
      getScriptVersion: (file) => String(this.#texts.get(file)?.version ?? 0),
      getScriptSnapshot: (file) => {
        const text =
          this.#texts.get(file)?.text ?? (ts.sys.fileExists(file) ? ts.sys.readFile(file) : undefined);
        return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
      },
      getCurrentDirectory: () => root,
      getDefaultLibFileName: (options) => ts.getDefaultLibFilePath(options),
      fileExists: (file) => ts.sys.fileExists(file),
      readFile: (file) => ts.sys.readFile(file),
      readDirectory: (...args) => ts.sys.readDirectory(...args),
      directoryExists: (folder) => ts.sys.directoryExists(folder),
      getDirectories: (folder) => ts.sys.getDirectories(folder),
    });
  }

  /** The first thing that the compiler has against a mutant; undefined: nothing. What is merely unused is no error. */
  refusal(source: string, mutant: Mutant): string | undefined {
    const path = join(root, source);
    const text = readFileSync(path, 'utf8');
    this.#put(path, mutated(text, mutant));
    try {
      for (const file of [path, ...this.#importersOf(source)]) {
        const [first] = this.#service
          .getSemanticDiagnostics(file)
          .filter(({ code, category }) => category === ts.DiagnosticCategory.Error && !unused.has(code));
        if (first !== undefined) return ts.flattenDiagnosticMessageText(first.messageText, ' ');
      }
      return undefined;
    } finally {
      this.#put(path, text);
    }
  }

  #put(path: string, text: string): void {
    this.#texts.set(path, { version: (this.#texts.get(path)?.version ?? 0) + 1, text });
  }

  #importersOf(source: string): readonly string[] {
    if (this.#importers === undefined) {
      const importers = new Map<string, string[]>();
      for (const file of filesOf(['{agent,coordinator,proto}/src/**/*.ts']))
        for (const imported of importsOf(file, true)) {
          const list = importers.get(imported);
          if (list === undefined) importers.set(imported, [join(root, file)]);
          else list.push(join(root, file));
        }
      this.#importers = importers;
    }
    return this.#importers.get(source) ?? [];
  }
}

/** "is declared but its value is never read", and its kin: a mutant leaves such things behind, and nothing is wrong with them. */
const unused: ReadonlySet<number> = new Set([6133, 6192, 6196, 6198, 6138, 7027]);
