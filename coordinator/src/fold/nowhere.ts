// Servos that a witness claims and that no host shows. Where a servo was renamed in the registry alone, its new name looks like this,
// while its old one looks released: the authority claims it and names no host, or has lost it again while another source still
// claims it. What the authority claims and names a host for is missed there, and there alone.
import type { ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Book } from './book.ts';
import { hostless, severalClaims, unclaimed, type ClaimBook } from './claims.ts';

/** Of the claims that are seen nowhere, one for each project. */
export interface Nowhere {
  readonly byProject: ReadonlyMap<ProjectId, ServoUid>;
  /** One that names no project: it may be anybody's. */
  readonly ofNone: ServoUid | undefined;
  /** Any of them. */
  readonly any: ServoUid | undefined;
}

/** Undefined while no release could be a renaming: then nobody asks. One look at all claims otherwise. */
export function claimedNowhere(book: Book): Nowhere | undefined {
  const { tables, whereabouts, authoritySeat, seats } = book;
  if (authoritySeat === undefined || !hasDisappearance(book)) return undefined;
  const expected = authoritySeat.claims.read.on;
  const byProject = new Map<ProjectId, ServoUid>();
  let ofNone: ServoUid | undefined;
  let any: ServoUid | undefined;
  for (const { claims } of seats) {
    const { on, project } = claims.read;
    const isAuthority = claims === authoritySeat.claims;
    for (let uid = 0; uid < on.length; uid++) {
      const where = on[uid] as number;
      if (where === unclaimed || whereabouts.isSeen(uid)) continue;
      if (isAuthority ? !isHostless(claims, uid) : (expected[uid] ?? unclaimed) !== unclaimed) continue;
      const name = tables.uids.at(uid);
      const number = project[uid] ?? 0;
      any ??= name;
      if (number === 0) ofNone ??= name;
      else if (!byProject.has(tables.projects.at(number - 1)))
        byProject.set(tables.projects.at(number - 1), name);
    }
  }
  return { byProject, ofNone, any };
}

function isHostless(claims: ClaimBook, uid: number): boolean {
  const where = claims.read.on[uid] as number;
  if (where === severalClaims) return claims.claimsOf(uid).some(({ host }) => host === undefined);
  return where === hostless;
}

/** The claim that may be a servo of this project under its new name. @param project undefined: nobody knows it. */
export function nowhereOf(
  nowhere: Nowhere | undefined,
  project: ProjectId | undefined,
): ServoUid | undefined {
  if (nowhere === undefined) return undefined;
  return project === undefined ? nowhere.any : (nowhere.byProject.get(project) ?? nowhere.ofNone);
}

/** The same, of what the authority expects on the servo's own host and misses there. */
export function missingOf(
  { tables, authoritySeat }: Book,
  missing: readonly ServoUid[],
  project: ProjectId | undefined,
): ServoUid | undefined {
  const projects = authoritySeat?.claims.read.project;
  return missing.find((uid) => {
    const number = projects?.[tables.uids.find(uid)] ?? 0;
    return project === undefined || number === 0 || tables.projects.at(number - 1) === project;
  });
}

function hasDisappearance(book: Book): boolean {
  for (const { releases } of book.records.values())
    for (const { kind } of releases.values()) if (kind === 'disappearance') return true;
  return false;
}
