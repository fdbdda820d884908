// Reads a journal without touching it: for commands, while no agent runs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../scan/runtime/proc.ts';
import type { Mark } from './entries.ts';
import { emptyMark, readLines } from './lines.ts';
import { View } from './view.ts';

export interface Peek {
  readonly view: View;
  readonly mark: Mark;
  readonly path: string;
  readonly damage: string | undefined;
}

/** What can be read of it. A journal that is not there is empty. Throws when the file cannot be read. */
export function readJournal(directory: string): Peek {
  const path = join(directory, 'journal');
  const view = new View();
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw new Error(`cannot read ${path}`, { cause: error });
    return { view, mark: emptyMark, path, damage: undefined };
  }
  const { lines, damage } = readLines(bytes);
  for (const { entry, waitMs, mark } of lines) view.apply(entry, waitMs, mark);
  const says = damage === undefined ? undefined : `${path}: ${damage}. To go on: servo-agent repair-journal`;
  return { view, mark: lines.at(-1)?.mark ?? emptyMark, path, damage: says };
}
