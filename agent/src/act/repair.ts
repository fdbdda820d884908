// Makes a damaged journal usable again, as far as it was readable. What stood behind the damage is forgotten here, so the
// coordinator sees a journal that went back and gives no orders until `servoctl hosts accept`.
import { existsSync, linkSync } from 'node:fs';
import { join } from 'node:path';
import { realDisk } from './disk.ts';
import { readLines } from './lines.ts';

export interface Repaired {
  readonly damage: string;
  /** Entries that were kept. */
  readonly kept: number;
  /** Where the damaged file is now. */
  readonly moved: string;
}

/** Undefined: there is no damage. The agent must not run. Throws where the files cannot be written. */
export function repairJournal(directory: string): Repaired | undefined {
  const path = join(directory, 'journal');
  const fd = realDisk.open(path);
  const bytes = realDisk.read(fd);
  realDisk.close(fd);
  const { lines, damage, bytes: good } = readLines(bytes);
  if (damage === undefined) return undefined;
  const fresh = `${path}.new`;
  realDisk.remove(fresh);
  const to = realDisk.open(fresh);
  try {
    realDisk.write(to, bytes.subarray(0, good), 0);
    realDisk.sync(to);
  } finally {
    realDisk.close(to);
  }
  const moved = freeName(`${path}.damaged`);
  linkSync(path, moved);
  realDisk.rename(fresh, path);
  realDisk.syncDirectory(directory);
  return { damage, kept: lines.length, moved };
}

function freeName(base: string): string {
  for (let n = 1; ; n++) if (!existsSync(`${base}-${n}`)) return `${base}-${n}`;
}
