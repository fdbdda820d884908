// A claim that names only other hosts still protects this copy, until the servo is seen running there and the claim is old
// enough: a registry may be ahead of the move that it records.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Claim } from '../domain/witness.ts';
import type { Book } from './book.ts';
import { unclaimed, type ClaimBook } from './claims.ts';
import { isPlain } from './match.ts';

/** Of one witness's claims of a uid, those that protect the copy on `host`: of this host, of no host, or not yet borne out elsewhere. */
export function protecting(
  book: Book,
  claims: ClaimBook,
  uid: number,
  host: HostId,
  now: Now,
): readonly Claim[] {
  if ((claims.on[uid] ?? unclaimed) === unclaimed) return none;
  const isOld = now.waitMs - claims.firstReadMs(uid) >= book.setting.policy.movedClaimMs;
  return claims.claimsOf(uid).filter((claim) => !isOld || !isBorneOut(book, claim, host, now));
}

/** Whether a claim speaks of another host alone, and the servo is seen running there. */
export function isBorneOut(book: Book, claim: Claim, host: HostId, now: Now): boolean {
  if (isPlain(claim, host) || claim.host === undefined) return false;
  return book.runsOn(claim.host, claim.uid, claim.incarnation, now);
}

/**
 * Whether a claim that a look-up just answered no longer protects the copy on `host`: it names another host, has stood in the
 * witness's accepted claims for long enough, and is borne out there.
 */
export function hasMoved(book: Book, claims: ClaimBook, claim: Claim, host: HostId, now: Now): boolean {
  const uid = book.tables.uids.find(claim.uid);
  if (uid < 0 || !claims.claimsOf(uid).some((accepted) => accepted.host === claim.host)) return false;
  const isOld = now.waitMs - claims.firstReadMs(uid) >= book.setting.policy.movedClaimMs;
  return isOld && isBorneOut(book, claim, host, now);
}

const none: readonly Claim[] = Object.freeze([]);
