// Hold files: somebody on this host protects a servo (a file named after its uid), or all of them (`all`).
// What cannot be read protects: a directory that vanished must not lift what was in it.
import { lstatSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { isId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Hold } from '../judge/facts.ts';
import { codeOf } from '../scan/runtime/proc.ts';

/** Characters of a file's name that every file system takes. */
const maxNameChars = 200;

/** What a person protects. A uid named "all" is protected with all others. */
export type HoldScope = ServoUid | 'all';

export class Holds {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  /** Makes the directory if it is not there. To be called once, at the start. */
  prepare(): void {
    mkdirSync(this.directory, { recursive: true, mode: 0o700 });
  }

  /** Whether something protects this servo now. Synchronous: it is asked just before the act. */
  of(uid: ServoUid): Hold {
    try {
      if (!statSync(this.directory).isDirectory())
        return { kind: 'unreadable', message: `${this.directory} is no directory` };
    } catch (error) {
      return unreadable(this.directory, error);
    }
    for (const scope of ['all', uid] as const) {
      const file = this.fileOf(scope);
      try {
        // The entry itself: a link protects, whatever became of what it leads to.
        lstatSync(file);
        return { kind: 'held', file };
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') return unreadable(file, error);
      }
    }
    return { kind: 'none' };
  }

  /** Protects. Returns the file. The text is for people: who, and why. */
  put(scope: HoldScope, text: string): string {
    this.prepare();
    const file = this.fileOf(scope);
    writeFileSync(file, `${text}\n`, { mode: 0o600 });
    return file;
  }

  /** Lifts. Returns whether there was a hold. */
  lift(scope: HoldScope): boolean {
    const file = this.fileOf(scope);
    try {
      lstatSync(file);
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
    rmSync(file);
    return true;
  }

  /** Names of all hold files. */
  list(): readonly string[] {
    try {
      return readdirSync(this.directory).toSorted();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return [];
      throw error;
    }
  }

  /** A uid may hold slashes, which a file's name may not. */
  fileOf(scope: HoldScope): string {
    const name = encodeURIComponent(scope);
    return join(this.directory, name.length <= maxNameChars ? name : `sha256-${sha256Hex(scope)}`);
  }
}

/** What a person named: a uid, or `all`. Undefined: neither. */
export function holdScope(word: string): HoldScope | undefined {
  if (word === 'all') return word;
  return isId('servo uid', word) ? word : undefined;
}

function unreadable(path: string, error: unknown): Hold {
  return {
    kind: 'unreadable',
    message: `${path} cannot be read (${error instanceof Error ? error.message : String(error)})`,
  };
}
