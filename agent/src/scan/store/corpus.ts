// Small records, good and bad, for the reader version: what a store's reader makes of them, under its field mapping.
// An item that is added or changed changes the reader version of every host, and with it their certification.
import type { Conformance } from '../conformance.ts';
import type { FieldMapping, Read } from './fields.ts';

/** A record that has all of its parts. */
const good: Readonly<Record<keyof FieldMapping, unknown>> = {
  uid: 'u-1.A_b:c@d',
  project: 'p-1',
  argv: ['node', 'server.js', ''],
  cwd: '/srv/app',
  env: { A: '1', B: 'x=y' },
};

const parts = ['uid', 'project', 'argv', 'cwd', 'env'] as const;

/** Values that take the place of one part of the good record. */
const odd: readonly unknown[] = [
  undefined,
  null,
  1,
  '',
  ' u-1',
  'U-1',
  '-x',
  'ü',
  [],
  [1],
  {},
  { A: 1 },
  true,
];

/** The variants, by name, as parts of a record. Parts that are `undefined` are not there. */
export function variants(): readonly {
  readonly item: string;
  readonly values: Readonly<Record<string, unknown>>;
}[] {
  const changed = parts.flatMap((part) =>
    odd.map((value, i) => ({ item: `${part} ${i}`, values: { ...good, [part]: value } })),
  );
  return [{ item: 'good', values: good }, ...changed];
}

/** What a reader of JSON makes of the variants under its mapping, and of texts that are not what they should be. */
export function conformJson(
  fields: FieldMapping,
  parse: (bytes: Uint8Array) => Read | { readonly notJson: string },
): readonly Conformance[] {
  const named = JSON.stringify(good);
  const mapped = JSON.stringify(place(fields, good));
  const texts: readonly (readonly [string, string | Uint8Array])[] = [
    ...variants().map(({ item, values }) => [item, JSON.stringify(place(fields, values))] as const),
    ['names of the parts themselves', named],
    ['byte order mark', `\ufeff${mapped}`],
    ['key twice', mapped.replace('{', `{${mapped.slice(1, -1)},`)],
    ['something after it', `${mapped} x`],
    ['list', `[${mapped}]`],
    ['null', 'null'],
    ['empty', ''],
    ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
  ];
  return texts.map(([item, text]) => {
    const made = parse(typeof text === 'string' ? new TextEncoder().encode(text) : text);
    return { item, made: 'notJson' in made ? 'not-json' : madeOf(made) };
  });
}

/** A reading without its path. */
export function madeOf(read: Read): unknown {
  if (read.fault !== undefined) return read.fault.code;
  const { uid, project, argv, cwd, env } = read.record;
  return { uid, project, argv, cwd, env };
}

/** The parts at the places that the mapping gives them; of two parts at one place, or one inside another, the last stands. */
function place(fields: FieldMapping, values: Readonly<Record<string, unknown>>): unknown {
  const root: Record<string, unknown> = {};
  for (const part of parts) {
    const path = fields[part]?.split('.') ?? [];
    const last = path.pop();
    if (last === undefined || values[part] === undefined) continue;
    let at = root;
    for (const key of path) {
      const next = Object.hasOwn(at, key) ? at[key] : undefined;
      const inner: Record<string, unknown> = isObject(next) ? next : {};
      at[key] = inner;
      at = inner;
    }
    at[last] = values[part];
  }
  return root;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
