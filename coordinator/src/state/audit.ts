// The audit chain: every entry's hash covers the entry and the hash before it, so that no entry can be changed, moved or taken
// out without every later hash being wrong. Pure; where entries are kept is the store's.
//
//   hash = SHA-256 of the canonical JSON of { about, by, event, previous, reason, version, wallMs }
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import type { Digest } from '@servo-auditor/proto/ids.ts';
import type { AuditEntry, DecisionMark } from './port.ts';

/** What stands before the first entry: version 0, and the hash of nothing. */
export const emptyChain: DecisionMark = { version: 0, hash: sha256Hex('') };

/** What an entry says, before it has a place in the chain. */
export type AuditText = Pick<AuditEntry, 'wallMs' | 'by' | 'event' | 'reason' | 'about'>;

/** The entry that follows `head`. Throws a `TypeError` for an `about` that has no canonical JSON. */
export function sealEntry(head: DecisionMark, text: AuditText): AuditEntry {
  const { wallMs, by, event, reason, about } = text;
  const open = { version: head.version + 1, wallMs, by, event, reason, about, previous: head.hash };
  return { ...open, hash: hashOf(open) };
}

/** Whether `entry` is the one that follows `head`, unchanged. */
export function follows(head: DecisionMark, entry: AuditEntry): boolean {
  const { hash, ...open } = entry;
  return entry.version === head.version + 1 && entry.previous === head.hash && hashOf(open) === hash;
}

function hashOf({ version, wallMs, by, event, reason, about, previous }: Omit<AuditEntry, 'hash'>): Digest {
  return sha256Hex(canonicalJson({ version, wallMs, by, event, reason, about, previous }));
}
