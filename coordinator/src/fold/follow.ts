// Follows the servos that nobody plainly claims, host by host, from pass to pass: their releases, and their rounds of evidence.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { EvidenceRound, RoundSnapshot } from '../domain/evidence.ts';
import type { HostView } from '../domain/host.ts';
import type { WitnessView } from '../domain/witness.ts';
import type { Book } from './book.ts';
import { protecting } from './elsewhere.ts';
import type { Candidate, HostRecord } from './host.ts';
import { missingOf, nowhereOf, type Nowhere } from './nowhere.ts';
import { hasTombstone, releaseOf } from './releases.ts';
import { roundOf } from './rounds.ts';

/** What is the same for all hosts of a pass. */
export interface Following {
  readonly now: Now;
  readonly witnesses: readonly WitnessView[];
  /** Undefined: a witness has no accepted snapshot, so there are no rounds. */
  readonly snapshots: readonly RoundSnapshot[] | undefined;
  /** As it stood before this pass. */
  readonly nowhere: Nowhere | undefined;
}

/** A candidate whose release a look-up of its uid could decide. */
export interface Question {
  readonly record: HostRecord;
  readonly candidate: Candidate;
}

/**
 * One host's round of this pass, and what it means for its candidates.
 * @param missing expected servos that are missing on the host, and that nobody acknowledged.
 * @returns candidates whose release waits for a look-up.
 */
export function follow(
  book: Book,
  record: HostRecord,
  view: HostView,
  missing: readonly ServoUid[],
  following: Following,
): readonly Question[] {
  const round = countRound(book, record, view, missing.length, following);
  if (record.matched === undefined) return noQuestions;
  let questions: Question[] | undefined;
  for (const candidate of record.candidates) {
    if (isProtected(book, record, candidate, following.now)) {
      candidate.rounds.restart(0);
      candidate.lookedUp = 'not yet';
      forgetNowhere(candidate);
      endRelease(book, record, candidate);
      continue;
    }
    if (renewRelease(book, record, candidate, following.now)) (questions ??= []).push({ record, candidate });
    const release = record.releases.get(candidate.key);
    if (release?.kind === 'disappearance') {
      const nowhere =
        nowhereOf(following.nowhere, release.project) ?? missingOf(book, missing, release.project);
      if (nowhere !== candidate.nowhere)
        candidate.nowhereSince = nowhere === undefined ? undefined : following.now;
      candidate.nowhere = nowhere;
      if (nowhere !== undefined && round !== undefined) candidate.nowhereMs = round.atMs;
    } else forgetNowhere(candidate);
    if (round === undefined || record.noted === undefined) continue;
    if (candidate.at.firstSeenMs <= record.noted.atMs) candidate.rounds.add(round);
  }
  return questions ?? noQuestions;
}

function forgetNowhere(candidate: Candidate): void {
  candidate.nowhere = candidate.nowhereSince = candidate.nowhereMs = undefined;
}

const noQuestions: readonly Question[] = Object.freeze([]);

function countRound(
  book: Book,
  record: HostRecord,
  view: HostView,
  missing: number,
  { now, witnesses, snapshots }: Following,
): EvidenceRound | undefined {
  if (missing === 0) record.missingRounds = 0;
  const { noted } = record;
  if (noted === undefined || snapshots === undefined || noted.bootId !== view.bootId) return undefined;
  const round = roundOf(record.id, noted, snapshots, witnesses, record.lastRound, now.waitMs);
  if (round === undefined) return undefined;
  record.lastRound = round;
  if (missing > 0) record.missingRounds++;
  if (record.missingRounds >= book.setting.policy.swapRounds) record.swappedMs = round.atMs;
  // As many as a decision may ask for; each servo keeps its first one beside these.
  const keep = book.setting.policy.evidenceRounds;
  record.recent = [...record.recent.slice(Math.max(0, record.recent.length - keep + 1)), round];
  return round;
}

function isProtected(book: Book, record: HostRecord, { at }: Candidate, now: Now): boolean {
  if (!at.elsewhere) return false;
  return book.seats.some(({ claims }) => protecting(book, claims, at.uidIndex, record.id, now).length > 0);
}

function endRelease(book: Book, record: HostRecord, { key }: Candidate): void {
  const release = record.releases.get(key);
  if (release === undefined) return;
  record.releases.delete(key);
  book.changes.releaseGone(release);
}

/** Brings the candidate's release up to date. Returns whether a look-up of its uid could decide it. */
export function renewRelease(book: Book, record: HostRecord, candidate: Candidate, now: Now): boolean {
  const before = record.releases.get(candidate.key);
  const seat = book.authoritySeat;
  const { uid, uidIndex, incarnation, firstSeenMs, hasContradiction } = candidate.at;
  const tombstones = seat?.tombstones.of(uid) ?? [];
  // Nothing proves more than a tombstone for exactly this; and what is not known well enough adds no release.
  const isBest =
    before?.kind === 'tombstone' &&
    before.capped === undefined &&
    hasTombstone({ host: record.id, incarnation, tombstones });
  if (isBest || seat?.accepted === undefined || hasContradiction) {
    candidate.rounds.countFrom(before?.firstReadMs ?? 0);
    return false;
  }
  const vouched = book.isVouchedByAuthority(candidate.at.vouched);
  if (before === undefined && !vouched && tombstones.length === 0) {
    candidate.rounds.countFrom(0);
    return false;
  }
  const servo = {
    uid,
    host: record.id,
    incarnation,
    firstSeenMs,
    seenBefore: record.seenBefore.has(candidate.key),
    vouched,
    tombstones,
    project: seat.claims.lastProject(uidIndex) ?? record.matched?.inventory.project[candidate.at.row],
  };
  const release = releaseOf(servo, before, candidate.lookedUp, book.setting.startedMs, now.waitMs);
  if (release !== before) {
    if (release === undefined) endRelease(book, record, candidate);
    else {
      record.releases.set(candidate.key, release);
      book.changes.released(release);
    }
  }
  candidate.rounds.countFrom(release?.firstReadMs ?? 0);
  return release?.capped === 'no-lookup' || (release === undefined && vouched);
}
