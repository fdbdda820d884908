// Options with one value: text, path, number, duration, flag, one of some words, id. Nothing is coerced: "5" is no number.
import { isAbsolute, resolve } from 'node:path';
import { isScalar } from 'yaml';
import { isId, spellingOf, type IdKind, type IdKinds } from '../ids.ts';
import { parseDuration, writeDuration } from './duration.ts';
import { absenceOf, type Cursor, type Entry, type Given, type Spec } from './entry.ts';

/** A value that YAML gave, checked. Undefined: it is not what `says` says. */
type Check<T> = (value: unknown, cursor: Cursor) => T | undefined;

function scalar<T, S extends Spec<T>>(
  spec: S,
  says: string,
  check: Check<T>,
  write: (value: T) => string = (value) => yaml(value),
): Entry<Given<T, S>> {
  const absence = absenceOf<T>(spec, write);
  const entry: Entry<T> = {
    help: spec.help,
    says,
    absence,
    sample: [absence.kind === 'default' ? absence.written : (spec.example ?? '')],
    tables: [],
    read(node, cursor) {
      if (!isScalar(node)) return cursor.refuse(node, 'is a list or a mapping', says);
      const value: unknown = node.value;
      const checked = check(value, cursor);
      return checked ?? cursor.refuse(node, value === null ? 'is empty' : `is ${yaml(value)}`, says);
    },
  };
  // Where `optional` is set, its absence is `none` and the reader of the table gives undefined.
  return entry;
}

/** A value as YAML would show it, at most 60 characters of it. */
function yaml(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 60 ? `${text.slice(0, 60)}...` : text;
}

export interface TextSpec extends Spec<string> {
  /** What it must match as a whole, and how to say that. */
  readonly pattern?: { readonly like: RegExp; readonly says: string };
  /** At most so many characters; 1000 unless given. */
  readonly max?: number;
}

/** A text, never empty. */
export function text<const S extends TextSpec>(spec: S): Entry<Given<string, S>> {
  const max = spec.max ?? 1000;
  const says = spec.pattern?.says ?? `text of 1 to ${max} characters`;
  return scalar<string, S>(spec, says, (value) =>
    typeof value === 'string' &&
    value.length > 0 &&
    value.length <= max &&
    spec.pattern?.like.test(value) !== false
      ? value
      : undefined,
  );
}

/** A path. A relative one starts at the directory of the configuration file; the value is absolute. */
export function path<const S extends Spec<string>>(spec: S): Entry<Given<string, S>> {
  return scalar<string, S>(spec, 'a path, absolute or relative to this file', (value, cursor) =>
    typeof value === 'string' && value.length > 0 && !value.includes('\0')
      ? isAbsolute(value)
        ? value
        : resolve(cursor.directory, value)
      : undefined,
  );
}

export interface NumberSpec extends Spec<number> {
  readonly min: number;
  readonly max: number;
  /** What is counted, for people: `stops`, `bytes`. */
  readonly unit?: string;
}

/** A whole number within bounds. */
export function whole<const S extends NumberSpec>(spec: S): Entry<Given<number, S>> {
  return numeric(spec, 'a whole number', Number.isSafeInteger);
}

/** Any number within bounds. */
export function real<const S extends NumberSpec>(spec: S): Entry<Given<number, S>> {
  return numeric(spec, 'a number', Number.isFinite);
}

function numeric<S extends NumberSpec>(spec: S, what: string, fits: (value: number) => boolean) {
  const unit = spec.unit === undefined ? '' : ` ${spec.unit}`;
  const says = `${what} from ${spec.min} to ${spec.max}${unit}`;
  return scalar<number, S>(spec, says, (value) =>
    typeof value === 'number' && fits(value) && value >= spec.min && value <= spec.max ? value : undefined,
  );
}

export interface DurationSpec extends Spec<number> {
  /** Bounds, in milliseconds. */
  readonly min: number;
  readonly max: number;
}

/**
 * A duration within bounds; its value, default and bounds are whole milliseconds. It is written with its unit; under a
 * key that ends in `Ms` a bare whole number is right too.
 */
export function duration<const S extends DurationSpec>(spec: S): Entry<Given<number, S>> {
  const like = writeDuration(spec.default ?? spec.min);
  const says = `a duration from ${writeDuration(spec.min)} to ${writeDuration(spec.max)}, written like "${like}"`;
  return scalar<number, S>(
    spec,
    says,
    (value, cursor) => {
      const bare = typeof value === 'number' && Number.isSafeInteger(value) && cursor.path.endsWith('Ms');
      const ms = bare ? value : typeof value === 'string' ? parseDuration(value) : undefined;
      return ms !== undefined && ms >= spec.min && ms <= spec.max ? ms : undefined;
    },
    writeDuration,
  );
}

export function flag<const S extends Spec<boolean>>(spec: S): Entry<Given<boolean, S>> {
  return scalar<boolean, S>(spec, 'true or false', (value) =>
    typeof value === 'boolean' ? value : undefined,
  );
}

/** One of these words. */
export function choice<const W extends string, const S extends Spec<NoInfer<W>>>(
  words: readonly W[],
  spec: S,
): Entry<Given<W, S>> {
  return scalar<W, S>(spec, `one of ${words.join(', ')}`, (value) => words.find((word) => word === value));
}

/** An id of this kind (ids.ts). */
export function id<K extends IdKind, const S extends Spec<IdKinds[K]>>(
  kind: K,
  spec: S,
): Entry<Given<IdKinds[K], S>> {
  return scalar<IdKinds[K], S>(spec, `${kind} id: ${spellingOf(kind)}`, (value) =>
    isId(kind, value) ? value : undefined,
  );
}
