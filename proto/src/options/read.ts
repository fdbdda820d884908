// A YAML file -> the checked values of a table, or every error at once, each with its place.
import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { LineCounter, Scalar, isAlias, parseDocument, visit, type Node } from 'yaml';
import type { Cursor, Table, Values } from './entry.ts';
import { readTable } from './nested.ts';

/** Larger than any configuration: what is larger is another file. */
const maxFileBytes = 1024 * 1024;

/** Characters of a key that an error shows. */
const maxKeyChars = 100;

/** The file cannot be used. `errors`: one line each, `file:line:column key: what is wrong; want what would be right`. */
export class BadOptions extends Error {
  override readonly name = 'BadOptions';
  readonly errors: readonly string[];

  constructor(errors: readonly string[]) {
    super(errors.join('\n'));
    this.errors = errors;
  }
}

/** Notes an error of several options together, at the place of one of them: `refuse('store.root', 'is ...', '...')`. */
export type Refuse = (path: string, wrong: string, right: string) => void;

/**
 * Reads a file. Throws `BadOptions` with every error, also when the file cannot be read.
 * @param rule looks at options together, once each is right by itself.
 */
export function loadOptions<const T extends Table>(
  table: T,
  file: string,
  rule?: (values: Values<T>, refuse: Refuse) => void,
): Values<T> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new BadOptions([`${file}:1:1 file: cannot be read (${why}); want a YAML file`]);
  }
  return readOptions(table, text, file, rule);
}

/** The same from a text; `file` is for messages, and where relative paths start. */
export function readOptions<const T extends Table>(
  table: T,
  text: string,
  file: string,
  rule?: (values: Values<T>, refuse: Refuse) => void,
): Values<T> {
  const report = new Report(file);
  if (text.length > maxFileBytes)
    report.add(0, 'file', `has ${text.length} characters`, `at most ${maxFileBytes}`);
  report.throwIfAny();
  const document = parseDocument(text, {
    lineCounter: report.lines,
    prettyErrors: false,
    uniqueKeys: false,
    merge: false,
  });
  for (const error of [...document.errors, ...document.warnings])
    report.add(error.pos[0], 'file', error.message, 'YAML 1.2');
  visit(document, {
    Alias: (_, node) => {
      report.add(offsetOf(node), 'file', 'has an alias (*)', 'every value written out');
    },
  });
  report.throwIfAny();
  const root = document.contents ?? emptyNode();
  const values = isAlias(root) ? undefined : readTable(root, table, report.cursor('', dirname(file)));
  report.throwIfAny();
  if (values === undefined) throw new Error(`${file}: no values and no error`);
  rule?.(values, (path, wrong, right) => report.addAt(path, wrong, right));
  report.throwIfAny();
  return values;
}

function emptyNode(): Node {
  const node = new Scalar(null);
  node.range = [0, 0, 0];
  return node;
}

/** A key as it stands in an error: in one line, whatever somebody wrote. */
function keyText(name: string): string {
  const isPlain = name.length <= maxKeyChars && /^\P{Cc}+$/u.test(name) && name.trim() === name;
  return isPlain ? name : JSON.stringify(name.slice(0, maxKeyChars));
}

function offsetOf(node: Node): number {
  return node.range?.[0] ?? 0;
}

/** Collects errors, and remembers where each key stands. */
class Report {
  readonly lines = new LineCounter();
  readonly #file: string;
  readonly #errors: { readonly offset: number; readonly line: string }[] = [];
  readonly #places = new Map<string, number>();

  constructor(file: string) {
    this.#file = file;
  }

  add(offset: number, path: string, wrong: string, right: string): void {
    const { line, col } = this.lines.linePos(offset);
    const want = right.startsWith('did you mean') ? right : `want ${right}`;
    this.#errors.push({
      offset,
      line: `${this.#file}:${line || 1}:${col || 1} ${path}: ${wrong}; ${want}`,
    });
  }

  addAt(path: string, wrong: string, right: string): void {
    this.add(this.#places.get(path) ?? 0, path, wrong, right);
  }

  cursor(path: string, directory: string): Cursor {
    return {
      path,
      directory,
      refuse: (node, wrong, right) => {
        this.add(offsetOf(node), path === '' ? 'file' : path, wrong, right);
        return undefined;
      },
      below: (name) => {
        const key = keyText(name);
        const own = path === '' || key.startsWith('[') ? `${path}${key}` : `${path}.${key}`;
        return this.cursor(own, directory);
      },
      at: (node) => {
        this.#places.set(path, offsetOf(node));
      },
    };
  }

  throwIfAny(): void {
    if (this.#errors.length === 0) return;
    throw new BadOptions(this.#errors.sort((a, b) => a.offset - b.offset).map((error) => error.line));
  }
}
