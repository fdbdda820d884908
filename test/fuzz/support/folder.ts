// A folder for what a target needs on a disk: in memory where the machine has such a place, since a million executions write.
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface Folder {
  readonly path: string;
  remove(): void;
}

export function folder(name: string): Folder {
  const path = mkdtempSync(join(inMemory() ? '/dev/shm' : tmpdir(), `servo-auditor-fuzz-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

function inMemory(): boolean {
  try {
    accessSync('/dev/shm', constants.W_OK);
    return true;
  } catch {
    // Not Linux, or not allowed: a disk will do.
    return false;
  }
}
