// Positive evidence that the authority's claim of exactly this servo, here, has ended: a tombstone, or a disappearance. Pure.
// Asked only of servos that no claim protects.
import type { HostId, Incarnation, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Release } from '../domain/evidence.ts';
import type { ReadTombstone } from './tombstones.ts';

/** What is known of a servo that nobody claims. */
export interface Unclaimed {
  readonly uid: ServoUid;
  readonly host: HostId;
  readonly incarnation: Incarnation;
  readonly firstSeenMs: number;
  /** Observed by an earlier leadership, before it read the tombstones that this one first reads. */
  readonly seenBefore: boolean;
  /** The authority claimed it here while this incarnation was observed. */
  readonly vouched: boolean;
  readonly tombstones: readonly ReadTombstone[];
  /** Project of the authority's last claim, or what the host notes. */
  readonly project: ProjectId | undefined;
}

/** What the look-up of the single uid has said of a disappearance. */
export type LookedUp = 'released' | 'claimed' | 'not yet';

/**
 * The release that stands for the servo now. A release that stands already is hard state: it is kept unless a better one is
 * there. But a tombstone that the authority has taken back proves nothing: between two readings the servo may have been claimed
 * again, and renamed; what is left begins now. Undefined: there is none.
 * @param startedMs when (`waitMs`) this leadership began.
 */
export function releaseOf(
  servo: Unclaimed,
  before: Release | undefined,
  lookedUp: LookedUp,
  startedMs: number,
  nowMs: number,
): Release | undefined {
  const best = better(byTombstone(servo, startedMs, nowMs), byDisappearance(servo, lookedUp, nowMs));
  if (before === undefined) return best;
  if (before.kind === 'tombstone' && !hasTombstone(servo)) return best;
  if (before.capped === 'no-lookup' && lookedUp === 'claimed') return undefined;
  if (best === undefined || rank(best) <= rank(before)) return before;
  // What was known to be over when the disappearance was read is over since then, however it is proved now.
  return before.kind === 'disappearance' ? { ...best, firstReadMs: before.firstReadMs } : best;
}

/** Whether the authority holds a tombstone that may be this servo's. */
export function hasTombstone(servo: Pick<Unclaimed, 'host' | 'incarnation' | 'tombstones'>): boolean {
  return servo.tombstones.some((tombstone) => isOf(servo, tombstone));
}

function isOf(
  { host, incarnation }: Pick<Unclaimed, 'host' | 'incarnation'>,
  tombstone: ReadTombstone,
): boolean {
  return (tombstone.host ?? host) === host && (tombstone.incarnation ?? incarnation) === incarnation;
}

/** Whether a look-up of the single uid would make the release stand by itself. */
export function wantsLookup(release: Release | undefined): boolean {
  return release?.capped === 'no-lookup';
}

function byTombstone(servo: Unclaimed, startedMs: number, nowMs: number): Release | undefined {
  let best: Release | undefined;
  for (const tombstone of servo.tombstones) {
    if (!isOf(servo, tombstone)) continue;
    const { firstReadMs, projectReleased, project } = tombstone;
    const exact =
      tombstone.incarnation !== undefined ||
      firstReadMs >= servo.firstSeenMs ||
      (servo.seenBefore && firstReadMs >= startedMs);
    best = better(best, {
      ...identityOf(servo),
      kind: 'tombstone',
      // Not before nobody claims it any more, however long the tombstone stands.
      firstReadMs: nowMs,
      projectReleased,
      project: project ?? servo.project,
      capped: exact ? undefined : 'tombstone-older',
    });
  }
  return best;
}

function byDisappearance(servo: Unclaimed, lookedUp: LookedUp, nowMs: number): Release | undefined {
  if (!servo.vouched || lookedUp === 'claimed') return undefined;
  return {
    ...identityOf(servo),
    kind: 'disappearance',
    firstReadMs: nowMs,
    projectReleased: false,
    project: servo.project,
    capped: lookedUp === 'released' ? undefined : 'no-lookup',
  };
}

function identityOf({ uid, host, incarnation }: Unclaimed): Pick<Release, 'uid' | 'host' | 'incarnation'> {
  return { uid, host, incarnation };
}

function better(a: Release | undefined, b: Release | undefined): Release | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  if (rank(a) !== rank(b)) return rank(b) > rank(a) ? b : a;
  // Of two that prove the same, the one that speaks of this servo alone: it leaves the project's breaker on watch.
  return a.projectReleased && !b.projectReleased ? b : a;
}

/** A tombstone for exactly this incarnation proves most; what is capped least. */
function rank({ kind, capped }: Release): number {
  if (capped === undefined) return kind === 'tombstone' ? 3 : 2;
  return capped === 'no-lookup' ? 1 : 0;
}
