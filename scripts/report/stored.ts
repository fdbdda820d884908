// What was run is kept, one file per part, so that a part can be run again alone and the page be written from all.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Machine, Source } from './machine.ts';
import type { Part } from './parts.ts';
import type { Ran } from './run.ts';

export interface Stored extends Ran {
  readonly part: string;
  readonly command: string;
  /** When it began, ISO 8601. */
  readonly at: string;
  readonly source: Source;
  readonly machine: Machine;
}

export function store(directory: string, stored: Stored): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, `${stored.part}.json`), `${JSON.stringify(stored, undefined, 1)}\n`);
}

/** Undefined: it was never run here. Throws when what is there cannot be read. */
export function readStored(directory: string, { name }: Part): Stored | undefined {
  const path = join(directory, `${name}.json`);
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new Error(`${path} cannot be read`, { cause: error });
  }
  try {
    return JSON.parse(text) as Stored;
  } catch (cause) {
    throw new Error(`${path} is no JSON; remove it and run: npm run report -- --only ${name}`, { cause });
  }
}
