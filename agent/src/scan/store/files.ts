// Reads files that may be anything: never hangs on a pipe, never takes more in than it was told to.
import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { lstat, open, readlink, realpath, type FileHandle } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { parseId, type Digest } from '@servo-auditor/proto/ids.ts';
import { codeOf } from '../runtime/proc.ts';

export type FileRead =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** It has at least this many. */
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'not-a-file' };

/** Bytes of a broken item that are hashed so that an operator can acknowledge it. A larger one has no hash. */
export const maxHashedBytes = 64 * 1024 * 1024;
const chunkBytes = 64 * 1024;

/** The bytes of a file, or why not. Rejects with the system's error. */
export async function readFileBounded(path: string, maxBytes: number): Promise<FileRead> {
  return withFile(path, async (file) => {
    const stat = await file.stat();
    if (!stat.isFile()) return { kind: 'not-a-file' };
    if (stat.size > maxBytes) return { kind: 'too-large', bytes: stat.size };
    const parts: Uint8Array[] = [];
    let length = 0;
    // The size is what it was a moment ago; what comes is what counts.
    for await (const part of chunksOf(file)) {
      parts.push(part);
      length += part.length;
      if (length > maxBytes) return { kind: 'too-large', bytes: length };
    }
    return { kind: 'bytes', bytes: Buffer.concat(parts) };
  });
}

/**
 * Hash by which a broken item can be acknowledged: of a file's bytes, or of where a link that leads nowhere points to.
 * Empty where there are no bytes, or where they cannot be read.
 */
export async function hashOfPath(path: string): Promise<{ readonly contentSha256?: Digest }> {
  try {
    return await withFile(path, hashOfFile);
  } catch {
    // Nothing to hash, unless it is a link: the problem itself has been reported by the caller.
    return hashOfLink(path);
  }
}

async function hashOfFile(file: FileHandle): Promise<{ readonly contentSha256?: Digest }> {
  const stat = await file.stat();
  if (!stat.isFile() || stat.size > maxHashedBytes) return {};
  const hash = createHash('sha256');
  let length = 0;
  for await (const part of chunksOf(file)) {
    length += part.length;
    if (length > maxHashedBytes) return {};
    hash.update(part);
  }
  return { contentSha256: parseId('digest', hash.digest('hex')) };
}

async function hashOfLink(path: string): Promise<{ readonly contentSha256?: Digest }> {
  try {
    if (!(await lstat(path)).isSymbolicLink()) return {};
    return { contentSha256: sha256Hex(`link to ${await readlink(path)}`) };
  } catch {
    return {};
  }
}

/** Opens without waiting for the other end, should it be a pipe. */
async function withFile<T>(path: string, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

async function* chunksOf(file: FileHandle): AsyncGenerator<Uint8Array> {
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(chunkBytes), 0, chunkBytes, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

/** Where something really is; where it is not there (yet), where it would be. */
export async function realPathOf(path: string): Promise<string> {
  const full = resolve(path);
  try {
    return await realpath(full);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(full) === full)
      throw new Error(`cannot tell where ${full} is`, { cause: error });
    return join(await realPathOf(dirname(full)), basename(full));
  }
}
