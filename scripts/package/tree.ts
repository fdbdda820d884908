// Files of a package, as values: where each goes, its mode, and where its bytes come from. A tree is written in one go, with every
// time set to the same moment, so that the same sources make the same package.
import {
  chmodSync,
  copyFileSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

export type Source =
  { readonly from: string } | { readonly text: string | Uint8Array } | { readonly link: string };

export type Entry = Source & {
  /** Absolute, as installed. */
  readonly path: string;
  /** 0644 unless given. */
  readonly mode?: number;
};

/** Compressed as policy wants documentation to be: without a name or time of its own. */
export function gzipped(path: string, text: string): Entry {
  return { path: `${path}.gz`, text: gzipSync(text, { level: 9 }) };
}

/** All files below a folder that pass the filter. */
export function folder(path: string, from: string, wanted: (file: string) => boolean): readonly Entry[] {
  return readdirSync(from, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(from.length + 1))
    .filter(wanted)
    .sort()
    .map((file) => ({ path: join(path, file), from: join(from, file) }));
}

/** Writes the files below `root`. @param seconds since 1970, of everything. */
export function writeTree(root: string, entries: readonly Entry[], seconds: number): void {
  for (const entry of entries) {
    const file = join(root, entry.path);
    mkdirSync(dirname(file), { recursive: true });
    if ('link' in entry) {
      symlinkSync(entry.link, file);
      continue;
    }
    if ('from' in entry) copyFileSync(entry.from, file);
    else writeFileSync(file, entry.text);
    chmodSync(file, entry.mode ?? 0o644);
  }
  settle(root, seconds);
}

/** Modes of folders, and times of all, from the leaves up. */
function settle(path: string, seconds: number): void {
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    const inner = join(path, entry.name);
    if (entry.isDirectory()) settle(inner, seconds);
    else lutimesSync(inner, seconds, seconds);
  }
  chmodSync(path, 0o755);
  lutimesSync(path, seconds, seconds);
}

/** Kibibytes, as the field Installed-Size wants them. */
export function sizeKib(root: string): number {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce(
      (sum, entry) => sum + Math.ceil(readFileSync(join(entry.parentPath, entry.name)).length / 1024),
      0,
    );
}
