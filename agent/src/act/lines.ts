// The journal's lines: JSON, numbered from 1, each with a hash over itself and the hash before it. Pure.
//
//   {"sequence":n,"prev":hash,"hash":hash,"waitMs":n,"entry":{...}}
//   hash = SHA-256(prev, line feed, canonical JSON of entry, sequence and waitMs)
//
// What stands after the last line feed was never durable as a whole: it is torn, and nobody acted on it. Anything else that
// does not fit is damage.
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { isId, type Digest } from '@servo-auditor/proto/ids.ts';
import type { Entry, Mark } from './entries.ts';
import { isKnownKind, isWhole, unfitField } from './shape.ts';

export interface Line {
  readonly mark: Mark;
  readonly waitMs: number;
  readonly entry: Entry;
}

export interface Reading {
  /** The lines that can be trusted: all before the first damage. */
  readonly lines: readonly Line[];
  /** Bytes of these. */
  readonly bytes: number;
  /** Bytes of a torn end, which is to be cut off. */
  readonly torn: number;
  /** What is wrong, and where. Absent: nothing. */
  readonly damage: string | undefined;
}

/** An empty journal stands here. */
export const emptyMark: Mark = { sequence: 0, hash: sha256Hex('') };

export function makeLine(
  entry: Entry,
  waitMs: number,
  before: Mark,
): { readonly line: Line; readonly text: string } {
  const sequence = before.sequence + 1;
  // What is kept is what would be read again: without entries that are undefined.
  const plain = JSON.parse(canonicalJson(entry)) as Entry;
  const hash = hashOf(before.hash, sequence, waitMs, plain);
  const text = `${canonicalJson({ sequence, prev: before.hash, hash, waitMs, entry: plain })}\n`;
  return { line: { mark: { sequence, hash }, waitMs, entry: plain }, text };
}

function hashOf(prev: Digest, sequence: number, waitMs: number, entry: unknown): Digest {
  return sha256Hex(`${prev}\n${canonicalJson({ entry, sequence, waitMs })}`);
}

export function readLines(bytes: Buffer): Reading {
  const lines: Line[] = [];
  let mark = emptyMark;
  let at = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, at)) {
    const line = readLine(bytes.toString('utf8', at, end), mark);
    if (typeof line === 'string') {
      return { lines, bytes: at, torn: 0, damage: `line ${lines.length + 1} (byte ${at}) ${line}` };
    }
    lines.push(line);
    mark = line.mark;
    at = end + 1;
  }
  return { lines, bytes: at, torn: bytes.length - at, damage: undefined };
}

/** The line, or what is wrong with it. */
function readLine(text: string, before: Mark): Line | string {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return 'is no JSON';
  }
  if (typeof value !== 'object' || value === null) return 'is no object';
  const { sequence, prev, hash, waitMs, entry } = value as Readonly<Record<string, unknown>>;
  if (!isWhole(sequence) || !isWhole(waitMs) || typeof entry !== 'object' || entry === null)
    return 'lacks a field';
  if (!isId('digest', prev) || !isId('digest', hash)) return 'lacks a hash';
  if (hash !== hashOf(prev, sequence, waitMs, entry)) return 'does not have the hash of its content';
  const kind = 'kind' in entry ? entry.kind : undefined;
  if (!isKnownKind(kind))
    return `is of an unknown kind, ${JSON.stringify(kind)}: was it written by a newer agent?`;
  const first = before.sequence === 0 && kind === 'base';
  if (!first && (sequence !== before.sequence + 1 || prev !== before.hash))
    return `does not follow line ${before.sequence}: want ${before.sequence + 1}, found ${sequence}`;
  const unfit = unfitField(kind, entry);
  if (unfit !== undefined)
    return `is of the kind ${kind}, and its "${unfit}" is missing or cannot be understood: was it written by another release?`;
  // The hash says that this agent, or another release of it, wrote this entry.
  return { mark: { sequence, hash }, waitMs, entry: entry as Entry };
}
