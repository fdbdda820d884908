// Records of servos as stores keep them, and field mappings to read them with.
import type { FieldMapping } from '../../../agent/src/scan/store/fields.ts';
import { isPlain, object } from '../mutate/value.ts';

/** A record that is right. */
export function goodRecord(n: number): Readonly<Record<keyof FieldMapping, unknown>> {
  return {
    uid: `u-${n}.A_b:c@d`,
    project: `p-${n % 7}`,
    argv: ['/usr/bin/node', 'server.js', '--port', String(n)],
    cwd: `/srv/app-${n}`,
    env: { PATH: '/usr/bin', SERVO_UID: `u-${n}`, EMPTY: '' },
  };
}

/** Plain names, nested ones, few of them, names that objects have anyway, two parts under one name. */
export const mappings: readonly FieldMapping[] = [
  { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' },
  { uid: 'servo.id', project: 'meta.project', argv: 'run.argv', cwd: 'run.cwd', env: 'run.env' },
  { uid: 'id' },
  { uid: 'constructor', project: '__proto__' },
  { uid: 'a.b.c', project: 'a.b.d' },
  { uid: 'uid', project: 'uid' },
];

/** The record with its parts under the names of the mapping. */
export function placed(
  mapping: FieldMapping,
  record: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  let root: Record<string, unknown> = {};
  for (const [part, name] of Object.entries(mapping))
    if (typeof name === 'string') root = put(root, name.split('.'), record[part]);
  return root;
}

function put(
  into: Readonly<Record<string, unknown>>,
  [first = '', ...rest]: readonly string[],
  value: unknown,
): Record<string, unknown> {
  const inner = Object.hasOwn(into, first) ? into[first] : undefined;
  const own = rest.length === 0 ? value : put(isPlain(inner) ? inner : {}, rest, value);
  return object([...Object.entries(into).filter(([name]) => name !== first), [first, own]]);
}

/** What stands under a name with dots, own fields only. */
export function valueIn(value: unknown, name: string): unknown {
  let at: unknown = value;
  for (const key of name.split('.')) {
    if (!isPlain(at)) return undefined;
    const own = Object.getOwnPropertyDescriptor(at, key);
    if (own === undefined) return undefined;
    at = own.value as unknown;
  }
  return at ?? undefined;
}
