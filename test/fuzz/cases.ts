// Inputs as texts: what failed once is kept in cases/<target>/ and tried again for ever. What JSON does not know stands in
// an object with one key that begins with "$".
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPlain, object } from './mutate/value.ts';
import type { Input } from './target.ts';

/** Where the kept cases are. */
export const caseFolder = join(import.meta.dirname, 'cases');

export interface Case {
  readonly target: string;
  /** Name of its file. */
  readonly name: string;
  /** What went wrong with it, for people. */
  readonly says: string;
  readonly input: Input;
}

export function writeInput(input: Input): string {
  return JSON.stringify(toPlain(input));
}

export function readInput(text: string): Input {
  return fromPlain(JSON.parse(text));
}

function toPlain(value: unknown): unknown {
  if (value === undefined) return { $undefined: true };
  if (typeof value === 'bigint') return { $bigint: String(value) };
  if (typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0)))
    return { $number: Object.is(value, -0) ? '-0' : String(value) };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(toPlain);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value).map(([name, item]) => [name, toPlain(item)] as const);
  const [first] = entries;
  return entries.length === 1 && first?.[0].startsWith('$') === true ? { $fields: entries } : object(entries);
}

function fromPlain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromPlain);
  if (!isPlain(value)) return value;
  const entries = Object.entries(value);
  const [name, item] = entries[0] ?? [];
  if (entries.length !== 1) return object(entries.map(([own, inner]) => [own, fromPlain(inner)]));
  if (name === '$undefined') return undefined;
  if (name === '$bigint') return BigInt(String(item));
  if (name === '$number') return Number(item);
  if (name === '$bytes') return Uint8Array.from(Buffer.from(String(item), 'base64'));
  if (name === '$fields')
    return object((item as [string, unknown][]).map(([own, inner]) => [own, fromPlain(inner)]));
  return object(entries.map(([own, inner]) => [own, fromPlain(inner)]));
}

/** Keeps an input. Returns the file. */
export function keepCase(target: string, says: string, input: Input, folder = caseFolder): string {
  const text = writeInput(input);
  const name = `${createHash('sha256').update(text).digest('hex').slice(0, 12)}.json`;
  mkdirSync(join(folder, target), { recursive: true });
  const file = join(folder, target, name);
  const [first = ''] = says.split('\n', 1);
  writeFileSync(
    file,
    `${JSON.stringify({ says: first, input: JSON.parse(text) as unknown }, undefined, 2)}\n`,
  );
  return file;
}

/** All kept cases of one target, in the order of their names. */
export function casesOf(target: string, folder = caseFolder): readonly Case[] {
  const own = join(folder, target);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .toSorted()
    .map((name) => {
      const { says, input } = JSON.parse(readFileSync(join(own, name), 'utf8')) as {
        says: string;
        input: unknown;
      };
      return { target, name, says, input: fromPlain(input) };
    });
}
