// One guest as its files define it. The directory `<lxcpath>/<name>` with a file `config` in it is a guest; whatever else
// stands there belongs to it.
//
// The incarnation is the inode and the creation time of that file, and of the root file system where that is a directory or
// a file: `c<inode>.<ns>-r<inode>.<ns>`, in base 36. A guest that is created anew in the same slot has another file at least,
// however alike it is, and a file system never gives an inode and a creation time twice. Starting, stopping and editing in place change
// neither; an editor that writes a new file makes a new incarnation, which only makes evidence begin again.
//
// The agent itself edits a configuration by a new file (kept.ts). So that the servo stays what it was, the original
// stays beside it as a second name of the same inode, and is the file that counts while the edited one stands for it.
import { statSync, readFileSync, readdirSync, type BigIntStats } from 'node:fs';
import { join } from 'node:path';
import { parseId, type Incarnation } from '@servo-auditor/proto/ids.ts';
import { environmentOf, parseLxcConfig, rootfsOf, type LxcConfig, type Rootfs } from './config.ts';
import { original } from './kept.ts';
import { codeOf } from '../proc.ts';

export interface Guest {
  readonly name: string;
  /** Its directory. */
  readonly path: string;
  readonly config: LxcConfig;
  /** Bytes of the file, for acknowledgements and to see whether it has changed. */
  readonly text: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly rootfs: Rootfs | undefined;
  readonly incarnation: Incarnation;
}

export type GuestRead =
  | { readonly kind: 'guest'; readonly guest: Guest }
  /** There is no such directory any more. */
  | { readonly kind: 'gone' }
  | {
      readonly kind: 'fault';
      readonly code: GuestFault;
      readonly message: string;
      readonly content?: string;
    };

export type GuestFault = 'no-config' | 'partial' | 'unreadable' | 'broken' | 'rootfs-gone' | 'no-creation';

/** Bytes of one file of a configuration: a hundred times what one needs. */
export const maxConfigBytes = 256 * 1024;

/** Reads a guest now. Synchronous, so that what is checked is checked in one turn. */
export function readGuest(lxcpath: string, name: string): GuestRead {
  const path = join(lxcpath, name);
  const file = join(path, 'config');
  let text = '';
  try {
    text = readText(file);
    if (isThere(join(path, 'partial')))
      return fault(
        'partial',
        'is being made or destroyed, or that was broken off (file "partial"): finish it, or lxc-destroy it',
      );
    const config = parseLxcConfig(text, file, includes);
    const rootfs = rootfsOf(config);
    for (const needed of rootfs?.needs ?? [])
      if (!isThere(needed))
        return fault(
          'rootfs-gone',
          `its root file system needs ${needed}, which is not there: mount it, or destroy the guest`,
          text,
        );
    const incarnation = incarnationOf(path, rootfs);
    if (incarnation === undefined)
      return fault(
        'no-creation',
        'its file system tells no creation times, so that a guest made anew could not be told: keep lxcpath on another',
      );
    return {
      kind: 'guest',
      guest: { name, path, config, text, environment: environmentOf(config), rootfs, incarnation },
    };
  } catch (error) {
    if (codeOf(error) === 'ENOENT' && !isThere(path)) return { kind: 'gone' };
    return faultOf(error, file, text);
  }
}

/** Undefined where the file system tells no creation time. Throws where a file cannot be looked at. */
export function incarnationOf(path: string, rootfs: Rootfs | undefined): Incarnation | undefined {
  const parts = [mark('c', statSync(original(path), { bigint: true }))];
  if (rootfs?.writes !== undefined) parts.push(mark('r', statSync(rootfs.writes, { bigint: true })));
  if (parts.includes(undefined)) return undefined;
  return parseId('incarnation', parts.join('-'));
}

function mark(letter: string, { ino, birthtimeNs }: BigIntStats): string | undefined {
  return birthtimeNs === 0n ? undefined : `${letter}${ino.toString(36)}.${birthtimeNs.toString(36)}`;
}

const includes = {
  read: readText,
  list(path: string) {
    if (!statSync(path).isDirectory()) return undefined;
    const names = readdirSync(path).filter((name) => name.endsWith('.conf'));
    return names.toSorted().map((name) => join(path, name));
  },
};

function readText(path: string): string {
  const stat = statSync(path);
  if (!stat.isFile()) throw new Error(`${path} is no file`);
  if (stat.size > maxConfigBytes)
    throw new Error(`${path} has ${stat.size} bytes, at most ${maxConfigBytes} are read`);
  return readFileSync(path, 'utf8');
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}

function fault(code: GuestFault, message: string, content?: string): GuestRead {
  return { kind: 'fault', code, message, ...(content === undefined ? {} : { content }) };
}

function faultOf(error: unknown, file: string, text: string): GuestRead {
  const says = error instanceof Error ? error.message : String(error);
  switch (codeOf(error)) {
    case 'ENOENT':
      if (text === '')
        return fault(
          'no-config',
          'is a directory in lxcpath without a file "config": no guest; destroy it, or name it in runtime.ignore',
        );
      return fault('broken', `includes what is not there (${says}): LXC would not start it`, text);
    case 'EACCES':
    case 'EPERM':
      return fault('unreadable', `this agent's user may not read it (${says}): allow it`);
    case '':
      return fault('broken', `${says}: LXC would not start it; mend it or destroy the guest`, text);
    default:
      return fault('unreadable', `${file} cannot be read: ${says}`);
  }
}
