// From the values that a field mapping finds to a record. One rule for all stores: a mapped field that is missing, or of
// another type, is a fault; a field that the mapping does not name is not looked for.
import { isId, spellingOf } from '@servo-auditor/proto/ids.ts';
import type { StoreRecord } from './port.ts';

/** What each part of a record is called in the store. Only the uid must be mapped. */
export interface FieldMapping {
  readonly uid: string;
  readonly project?: string | undefined;
  readonly argv?: string | undefined;
  readonly cwd?: string | undefined;
  readonly env?: string | undefined;
}

/** Why there is no record. `message` holds no value that may be secret. */
export interface Fault {
  readonly code: 'missing-field' | 'wrong-type' | 'bad-value';
  readonly message: string;
}

export type Read =
  | { readonly record: StoreRecord; readonly fault?: never }
  | { readonly record?: never; readonly fault: Fault };

/** @param get the value that stands under a mapped name; null and undefined are both "not there". */
export function readRecord(mapping: FieldMapping, path: string, get: (name: string) => unknown): Read {
  const faults: Fault[] = [];
  const read = <T>(name: string | undefined, check: (value: unknown) => T | Wrong): T | undefined => {
    if (name === undefined) return undefined;
    const value = get(name) ?? undefined;
    const checked = value === undefined ? missing : check(value);
    if (!(checked instanceof Wrong)) return checked;
    faults.push({ code: checked.code, message: `field "${name}" ${checked.says}` });
    return undefined;
  };
  const uid = read(mapping.uid, (v) => idOf('servo uid', v));
  const project = read(mapping.project, (v) => idOf('project', v));
  const argv = read(mapping.argv, argvOf);
  const cwd = read(mapping.cwd, cwdOf);
  const env = read(mapping.env, envOf);
  const [first] = faults;
  if (first !== undefined)
    return { fault: { code: first.code, message: faults.map((f) => f.message).join('; ') } };
  if (uid === undefined) throw new Error('a mapping without a uid');
  return { record: { uid, project, argv, cwd, env, path, of: undefined } };
}

class Wrong {
  readonly code: Fault['code'];
  readonly says: string;
  constructor(code: Fault['code'], says: string) {
    this.code = code;
    this.says = says;
  }
}

const missing = new Wrong('missing-field', 'is missing: correct the record or the field mapping');

function wrongType(want: string, value: unknown): Wrong {
  const is = Array.isArray(value) ? 'a list' : typeof value === 'object' ? 'an object' : `a ${typeof value}`;
  return new Wrong('wrong-type', `is ${is}: want ${want}`);
}

function idOf<K extends 'servo uid' | 'project'>(kind: K, value: unknown) {
  if (typeof value !== 'string') return wrongType('a text', value);
  return isId(kind, value) ? value : new Wrong('bad-value', `is no ${kind}: want ${spellingOf(kind)}`);
}

function argvOf(value: unknown): readonly string[] | Wrong {
  if (!Array.isArray(value)) return wrongType('a list of texts', value);
  const items: readonly unknown[] = value;
  const texts = items.filter((v) => isArgument(v));
  if (texts.length !== items.length)
    return new Wrong('wrong-type', 'holds something else than texts without zero bytes');
  return texts.length > 0 && texts[0] !== '' ? texts : new Wrong('bad-value', 'names no program');
}

function cwdOf(value: unknown): string | Wrong {
  if (typeof value !== 'string') return wrongType('an absolute path', value);
  return value.startsWith('/') && isArgument(value) ? value : new Wrong('bad-value', 'is no absolute path');
}

function envOf(value: unknown): Readonly<Record<string, string>> | Wrong {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return wrongType('an object of texts', value);
  const entries: [string, unknown][] = Object.entries(value);
  const texts = entries.flatMap(([k, v]) =>
    k !== '' && !k.includes('=') && isArgument(k) && isArgument(v) ? [[k, v] as const] : [],
  );
  if (texts.length !== entries.length)
    return new Wrong('wrong-type', 'holds something else than variables with texts');
  return Object.fromEntries(texts);
}

function isArgument(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0');
}
