// The few things that a journal does to a disk, synchronously: nothing else of this program happens in between.
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';

export interface Disk {
  /** Opens for reading and writing, with mode 0600; makes the file if it is not there. Follows no link. */
  open(path: string): number;
  /** Bytes, and permission bits. */
  stat(fd: number): { readonly size: number; readonly mode: number };
  read(fd: number): Buffer;
  /** Writes all of it at this place. */
  write(fd: number, bytes: Uint8Array, at: number): void;
  sync(fd: number): void;
  truncate(fd: number, size: number): void;
  close(fd: number): void;
  rename(from: string, to: string): void;
  remove(path: string): void;
  /** Makes the names in a directory durable. */
  syncDirectory(path: string): void;
}

export const realDisk: Disk = {
  open: (path) => openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600),
  stat: (fd) => {
    const { size, mode } = fstatSync(fd);
    return { size, mode: mode & 0o777 };
  },
  read: (fd) => readFileSync(fd),
  write(fd, bytes, at) {
    for (let done = 0; done < bytes.length;) {
      const wrote = writeSync(fd, bytes, done, bytes.length - done, at + done);
      if (wrote === 0) throw new Error('the disk takes no more');
      done += wrote;
    }
  },
  sync: fsyncSync,
  truncate: ftruncateSync,
  close: closeSync,
  rename: renameSync,
  remove: (path) => rmSync(path, { force: true }),
  syncDirectory(path) {
    const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  },
};
