// A configuration file as a target: YAML that is almost right, as text, and much faster as the tree that the parser makes of it.
//
// A refusal is a `BadOptions` that names file, line and key. What is accepted holds what the file says and documented defaults:
// written out in full and read again, it is the same; and a key that is required was there.
import { isDeepStrictEqual } from 'node:util';
import { Document, parseDocument, isMap, isScalar, isSeq, type Node } from 'yaml';
import type { Table, Values } from '../../../proto/src/options/entry.ts';
import { readTable } from '../../../proto/src/options/nested.ts';
import { BadOptions, readOptions, type Refuse } from '../../../proto/src/options.ts';
import { mutateText } from '../mutate/text.ts';
import { isPlain, mutateValue, object } from '../mutate/value.ts';
import { must, type Opened } from '../target.ts';

type Given =
  { readonly kind: 'text'; readonly text: string } | { readonly kind: 'tree'; readonly value: unknown };

/** One in so many executions goes through the parser of YAML, which takes most of the time. */
const textOnceIn = 30;

export interface Program<T extends Table> {
  readonly table: T;
  readonly rule?: ((values: Values<T>, refuse: Refuse) => void) | undefined;
  /** Files that are right. */
  readonly samples: readonly string[];
}

export function configuration<T extends Table>({ table, rule, samples }: Program<T>): Opened {
  const trees = samples.map((text) => parseDocument(text).toJS() as unknown);
  for (const text of samples) readOptions(table, text, '/etc/x.yaml', rule);
  const names = [...new Set(trees.flatMap(keysIn))];
  return {
    make(random): Given {
      const at = random.below(samples.length);
      if (random.once(textOnceIn)) {
        const text = samples[at] ?? '';
        return {
          kind: 'text',
          text: random.once(4)
            ? new Document(mutateValue(random, trees[at], { names })).toString()
            : mutateLines(random, text),
        };
      }
      return { kind: 'tree', value: mutateValue(random, trees[at], { names }) };
    },
    run(input) {
      const given = input as Given;
      if (given.kind === 'text' && typeof given.text === 'string') check(table, given.text, rule);
      else if (given.kind === 'tree') checkTree(table, given.value);
    },
  };

  function mutateLines(random: Parameters<Opened['make']>[0], text: string): string {
    const lines = text.split('\n');
    const line = random.below(lines.length);
    switch (random.below(5)) {
      case 0:
        return lines.filter((_, i) => i !== line).join('\n');
      case 1:
        return lines.map((own, i) => (i === line ? `${own}\n${own}` : own)).join('\n');
      case 2:
        return lines.map((own, i) => (i === line ? ` ${own}` : own)).join('\n');
      default:
        return lines.map((own, i) => (i === line ? mutateText(random, own) : own)).join('\n');
    }
  }
}

function check<T extends Table>(table: T, text: string, rule: Program<T>['rule']): void {
  let values: Values<T>;
  try {
    values = readOptions(table, text, '/etc/x.yaml', rule);
  } catch (error) {
    if (!(error instanceof BadOptions)) throw error;
    must(error.errors.length > 0, 'a refusal without a reason', text);
    for (const line of error.errors)
      must(
        /^\/etc\/x\.yaml:\d+:\d+ [^\n]+; \S/.test(line),
        'an error that does not say where, what, and what would be right',
        line,
      );
    return;
  }
  const given = parseDocument(text, { uniqueKeys: false }).toJS() as unknown;
  const said = isPlain(given) ? given : {};
  must(
    isDeepStrictEqual(valuesOf(table, new Document(said).contents ?? undefined), values),
    'text and tree are read otherwise',
    values,
  );
  checkAccepted(table, said, values);
}

function checkTree(table: Table, value: unknown): void {
  if (!isPlain(value)) return;
  const values = valuesOf(table, contentsOf(value));
  if (values !== undefined) checkAccepted(table, value, values);
}

/** Undefined: no tree that YAML could have. */
function contentsOf(value: unknown): Node | undefined {
  const node = new Document(value, { aliasDuplicateObjects: false }).contents;
  return node ?? undefined;
}

/** What a table makes of a tree; undefined where it finds anything wrong. */
function valuesOf(table: Table, node: Node | undefined): Readonly<Record<string, unknown>> | undefined {
  if (node === undefined) return undefined;
  let errors = 0;
  const cursor = (path: string): Parameters<typeof readTable>[2] => ({
    path,
    directory: '/etc',
    refuse(at, wrong, right) {
      must(
        wrong !== '' && right !== '' && (isMap(at) || isSeq(at) || isScalar(at)),
        'an error that does not say where, what, and what would be right',
        path,
        wrong,
        right,
      );
      errors++;
      return undefined;
    },
    below: (name) => cursor(path === '' || name.startsWith('[') ? `${path}${name}` : `${path}.${name}`),
    at: () => undefined,
  });
  const values = readTable(node, table, cursor(''));
  must(errors > 0 || values !== undefined, 'no values and no error');
  return errors === 0 ? values : undefined;
}

/** Nothing was filled in but what the table says, and nothing that stands in the file was left out. */
function checkAccepted(
  table: Table,
  said: Readonly<Record<string, unknown>>,
  values: Readonly<Record<string, unknown>>,
): void {
  for (const name of Object.keys(said)) must(Object.hasOwn(table, name), 'an unknown key is accepted', name);
  for (const [name, entry] of Object.entries(table)) {
    const value = values[name];
    const was = Object.hasOwn(said, name) ? said[name] : undefined;
    if (was !== undefined && was !== null) {
      must(value !== undefined, 'what the file says is not in the values', name, was);
      continue;
    }
    switch (entry.absence.kind) {
      case 'default':
        must(
          was === undefined && isDeepStrictEqual(value, entry.absence.value),
          'a default that is not the documented one',
          name,
          value,
        );
        break;
      case 'none':
        must(value === undefined, 'something was filled in', name, value);
        break;
      case 'required': {
        const [inner] = entry.tables;
        must(
          entry.tables.length === 1 && inner?.prefix === '.',
          'a required key is missing, and accepted',
          name,
        );
        checkAccepted(inner.table, {}, value as Readonly<Record<string, unknown>>);
      }
    }
  }
  must(!hasHoles(values), 'a value that could not be read is in the values', values);
}

/** Undefined stands for what may be absent, never within a list. */
function hasHoles(value: unknown): boolean {
  if (Array.isArray(value)) return value.some((item) => item === undefined || hasHoles(item));
  return isPlain(value) && Object.values(value).some(hasHoles);
}

function keysIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(keysIn);
  return isPlain(value)
    ? Object.entries(object(Object.entries(value))).flatMap(([name, item]) => [name, ...keysIn(item)])
    : [];
}
