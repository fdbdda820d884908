// Whether a complete reading may replace the last accepted one, or waits for an operator. Pure.
//
// The level of a key is the highest count that was accepted within the last one to two windows. A reading below it by too
// much waits, so many small steps add up; marks move on only when a reading is accepted, so waiting never ages a level out.
import { canonicalJson, sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { countOrShare, type Policy } from '../domain/policy.ts';
import type { WaitingSnapshot } from '../domain/witness.ts';
import type { Levels } from '../state/port.ts';

/** What a complete reading holds, as far as it is compared with earlier ones. */
export interface Seen {
  readonly version: number;
  readonly lineage: string;
  /** Claims per key of `Levels`: `total`, `host:<id>`, `generation:<cell>:<generation>`. */
  readonly levels: Readonly<Record<string, number>>;
}

/** What was accepted last. */
export interface Marks {
  readonly version: number;
  readonly lineage: string;
  readonly levels: Levels;
}

export type Acceptance =
  | { readonly kind: 'accepted'; readonly levels: Levels }
  /** `seen`: the reading that the hash names, and that an operator's accept makes the new level. */
  | { readonly kind: 'waiting'; readonly waiting: WaitingSnapshot; readonly seen: Seen };

/** A host or generation may always lose one claim at once, even its only one: that is a deletion, and not a shrink. */
const maxSingleLoss = 1;
/** Scopes that one message names; the rest is counted. */
const maxNamedScopes = 3;

/**
 * @param marks of the last accepted reading. Absent: there was none; the first reading sets the levels. An empty first
 * reading is harmless: without claims nothing is ever known, and what was never known is never stopped by itself.
 * @param waitMs now.
 * @param held the reading that waits already. While later ones are near it, it stays the one to accept: a busy witness has
 * a new version at each reading, and its hash would be gone before anybody could name it.
 */
export function accept(
  marks: Marks | undefined,
  seen: Seen,
  policy: Policy,
  waitMs: number,
  held?: Seen,
): Acceptance {
  if (marks === undefined) return { kind: 'accepted', levels: freshLevels(seen, waitMs) };
  const why = whyWait(marks, seen, policy);
  if (why === undefined) return { kind: 'accepted', levels: movedLevels(marks.levels, seen, policy, waitMs) };
  const whyHeld = held !== undefined && isNear(held, seen, policy) ? whyWait(marks, held, policy) : undefined;
  return held === undefined || whyHeld === undefined ? waitFor(seen, why) : waitFor(held, whyHeld);
}

function waitFor(seen: Seen, why: Omit<WaitingSnapshot, 'hash'>): Acceptance {
  const hash = sha256Hex(canonicalJson(seen)).slice(0, 16);
  return { kind: 'waiting', waiting: { ...why, hash }, seen };
}

/** Whether a later reading would follow this one without waiting, and has not grown by more than it might have shrunk. */
function isNear(held: Seen, seen: Seen, policy: Policy): boolean {
  return (
    seen.lineage === held.lineage &&
    seen.version >= held.version &&
    shrinkOf(freshLevels(held, 0), seen, policy) === undefined &&
    shrinkOf(freshLevels(seen, 0), held, policy) === undefined
  );
}

/** Levels that start anew from a reading: the first one, or one that an operator accepted. */
export function freshLevels(seen: Seen, waitMs: number): Levels {
  return { sinceMs: waitMs, current: seen.levels, previous: {} };
}

function whyWait(marks: Marks, seen: Seen, policy: Policy): Omit<WaitingSnapshot, 'hash'> | undefined {
  if (seen.lineage !== marks.lineage)
    return {
      why: 'lineage',
      message: `its lineage changed from "${marks.lineage}" to "${seen.lineage}": another database, or an edited query or mapping`,
    };
  if (seen.version < marks.version)
    return {
      why: 'version',
      message: `its version went back from ${marks.version} to ${seen.version}: restored from a backup, or a lagging replica`,
    };
  const shrunk = shrinkOf(marks.levels, seen, policy);
  return shrunk === undefined ? undefined : { why: 'shrink', message: shrunk };
}

function shrinkOf({ current, previous }: Levels, seen: Seen, policy: Policy): string | undefined {
  const shrunk: string[] = [];
  for (const key of new Set([...Object.keys(current), ...Object.keys(previous)])) {
    const level = Math.max(current[key] ?? 0, previous[key] ?? 0);
    const count = seen.levels[key] ?? 0;
    const allowed = allowedLoss(key, level, count, policy);
    if (level - count > allowed)
      shrunk.push(
        `claims of ${key === 'total' ? 'all servos' : key} fell from ${level} to ${count}: ${level - count} fewer, at most ${allowed} may go at once or in small steps`,
      );
  }
  if (shrunk.length === 0) return undefined;
  const rest = shrunk.length - maxNamedScopes;
  return [...shrunk.slice(0, maxNamedScopes), ...(rest > 0 ? [`and ${rest} scopes more`] : [])].join('; ');
}

/** A witness that says nothing at all any more is never a small change, however little it had to say. */
function allowedLoss(key: string, level: number, count: number, policy: Policy): number {
  if (key !== 'total') return Math.max(maxSingleLoss, Math.floor(level / 2));
  return count === 0 ? maxSingleLoss : countOrShare(policy.shrinkClaims, policy.shrinkShare, level);
}

function movedLevels(levels: Levels, seen: Seen, policy: Policy, waitMs: number): Levels {
  if (waitMs - levels.sinceMs >= policy.shrinkWindowMs)
    return { sinceMs: waitMs, current: seen.levels, previous: levels.current };
  const current: Record<string, number> = { ...levels.current };
  for (const [key, count] of Object.entries(seen.levels)) current[key] = Math.max(current[key] ?? 0, count);
  return { ...levels, current };
}
