// Makes what could not be read into a problem: one place for its hash and its bounds.
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { maxPathChars, maxSentenceChars } from '@servo-auditor/proto/limits.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';

/**
 * @param path what was being read.
 * @param code stable name of the kind, at most 40 characters.
 * @param message what is wrong and what would be right; no content of the item, which may be secret.
 * @param content the broken item's bytes, or their hash; without them nobody can acknowledge it.
 */
export function problem(path: string, code: string, message: string, content?: Uint8Array | string): Problem {
  const about = { path: cut(path, maxPathChars), code, message: cut(message, maxSentenceChars) };
  if (content === undefined) return about;
  return { ...about, contentSha256: sha256Hex(content) };
}

/** A path that is too long keeps its end, which tells more, and a sentence its beginning. */
function cut(text: string, maxChars: number): string {
  // A file's name may hold anything but a slash; a line break in it would break the lines that people read.
  // eslint-disable-next-line no-control-regex
  const plain = text.replace(/[\u0000-\u001f\u007f]/g, '?');
  return plain.length <= maxChars ? plain : `${plain.slice(0, maxChars - 1)}…`;
}

/** What an error says, for the end of a sentence. */
export function says(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
