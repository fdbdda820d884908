// What this agent intended and what came of it, on disk before anything happens and before anybody is told.
//
// An entry is durable when `append` returns. A torn end is cut off on opening. With any other damage the agent goes on to
// report, and refuses every order; what was readable can still be restored (`servo-agent repair-journal`).
// When the file has grown, everything that still matters is written into a new file, which then takes its place.
import { dirname, join } from 'node:path';
import { realDisk, type Disk } from './disk.ts';
import type { Entry, Mark } from './entries.ts';
import { emptyMark, makeLine, readLines, type Reading } from './lines.ts';
import { View } from './view.ts';

/** Bytes of a file that nobody compacts yet: some ten thousand entries. */
export const compactAboveBytes = 4 * 1024 * 1024;
/** Bytes of a file that this agent cannot have written, and of one entry: the largest environment that the kernel allows. */
const maxFileBytes = 512 * 1024 * 1024;
export const maxEntryBytes = 8 * 1024 * 1024;

/** The entry is not durable, and nothing may be built on it. Later ones may be. */
export class NotDurable extends Error {
  override readonly name = 'NotDurable';
}

export interface JournalOptions {
  readonly disk?: Disk;
  readonly compactAboveBytes?: number;
}

export class Journal {
  readonly view = new View();
  readonly path: string;
  /** Bytes of a torn end that were cut off when the file was opened. */
  readonly tornBytes: number;
  #damage: string | undefined;
  #mark: Mark = emptyMark;
  #size: number;
  #compactAt: number;
  #fd: number;
  readonly #disk: Disk;
  readonly #floor: number;

  /** Opens `<directory>/journal`. Throws when it cannot be opened, or others may read it; damage is no error here. */
  constructor(directory: string, options: JournalOptions = {}) {
    this.path = join(directory, 'journal');
    this.#disk = options.disk ?? realDisk;
    this.#floor = options.compactAboveBytes ?? compactAboveBytes;
    this.#compactAt = this.#floor;
    // Left by a crash in the middle of a compaction, before it counted.
    this.#disk.remove(`${this.path}.new`);
    this.#fd = this.#disk.open(this.path);
    try {
      this.#checkMode();
      const reading = this.#read();
      for (const { entry, waitMs, mark } of reading.lines) this.view.apply(entry, waitMs, mark);
      this.#mark = reading.lines.at(-1)?.mark ?? emptyMark;
      this.#size = reading.bytes;
      this.tornBytes = reading.torn;
      if (reading.damage !== undefined) this.#damaged(reading.damage);
      else if (reading.torn > 0) this.#cut(reading.bytes);
      this.#disk.syncDirectory(directory);
    } catch (error) {
      this.#disk.close(this.#fd);
      throw error;
    }
  }

  /** Number and hash of the last durable entry. */
  get mark(): Mark {
    return this.#mark;
  }

  /** Why nothing can be written any more, with what lifts it. Absent: it can. */
  get damage(): string | undefined {
    return this.#damage;
  }

  /** Makes an entry durable. Throws `NotDurable` when it is not, and then nothing has changed. */
  append(entry: Entry, waitMs: number): Mark {
    if (this.#damage !== undefined) throw new NotDurable(this.#damage);
    const { line, text } = makeLine(entry, Math.max(0, Math.floor(waitMs)), this.#mark);
    const bytes = Buffer.from(text);
    if (bytes.length > maxEntryBytes)
      throw new NotDurable(`an entry of ${bytes.length} bytes, at most ${maxEntryBytes}`);
    this.#write(bytes);
    this.#size += bytes.length;
    this.#mark = line.mark;
    this.view.apply(line.entry, line.waitMs, line.mark);
    if (this.#size > this.#compactAt) this.#compact(line.waitMs);
    return line.mark;
  }

  close(): void {
    this.#disk.close(this.#fd);
  }

  #checkMode(): void {
    const { mode } = this.#disk.stat(this.#fd);
    if ((mode & 0o077) !== 0) {
      throw new Error(
        `${this.path}: mode ${mode.toString(8)} lets others read the environments of servos; run: chmod 600 ${this.path}`,
      );
    }
  }

  #read(): Reading {
    const { size } = this.#disk.stat(this.#fd);
    if (size > maxFileBytes)
      return { lines: [], bytes: 0, torn: 0, damage: `has ${size} bytes, at most ${maxFileBytes}` };
    return readLines(this.#disk.read(this.#fd));
  }

  #write(bytes: Buffer): void {
    try {
      this.#disk.write(this.#fd, bytes, this.#size);
    } catch (cause) {
      this.#cut(this.#size);
      throw new NotDurable(
        `${this.path}: cannot be written (${says(cause)}); make room on that disk, then orders are taken again`,
        { cause },
      );
    }
    try {
      this.#disk.sync(this.#fd);
    } catch (cause) {
      // After a failed sync nobody knows what is on the disk: only reading it anew tells.
      this.#damaged(`cannot be made durable (${says(cause)}): check that disk and restart the agent`);
      throw new NotDurable(this.#damage ?? '', { cause });
    }
  }

  #cut(size: number): void {
    try {
      this.#disk.truncate(this.#fd, size);
      this.#disk.sync(this.#fd);
    } catch (cause) {
      this.#damaged(`a torn end cannot be cut off (${says(cause)}): check that disk and restart the agent`);
    }
  }

  #damaged(what: string): void {
    this.#damage =
      `${this.path}: ${what}. Reports go on, orders are refused. To go on with what is readable: ` +
      'stop the agent, servo-agent repair-journal, start it; then servoctl hosts accept';
  }

  /** Fails without harm: the old file stays until the new one is durable. */
  #compact(waitMs: number): void {
    const base = makeLine({ kind: 'base', base: this.view.toBase() }, waitMs, this.#mark);
    const bytes = Buffer.from(base.text);
    const path = `${this.path}.new`;
    let fd: number | undefined;
    try {
      this.#disk.remove(path);
      fd = this.#disk.open(path);
      this.#disk.write(fd, bytes, 0);
      this.#disk.sync(fd);
      this.#disk.rename(path, this.path);
    } catch {
      // No room for a second file: the first one goes on growing, and this is tried again.
      if (fd !== undefined) this.#disk.close(fd);
      this.#compactAt = this.#size * 2;
      return;
    }
    this.#disk.close(this.#fd);
    this.#fd = fd;
    this.#size = bytes.length;
    this.#mark = base.line.mark;
    this.#compactAt = Math.max(this.#floor, 2 * bytes.length);
    this.#syncNames();
  }

  /** A name that is not durable may show the old file after a crash: its entries would be missing. */
  #syncNames(): void {
    try {
      this.#disk.syncDirectory(dirname(this.path));
    } catch (cause) {
      this.#damaged(`its directory cannot be made durable (${says(cause)}): restart the agent`);
    }
  }
}

function says(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
