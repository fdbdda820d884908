// Whether stopping a guest keeps it whole and stopped: nothing deletes it, and nothing that the agent cannot disable brings
// it back. (What `lxc-autostart` does can be: kept.ts.) What cannot be told is not keepable.
import { readFileSync, readdirSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Guest } from './guest.ts';
import type { GuestStanding } from './tools.ts';
import { codeOf, isAlive, readParts, readStatSync } from '../proc.ts';

export interface LxcKeepOptions {
  /** Commands of `lxc.hook.stop` and `lxc.hook.post-stop` that delete nothing. */
  readonly hooks: readonly string[];
}

export type LxcKeepable =
  | { readonly keepable: true }
  | { readonly keepable: false; readonly code: LxcNotKeepable; readonly message: string };

export type LxcNotKeepable =
  | 'ephemeral'
  | 'tmpfs-root'
  | 'tmpfs-data'
  | 'hook'
  | 'foreground'
  | 'unit'
  | 'frozen'
  | 'unsettled-state'
  | 'entangled'
  | 'unknown';

/** File systems that are gone with the machine's memory, by their magic numbers. */
const memoryTypes: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** Places, relative to a guest's root, that every system clears when it starts. */
const scratch = /^(dev|run|tmp|var\/run|var\/lock|var\/tmp|sys|proc)(\/|$)/;

/** @param entangledWith uids of guests that live in this one's namespaces. */
export async function lxcKeepable(
  guest: Guest,
  standing: GuestStanding,
  entangledWith: readonly string[],
  options: LxcKeepOptions,
): Promise<LxcKeepable> {
  return (
    stateRefusal(standing) ??
    definitionRefusal(guest, options) ??
    tmpfsRefusal(guest) ??
    entangledRefusal(entangledWith) ??
    unitRefusal(guest.name) ??
    (await monitorRefusal(standing.pid)) ?? { keepable: true }
  );
}

function no(code: LxcNotKeepable, message: string): LxcKeepable {
  return { keepable: false, code, message };
}

function stateRefusal({ state }: GuestStanding): LxcKeepable | undefined {
  if (state === 'RUNNING') return undefined;
  if (state === 'FROZEN' || state === 'FREEZING')
    return no('frozen', 'somebody froze it, so it could not end by itself: lxc-unfreeze it first');
  return no('unsettled-state', `LXC says that it is ${state}: wait until it runs or has stopped`);
}

function definitionRefusal({ config }: Guest, { hooks }: LxcKeepOptions): LxcKeepable | undefined {
  const ephemeral = config.get('lxc.ephemeral');
  if (ephemeral !== undefined && ephemeral !== '0')
    return no('ephemeral', 'lxc.ephemeral is set: LXC deletes it when it stops');
  for (const key of ['lxc.hook.stop', 'lxc.hook.post-stop'])
    for (const command of config.all(key))
      if (!hooks.includes(command))
        return no(
          'hook',
          `${key} runs "${command}" when it stops, which may delete something: list it in runtime.hooks if it does not`,
        );
  return undefined;
}

function tmpfsRefusal({ path, config, rootfs }: Guest): LxcKeepable | undefined {
  for (const place of [path, rootfs?.writes]) {
    if (place === undefined) continue;
    try {
      if (memoryTypes.has(statfsSync(place).type) && !statSync(place).isBlockDevice())
        return no('tmpfs-root', `${place} is in memory: a reboot of this host would delete it`);
    } catch (error) {
      return no('unknown', `what keeps ${place} cannot be told (${codeOf(error)})`);
    }
  }
  const mounts = [...config.all('lxc.mount.entry'), ...fstab(config.get('lxc.mount.fstab'))];
  for (const entry of mounts) {
    const [, target = '', type = '', flags = ''] = entry.trim().split(/\s+/);
    const place = target.replace(rootfs?.writes ?? '\0', '').replace(/^\/+/, '');
    if (/^(tmpfs|ramfs)$/.test(type) && !flags.split(',').includes('ro') && !scratch.test(place))
      return no('tmpfs-data', `/${place} in it is in memory, and would be deleted when it stops`);
  }
  return undefined;
}

/** An unreadable one makes the guest unable to start, which is found there. */
function fstab(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  try {
    return readFileSync(path, 'utf8')
      .split('\n')
      .filter((line) => !/^\s*(#|$)/.test(line));
  } catch {
    return [];
  }
}

function entangledRefusal(uids: readonly string[]): LxcKeepable | undefined {
  if (uids.length === 0) return undefined;
  const some = uids.slice(0, 5).join(', ');
  return no('entangled', `${some} share its namespaces, and would be stopped or cut off with it`);
}

const unitFolders = ['/etc/systemd/system', '/run/systemd/system'];

/** A unit that is enabled for it starts it at every boot, whatever its configuration says. */
function unitRefusal(name: string): LxcKeepable | undefined {
  const unit = `lxc@${name.replace(/-/g, '\\x2d')}.service`;
  const plain = `lxc@${name}.service`;
  for (const folder of unitFolders)
    for (const wants of foldersIn(folder))
      for (const one of [unit, plain])
        if (statSync(join(folder, wants, one), { throwIfNoEntry: false }) !== undefined)
          return no('unit', `${join(folder, wants, one)} starts it at boot: systemctl disable ${plain}`);
  return undefined;
}

function foldersIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => /\.(wants|requires)$/.test(name));
  } catch {
    return [];
  }
}

/** Whoever waits for a monitor in the foreground may start the guest again. */
async function monitorRefusal(pid: number | undefined): Promise<LxcKeepable | undefined> {
  const monitor = pid === undefined ? undefined : readStatSync(pid)?.ppid;
  const stat = monitor === undefined ? undefined : readStatSync(monitor);
  if (monitor === undefined || !isAlive(stat)) return no('unknown', 'its monitor cannot be found');
  const argv = await readParts(monitor, 'cmdline').catch(() => undefined);
  if (argv === undefined) return no('unknown', `what started its monitor ${monitor} cannot be read`);
  if (argv[0]?.startsWith('[lxc monitor]') === true) return undefined;
  return no(
    'foreground',
    `process ${stat.ppid} waits for its monitor ${monitor} (${argv[0] ?? '?'} in the foreground), and may start it again: stop that by hand`,
  );
}
