// The configuration of one LXC guest, taken apart as LXC 5 does: `key = value`, one a line; a value in quotes is what stands
// between them; an empty value clears the key and everything below it; `lxc.include` stands for the lines of a file, or of
// the `.conf` files of a folder, in the order of their names. Pure, but for the reader that is handed in.

/** Files of one configuration, includes and all, and how deep they may include each other. */
const maxFiles = 100;
const maxDepth = 8;

/** Reads an included file or, of a folder, the paths of its `.conf` files. Throws with what is wrong. */
export interface Includes {
  read(path: string): string;
  /** Undefined: it is no folder. */
  list(path: string): readonly string[] | undefined;
}

export class LxcConfig {
  /** Key -> its values since it was cleared last, in order. */
  readonly #values = new Map<string, string[]>();
  /** Whether it is made of more than one file. */
  includes = false;

  /** The value that counts: the last one. */
  get(key: string): string | undefined {
    return this.#values.get(key)?.at(-1);
  }

  /** Every value, for keys that add up. */
  all(key: string): readonly string[] {
    return this.#values.get(key) ?? [];
  }

  /** Keys that begin so, with all their values. */
  below(prefix: string): readonly (readonly [string, readonly string[]])[] {
    return [...this.#values].filter(([key, values]) => key.startsWith(prefix) && values.length > 0);
  }

  set(key: string, value: string): void {
    if (value !== '') {
      const values = this.#values.get(key);
      if (values === undefined) this.#values.set(key, [value]);
      else values.push(value);
      return;
    }
    for (const known of this.#values.keys())
      if (known === key || known.startsWith(`${key}.`)) this.#values.delete(known);
  }
}

/** Throws an error that says which line is wrong, or which file cannot be read. */
export function parseLxcConfig(text: string, path: string, includes: Includes): LxcConfig {
  const config = new LxcConfig();
  let files = 0;
  const take = (lines: string, from: string, depth: number) => {
    if (++files > maxFiles) throw new Error(`${path} includes more than ${maxFiles} files`);
    if (depth > maxDepth) throw new Error(`${from} is included ${depth} deep, at most ${maxDepth}`);
    for (const [i, line] of lines.split('\n').entries()) {
      const pair = parseLine(line);
      if (pair === 'wrong') throw new Error(`${from}:${i + 1}: want "key = value"`);
      if (pair === undefined) continue;
      const [key, value] = pair;
      if (key === 'lxc.include' && value !== '') {
        config.includes = true;
        for (const file of includes.list(value) ?? [value]) take(includes.read(file), file, depth + 1);
      } else config.set(key, value);
    }
  };
  take(text, path, 0);
  return config;
}

/** Undefined: nothing stands there. */
function parseLine(line: string): readonly [string, string] | 'wrong' | undefined {
  const text = line.trim();
  if (text === '' || text.startsWith('#')) return undefined;
  const at = text.indexOf('=');
  const key = text.slice(0, Math.max(0, at)).trim();
  if (at < 1 || !/^lxc(\.[\w-]+)+$/.test(key)) return 'wrong';
  const value = text.slice(at + 1).trim();
  const quoted = /^(["'])(.*)\1$/.exec(value);
  return [key, quoted?.[2] ?? value];
}

/** `NAME=value` entries. A name alone takes its value from whoever starts the guest, which nobody knows here: it is left out. */
export function environmentOf(config: LxcConfig): Readonly<Record<string, string>> {
  const known = config.all('lxc.environment').flatMap((entry) => {
    const at = entry.indexOf('=');
    return at < 1 ? [] : [[entry.slice(0, at), entry.slice(at + 1)] as const];
  });
  // LXC sets them one after the other: the last one counts.
  return Object.fromEntries(known);
}

/** What a guest's root file system is, as far as files show it. */
export interface Rootfs {
  readonly kind: string;
  /** Must be there for the guest to start. */
  readonly needs: readonly string[];
  /** What it writes to. Absent: a device or data set that no path names. */
  readonly writes: string | undefined;
}

/** Undefined: it has none of its own. */
export function rootfsOf(config: LxcConfig): Rootfs | undefined {
  const value = config.get('lxc.rootfs.path');
  if (value === undefined) return undefined;
  const [, kind = 'dir', rest = value] = /^([a-z]+):(.*)$/.exec(value) ?? [];
  switch (kind) {
    case 'dir':
    case 'btrfs':
    case 'loop':
    case 'lvm':
      return { kind, needs: [rest], writes: rest };
    case 'overlay':
    case 'overlayfs': {
      const parts = rest.split(':');
      return { kind, needs: parts, writes: parts.at(-1) };
    }
    default:
      // zfs, nbd, rbd: named by pools and devices.
      return { kind, needs: [], writes: undefined };
  }
}
