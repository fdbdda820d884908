// Wraps what node:fs does to files below one folder and must survive a crash: writes, truncations, syncs, and names.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { basename, dirname, resolve } from 'node:path';
import { callers } from './origin.ts';
import { raw, type Moment, type Trapper } from './trap.ts';

/** What hands a write on, and says nothing of what it is for. */
const plumbing = ['act/disk.ts', 'act/journal.ts'];

/** From now on, every write below `folder` goes by the trapper first. Sockets are no durable state. */
export function wrapDisk(folder: string, trapper: Trapper): void {
  const inFolder = (path: unknown): path is string =>
    typeof path === 'string' && `${resolve(path)}/`.startsWith(`${folder}/`);
  const open = new Map<number, { name: string; last: string }>();
  const label = (deed: string, path: string, what = ''): string =>
    [callers(plumbing, 1)[0] ?? 'unknown', deed, basename(path), what]
      .filter((word) => word !== '')
      .join(' ');
  const around = <T>(place: string, possible: readonly Moment[], work: () => T, half?: () => void): T => {
    const moment = trapper.comes(place, possible);
    if (moment === 'before') trapper.close();
    if (moment === 'torn') {
      half?.();
      trapper.close();
    }
    const result = work();
    if (moment === 'after') trapper.close();
    return result;
  };
  const patch = fs as unknown as Record<string, unknown>;

  patch['openSync'] = (path: fs.PathLike, flags?: fs.OpenMode, mode?: fs.Mode): number => {
    const opens = (): number => raw.openSync(path, flags ?? 'r', mode);
    if (!inFolder(path)) return opens();
    const creates = !raw.existsSync(path) && makes(flags);
    const fd = creates ? around(label('create', path), ['before', 'after'], opens) : opens();
    open.set(fd, {
      name: raw.statSync(path).isDirectory() ? `${basename(path)}/` : basename(path),
      last: '',
    });
    return fd;
  };
  patch['closeSync'] = (fd: number): void => {
    open.delete(fd);
    raw.closeSync(fd);
  };
  patch['writeSync'] = (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    position: number | null,
  ): number => {
    const write = (n: number): number => raw.writeSync(fd, bytes, offset, n, position);
    const file = open.get(fd);
    if (file === undefined) return write(length);
    file.last = kindOf(bytes.subarray(offset, offset + length));
    return around(
      label('write', file.name, file.last),
      ['before', 'torn'],
      () => write(length),
      () => void write(Math.floor(length / 2)),
    );
  };
  patch['ftruncateSync'] = (fd: number, size?: number): void => {
    const file = open.get(fd);
    if (file === undefined) return raw.ftruncateSync(fd, size);
    around(label('truncate', file.name), ['before', 'after'], () => raw.ftruncateSync(fd, size));
  };
  patch['fsyncSync'] = (fd: number): void => {
    const file = open.get(fd);
    if (file === undefined) return raw.fsyncSync(fd);
    around(label('sync', file.name, file.last), ['before', 'after'], () => raw.fsyncSync(fd));
  };
  patch['writeFileSync'] = (
    path: fs.PathOrFileDescriptor,
    data: string,
    options?: fs.WriteFileOptions,
  ): void => {
    const write = (text: string): void => raw.writeFileSync(path, text, options);
    if (!inFolder(path)) return write(data);
    around(
      label('write', path),
      ['before', 'torn', 'after'],
      () => write(data),
      () => write(data.slice(0, Math.floor(data.length / 2))),
    );
  };
  patch['renameSync'] = (from: fs.PathLike, to: fs.PathLike): void => {
    if (!inFolder(to)) return raw.renameSync(from, to);
    const renames = (): void => {
      raw.renameSync(from, to);
      for (const file of open.values()) if (file.name === basename(String(from))) file.name = basename(to);
    };
    around(label('rename', to), ['before', 'after'], renames);
  };
  patch['linkSync'] = (from: fs.PathLike, to: fs.PathLike): void => {
    if (!inFolder(to)) return raw.linkSync(from, to);
    around(label('link', to), ['before', 'after'], () => raw.linkSync(from, to));
  };
  patch['rmSync'] = (path: fs.PathLike, options?: fs.RmOptions): void => {
    const removes = inFolder(path) && (raw.statSync(path, { throwIfNoEntry: false })?.isFile() ?? false);
    if (!removes) return raw.rmSync(path, options);
    around(label('remove', path), ['before', 'after'], () => raw.rmSync(path, options));
  };
  patch['mkdirSync'] = (path: fs.PathLike, options?: fs.MakeDirectoryOptions): unknown => {
    if (!inFolder(path) || raw.existsSync(path)) return raw.mkdirSync(path, options);
    return around(label('create', `${dirname(path)}/${basename(path)}/`), ['before', 'after'], () =>
      raw.mkdirSync(path, options),
    );
  };
  syncBuiltinESMExports();
}

function makes(flags: fs.OpenMode | undefined): boolean {
  return typeof flags === 'number' ? (flags & raw.constants.O_CREAT) !== 0 : /[wa]/.test(flags ?? 'r');
}

/** The kind of a journal's line: what the write is about. */
function kindOf(bytes: Uint8Array): string {
  const [, kind = ''] =
    /"kind":"([a-z]+)"/.exec(Buffer.from(bytes.subarray(0, 4096)).toString('latin1')) ?? [];
  return kind;
}
