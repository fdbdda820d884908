// Plain data that is almost right: a field that is missing, unknown, renamed, doubled, of another type or at a border.
import type { Random } from '../random.ts';
import { hurtfulText, mutateText } from './text.ts';

const numbers: readonly number[] = [
  0,
  -0,
  1,
  -1,
  2,
  10,
  63,
  64,
  100,
  255,
  256,
  499,
  500,
  501,
  999,
  1000,
  1001,
  20_000,
  20_001,
  60_000,
  65_535,
  65_536,
  0.5,
  0.1,
  1.5,
  -0.5,
  1e-7,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  -(2 ** 53),
  1e16,
  1e21,
  1e308,
  3.7,
];

/** A number at a border. */
export function hurtfulNumber(random: Random): number {
  return random.pick(numbers);
}

/** Any small value of JSON. */
export function anyValue(random: Random, depth = 2): unknown {
  switch (random.below(depth > 0 ? 8 : 6)) {
    case 0:
      return null;
    case 1:
      return random.once(2);
    case 2:
    case 3:
      return hurtfulNumber(random);
    case 4:
    case 5:
      return hurtfulText(random);
    case 6:
      return Array.from({ length: random.below(4) }, () => anyValue(random, depth - 1));
    default:
      return object(
        Array.from({ length: random.below(4) }, () => [hurtfulText(random), anyValue(random, depth - 1)]),
      );
  }
}

export interface ValueMutation {
  /** Names that fields may get: those that the product knows. */
  readonly names?: readonly string[];
  /** Values that are good somewhere. */
  readonly values?: readonly unknown[];
}

/** The value with one to three changes. It is never changed itself. */
export function mutateValue(random: Random, value: unknown, more: ValueMutation = {}): unknown {
  let now = value;
  for (let n = 1 + random.small(3); n > 0; n--) now = somewhere(random, now, more);
  return now;
}

/** Changes the value itself, or something in it. */
function somewhere(random: Random, value: unknown, more: ValueMutation): unknown {
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    if (items.length === 0 || random.once(6)) return list(random, items, more);
    const at = random.below(items.length);
    return items.map((item, i) => (i === at ? somewhere(random, item, more) : item));
  }
  if (isPlain(value)) {
    const entries = Object.entries(value);
    if (entries.length === 0 || random.once(5)) return fields(random, entries, more);
    const at = random.below(entries.length);
    return object(entries.map(([name, item], i) => [name, i === at ? somewhere(random, item, more) : item]));
  }
  return leaf(random, value, more);
}

function list(random: Random, items: readonly unknown[], more: ValueMutation): unknown {
  const at = random.below(items.length + 1);
  switch (random.below(6)) {
    case 0:
      return items.filter((_, i) => i !== at);
    case 1:
      return [...items.slice(0, at), other(random, more), ...items.slice(at)];
    case 2:
      return [...items.slice(0, at), ...items.slice(Math.max(0, at - 1))];
    case 3:
      return items.toReversed();
    case 4:
      return [];
    default:
      return other(random, more);
  }
}

function fields(random: Random, entries: readonly [string, unknown][], more: ValueMutation): unknown {
  const at = random.below(Math.max(1, entries.length));
  const name = (): string =>
    more.names !== undefined && more.names.length > 0 && !random.once(3)
      ? random.pick(more.names)
      : hurtfulText(random);
  switch (random.below(6)) {
    case 0:
    case 1:
      return object(entries.filter((_, i) => i !== at));
    case 2:
      return object([...entries, [name(), other(random, more)]]);
    case 3:
      return object(entries.map(([own, item], i) => [i === at ? name() : own, item]));
    case 4:
      return object(entries.toReversed());
    default:
      return other(random, more);
  }
}

function leaf(random: Random, value: unknown, more: ValueMutation): unknown {
  if (random.once(3)) return other(random, more);
  if (typeof value === 'string') return mutateText(random, value);
  if (typeof value === 'number')
    return random.once(2) ? value + random.pick([1, -1, 0.5, 1000, -1000]) : hurtfulNumber(random);
  if (typeof value === 'boolean') return !value;
  return other(random, more);
}

function other(random: Random, { values }: ValueMutation): unknown {
  return values !== undefined && values.length > 0 && random.once(2) ? random.pick(values) : anyValue(random);
}

export function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
  );
}

/** An object with these own fields, also where one is called `__proto__`. */
export function object(entries: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  return Object.fromEntries(entries);
}
