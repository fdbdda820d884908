// A disk in memory, with what matters of real ones: what was not synced may be lost or torn when the machine fails, it can be
// full, and it can fail.
import type { Disk } from '../../../agent/src/act/disk.ts';

interface File {
  bytes: Buffer;
  /** What a failing machine leaves. */
  synced: Buffer;
}

/** What the disk does to the next writes. */
export interface DiskFault {
  /** No room for anything. */
  full: boolean;
  /** The next sync fails, and nobody knows what is on the disk. */
  failsSync: boolean;
  /** Called before each write with the bytes: returns how many of them are written before the process ends; undefined: all. */
  onWrite: ((bytes: number) => number | undefined) | undefined;
}

/** Files by their path; what is open by its number. */
export class SimDisk implements Disk {
  readonly fault: DiskFault = { full: false, failsSync: false, onWrite: undefined };
  /** Called when a write was cut short: the process that wrote ends here. */
  onTorn: () => void = () => undefined;
  readonly #files = new Map<string, File>();
  readonly #open = new Map<number, File>();
  #next = 3;

  open(path: string): number {
    let file = this.#files.get(path);
    if (file === undefined) {
      if (this.fault.full)
        throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
      file = { bytes: Buffer.alloc(0), synced: Buffer.alloc(0) };
      this.#files.set(path, file);
    }
    const fd = this.#next++;
    this.#open.set(fd, file);
    return fd;
  }

  stat(fd: number): { readonly size: number; readonly mode: number } {
    return { size: this.#file(fd).bytes.length, mode: 0o600 };
  }

  read(fd: number): Buffer {
    return Buffer.from(this.#file(fd).bytes);
  }

  write(fd: number, bytes: Uint8Array, at: number): void {
    const file = this.#file(fd);
    if (this.fault.full) {
      // As much as there still is room for: a torn entry.
      file.bytes = Buffer.concat([file.bytes.subarray(0, at), bytes.subarray(0, bytes.length >> 1)]);
      throw Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });
    }
    const wrote = this.fault.onWrite?.(bytes.length);
    file.bytes = Buffer.concat([file.bytes.subarray(0, at), bytes.subarray(0, wrote ?? bytes.length)]);
    if (wrote === undefined) return;
    this.fault.onWrite = undefined;
    this.onTorn();
    throw new Error('the process has ended');
  }

  sync(fd: number): void {
    if (this.fault.failsSync) {
      this.fault.failsSync = false;
      throw Object.assign(new Error('EIO: i/o error, fsync'), { code: 'EIO' });
    }
    const file = this.#file(fd);
    file.synced = file.bytes;
  }

  truncate(fd: number, size: number): void {
    const file = this.#file(fd);
    file.bytes = file.bytes.subarray(0, size);
  }

  close(fd: number): void {
    this.#open.delete(fd);
  }

  rename(from: string, to: string): void {
    const file = this.#files.get(from);
    if (file === undefined) throw new Error(`ENOENT: ${from}`);
    this.#files.delete(from);
    this.#files.set(to, file);
  }

  remove(path: string): void {
    this.#files.delete(path);
  }

  syncDirectory(): void {
    // Names are durable at once: files come and go only in a compaction, which is tried on a real disk.
  }

  /** The machine fails: what was not synced is gone, or a part of it is there. */
  fail(keep: (bytes: number) => number): void {
    for (const file of this.#files.values()) {
      const { bytes, synced } = file;
      const isLonger = bytes.length > synced.length && bytes.subarray(0, synced.length).equals(synced);
      file.bytes = isLonger ? bytes.subarray(0, synced.length + keep(bytes.length - synced.length)) : synced;
      file.synced = file.bytes;
    }
    this.#open.clear();
  }

  /** Everything on it: to be put back later. */
  image(): ReadonlyMap<string, Buffer> {
    return new Map([...this.#files].map(([path, { bytes }]) => [path, bytes]));
  }

  /** It is as it was then; empty: a new disk. */
  restore(image: ReadonlyMap<string, Buffer>): void {
    this.#open.clear();
    this.#files.clear();
    for (const [path, bytes] of image) this.#files.set(path, { bytes, synced: bytes });
  }

  #file(fd: number): File {
    const file = this.#open.get(fd);
    if (file === undefined) throw new Error(`EBADF: ${fd}`);
    return file;
  }
}
