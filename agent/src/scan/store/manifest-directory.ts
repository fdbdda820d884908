// The store of the previous generation: a tree `<root>/<project folder>/<slot><suffix>`, one JSON manifest per servo.
//
// Nothing is passed over in silence: an entry that is neither a project's folder nor a manifest is a problem, unless the
// configuration says that names like it are to be ignored. A symbolic link counts as what it leads to.
import { opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { maxManifestBytes, maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../batches.ts';
import { problem, says } from '../problem.ts';
import { codeOf } from '../runtime/proc.ts';
import { conformJson } from './corpus.ts';
import { readRecord, type FieldMapping, type Read } from './fields.ts';
import { hashOfPath, readFileBounded, realPathOf } from './files.ts';
import { gather, type Item } from './gather.ts';
import { parseJson, valueAt } from './json.ts';
import type { Store } from './port.ts';

export interface ManifestDirectoryOptions {
  /** Absolute path. */
  readonly root: string;
  /** Names in a manifest; a dot leads into an object. */
  readonly fields: FieldMapping;
  /** How a manifest's name ends. */
  readonly suffix: string;
  /** Names of entries, at either level, that are no problem: `*` stands for any characters. */
  readonly ignore: readonly string[];
}

/** Bytes of all manifests of one host together: bounds memory, whatever the store holds. */
export const maxStoreBytes = 64 * 1024 * 1024;

/** Counts what one reading has taken in. */
interface Reading {
  readonly problems: Problem[];
  readonly signal: AbortSignal;
  bytes: number;
}

export function openManifestDirectory(options: ManifestDirectoryOptions): Store {
  const ignored = options.ignore.map(patternOf);
  return {
    name: 'manifest-directory',
    identityLabel: undefined,
    mapping: { fields: { ...options.fields }, suffix: options.suffix, ignore: options.ignore },
    lock: async () => `manifest-directory ${await realPathOf(options.root)}`,
    async read(_objects, signal) {
      const reading: Reading = { problems: [], signal, bytes: 0 };
      const folders = await foldersIn(options.root, ignored, reading);
      const paths = (
        await inBatches(folders, signal, (folder) => manifestsIn(folder, options.suffix, ignored, reading))
      ).flat();
      if (paths.length > maxServosPerHost) {
        const path = options.root;
        reading.problems.push(
          problem(path, 'too-many', `${paths.length} manifests, at most ${maxServosPerHost} are read`),
        );
      }
      const items = await inBatches(paths.slice(0, maxServosPerHost), signal, (path) =>
        readManifest(path, options.fields, reading),
      );
      return gather(
        items.filter((item) => item !== undefined),
        reading.problems,
      );
    },
    conform: () =>
      Promise.resolve(conformJson(options.fields, (bytes) => parseManifest(bytes, options.fields, 'corpus'))),
  };
}

/** What the bytes of one manifest say. `notJson` where they cannot be taken apart at all. */
export function parseManifest(
  bytes: Uint8Array,
  fields: FieldMapping,
  path: string,
): Read | { readonly notJson: string } {
  let value: unknown;
  try {
    value = parseJson(bytes);
  } catch (error) {
    return { notJson: says(error) };
  }
  return readRecord(fields, path, (name) => valueAt(value, name));
}

async function foldersIn(
  root: string,
  ignored: readonly RegExp[],
  reading: Reading,
): Promise<readonly string[]> {
  const folders: string[] = [];
  for (const path of await entriesOf(root, ignored, reading)) {
    const kind = await kindOf(path, reading);
    if (kind === 'folder') folders.push(path);
    else if (kind !== 'unknown') await unexpected(path, 'want a folder per project here', reading);
  }
  return folders;
}

async function manifestsIn(
  folder: string,
  suffix: string,
  ignored: readonly RegExp[],
  reading: Reading,
): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const path of await entriesOf(folder, ignored, reading)) {
    if (basename(path).endsWith(suffix)) paths.push(path);
    else if ((await kindOf(path, reading)) === 'folder') {
      reading.problems.push(
        problem(
          path,
          'too-deep',
          `a folder inside a project's folder: want only manifests ("*${suffix}") there`,
        ),
      );
    } else await unexpected(path, `want only manifests ("*${suffix}") here`, reading);
  }
  return paths;
}

