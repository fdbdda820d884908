// All that is known of one servo, as the value that the evidence gates read.
import type { HostId, Incarnation, RuntimeId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Evidence, HostEvidence, Match, Release, Voice } from '../domain/evidence.ts';
import { modeKey } from '../domain/operator.ts';
import { activities, contradictions, servoStates, type Inventory } from '../domain/servo.ts';
import type { WitnessView } from '../domain/witness.ts';
import type { Book } from './book.ts';
import { unclaimed } from './claims.ts';
import { protecting } from './elsewhere.ts';
import type { Candidate, HostRecord } from './host.ts';
import { identityKey, rowsOf } from './inventory.ts';

/** Missing uids that a match lists; more say nothing more. */
const maxMissingShown = 10;

export const noMatch: Match = Object.freeze({ expected: 0, found: 0, missing: [], missingRounds: 0 });

/** Uids that are missing on a host and that nobody acknowledged. */
export function missingOn(
  record: HostRecord,
  acknowledged: ReadonlySet<string> | undefined,
): readonly ServoUid[] {
  if (record.missing.length === 0 && record.missingHostless.length === 0) return record.missing;
  const all = [...record.missing, ...record.missingHostless];
  return acknowledged === undefined ? all : all.filter((uid) => !acknowledged.has(uid));
}

/** How well the host's inventory shows what the authority expects there. */
export function matchOf(record: HostRecord, missing: readonly ServoUid[]): Match {
  const { matched, missingHostless, missingRounds } = record;
  if (matched === undefined) return noMatch;
  return {
    expected: matched.expected + missingHostless.length,
    found: matched.found,
    missing: missing.length > maxMissingShown ? missing.slice(0, maxMissingShown) : missing,
    missingRounds,
  };
}

/** What the servo of a row shares with others, and what is only its own. */
export interface ServoFacts {
  readonly host: HostEvidence;
  readonly inventory: Inventory;
  readonly row: number;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly firstSeenMs: number;
  readonly voices: readonly Voice[];
  readonly release: Release | undefined;
  readonly candidate: Candidate | undefined;
  readonly recent: HostRecord['recent'];
  readonly witnesses: readonly WitnessView[];
  readonly known: boolean;
}

/** The evidence of one servo. */
export function makeEvidence(facts: ServoFacts): Evidence {
  const { host, inventory, row, candidate } = facts;
  return {
    host,
    row,
    uid: facts.uid,
    incarnation: facts.incarnation,
    runtimeId: inventory.runtimeId[row] as RuntimeId,
    project: inventory.project[row],
    state: servoStates[inventory.state[row] as number] ?? 'running',
    activity: activities[inventory.activity[row] as number] ?? 'unknown',
    contradiction: contradictions[inventory.contradiction[row] as number] ?? 'two-uids',
    firstSeenMs: facts.firstSeenMs,
    voices: facts.voices,
    known: facts.known,
    release: facts.release,
    nowhere: candidate?.nowhere,
    nowhereSince: candidate?.nowhereSince,
    nowhereMs: candidate?.nowhereMs,
    rounds: candidate?.rounds.rounds(facts.recent) ?? noRounds,
    roundCount: candidate?.rounds.count ?? 0,
    witnesses: facts.witnesses,
  };
}

const noRounds: Evidence['rounds'] = Object.freeze([]);

/**
 * What every witness says of a servo. A witness has released only what it claimed before, here, while this incarnation was
 * observed, and only by a snapshot that was accepted in this leadership; the authority only by a release.
 */
export function voicesOf(
  book: Book,
  host: HostId,
  uidIndex: number,
  vouched: number,
  release: Release | undefined,
  now: Now,
): readonly Voice[] {
  const silent = silentVoices(book, vouched, release !== undefined);
  if (book.seats.every(({ claims }) => (claims.on[uidIndex] ?? unclaimed) === unclaimed)) return silent;
  return book.seats.map(({ claims }, w) => {
    const voice = silent[w] as Voice;
    const protects = protecting(book, claims, uidIndex, host, now);
    return protects.length === 0 ? voice : { ...voice, says: 'claims', claims: protects };
  });
}

/** The voices where no claim is left: there are only so many of them, and all servos share them. */
function silentVoices(book: Book, vouched: number, isReleased: boolean): readonly Voice[] {
  const key = vouched * 2 + Number(isReleased);
  const known = book.silent.get(key);
  if (known !== undefined) return known;
  const voices = book.seats.map(({ profile, accepted }, w): Voice => {
    const { id: witness, source, authority } = profile;
    const released = accepted !== undefined && (authority ? isReleased : (vouched & (1 << w)) !== 0);
    return { witness, source, authority, says: released ? 'released' : 'nothing', claims: [] };
  });
  book.silent.set(key, voices);
  return voices;
}

/** Evidence of all copies of a uid on a host, live ones included. */
export function evidencesAt(
  book: Book,
  host: HostId,
  uid: ServoUid,
  now: Now,
  witnesses: readonly WitnessView[],
): readonly Evidence[] {
  const record = book.records.get(host);
  const view = record?.view;
  const inventory = view?.inventory;
  if (record === undefined || view === undefined || inventory === undefined) return [];
  const { from, to } = rowsOf(inventory, uid);
  const evidences: Evidence[] = [];
  const match = matchOf(record, missingOn(record, book.pass?.acknowledged.get(host)));
  const generationMatch = book.pass?.generationMatches.get(modeKey(view.cell, view.generation)) ?? noMatch;
  for (let row = from; row < to; row++) {
    const incarnation = inventory.incarnation[row] as Incarnation;
    const key = identityKey(uid, incarnation);
    const release = record.releases.get(key);
    const vouched = view.vouched[row] ?? 0;
    evidences.push(
      makeEvidence({
        host: { view, match, generationMatch, swappedMs: record.swappedMs },
        inventory,
        row,
        uid,
        incarnation,
        firstSeenMs: view.firstSeenMs[row] ?? Infinity,
        voices: voicesOf(book, host, inventory.uidIndex[row] as number, vouched, release, now),
        release,
        candidate: record.candidates.find((c) => c.key === key),
        recent: record.recent,
        witnesses,
        known: book.isVouchedByAuthority(vouched),
      }),
    );
  }
  return evidences;
}