/** Sorted paths in a folder. What does not fit the limit, or cannot be listed, is a problem. */
async function entriesOf(
  folder: string,
  ignored: readonly RegExp[],
  reading: Reading,
): Promise<readonly string[]> {
  const paths: string[] = [];
  try {
    for await (const entry of await opendir(folder)) {
      reading.signal.throwIfAborted();
      if (ignored.some((pattern) => pattern.test(entry.name))) continue;
      if (paths.length === maxServosPerHost) {
        reading.problems.push(
          problem(folder, 'too-many', `more than ${maxServosPerHost} entries; the rest was not read`),
        );
        break;
      }
      paths.push(join(folder, entry.name));
    }
  } catch (error) {
    reading.signal.throwIfAborted();
    reading.problems.push(failure(folder, error, 'folder'));
  }
  return paths.toSorted();
}

async function kindOf(path: string, reading: Reading): Promise<'folder' | 'other' | 'unknown'> {
  try {
    return (await stat(path)).isDirectory() ? 'folder' : 'other';
  } catch (error) {
    reading.problems.push({ ...failure(path, error, 'entry'), ...(await hashOfPath(path)) });
    return 'unknown';
  }
}

async function unexpected(path: string, want: string, reading: Reading): Promise<void> {
  const found = problem(path, 'unexpected-entry', `${want}; remove it, or add its name to "ignore"`);
  reading.problems.push({ ...found, ...(await hashOfPath(path)) });
}

async function readManifest(path: string, fields: FieldMapping, reading: Reading): Promise<Item | undefined> {
  const found = await readFileBounded(path, maxManifestBytes).catch((error: unknown) => ({ error }));
  if ('error' in found) {
    reading.problems.push({ ...failure(path, found.error, 'manifest'), ...(await hashOfPath(path)) });
    return undefined;
  }
  if (found.kind !== 'bytes') {
    const [code, message] =
      found.kind === 'too-large'
        ? (['too-large', `${found.bytes} bytes or more: a manifest has at most ${maxManifestBytes}`] as const)
        : (['not-a-file', 'neither a file nor a link to one: want a manifest'] as const);
    reading.problems.push({ ...problem(path, code, message), ...(await hashOfPath(path)) });
    return undefined;
  }
  const { bytes } = found;
  reading.bytes += bytes.length;
  if (reading.bytes > maxStoreBytes) {
    reading.problems.push(
      problem(
        path,
        'store-too-large',
        `all manifests together have more than ${maxStoreBytes} bytes; not read`,
      ),
    );
    return undefined;
  }
  const made = parseManifest(bytes, fields, path);
  if ('notJson' in made)
    reading.problems.push(problem(path, 'not-json', `${made.notJson}: want one JSON object`, bytes));
  else if (made.fault !== undefined)
    reading.problems.push(problem(path, made.fault.code, made.fault.message, bytes));
  else return { record: made.record, contentSha256: sha256Hex(bytes) };
  return undefined;
}

/** An I/O error as a problem: what it is depends on what was being read. */
function failure(path: string, error: unknown, what: 'folder' | 'entry' | 'manifest'): Problem {
  switch (codeOf(error)) {
    case 'ENOENT':
      if (what === 'folder')
        return problem(path, 'vanished', 'there is no such folder: is it mounted, is the path right?');
      return problem(
        path,
        'dangling',
        'a symbolic link to nowhere, or gone while it was read: remove the link or restore what it leads to',
      );
    case 'ELOOP':
      return problem(path, 'dangling', 'a symbolic link that leads to itself: remove it');
    case 'ENOTDIR':
      return problem(path, 'vanished', 'is no folder: is the path right?');
    case 'EACCES':
    case 'EPERM':
      return problem(path, 'unreadable', `this agent's user may not read it: allow it (${codeOf(error)})`);
    default:
      return problem(path, 'unreadable', `cannot be read: ${says(error)}`);
  }
}

function patternOf(text: string): RegExp {
  const parts = text.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`);
}
