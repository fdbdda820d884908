// Brings what is believed up to date, and makes the evidence of every servo that is not plainly claimed.
// Work follows change: claimed servos on unchanged hosts cost nothing, hosts that are unchanged next to nothing. All of a pass
// is made from the views as they stood when it began; what hosts say meanwhile is the next pass's.
import type { HostId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { HostView } from '../domain/host.ts';
import { modeKey, type AcknowledgedMissing, type EnrolledHost } from '../domain/operator.ts';
import type { Inventory } from '../domain/servo.ts';
import type { Lookup, WitnessView } from '../domain/witness.ts';
import type { Book } from '../fold/book.ts';
import { takeCensus, type Census } from '../fold/census.ts';
import { evidencesAt, makeEvidence, matchOf, missingOn, noMatch, voicesOf } from '../fold/evidence.ts';
import type { Fleet } from '../fold/fleet.ts';
import { follow, type Following, type Question } from '../fold/follow.ts';
import type { HostRecord } from '../fold/host.ts';
import { lookUp } from '../fold/lookups.ts';
import { claimedNowhere } from '../fold/nowhere.ts';
import { nameMissing, rematch } from '../fold/rematch.ts';
import { snapshotsOf } from '../fold/rounds.ts';
import { Turns } from '../fold/turns.ts';
import type { FoldChange, HostMemory } from '../state/port.ts';

/** What one pass brings along. */
export interface Pass {
  /** After every witness was read. */
  readonly now: Now;
  /** In the order of `FleetSetting.witnesses`. */
  readonly witnesses: readonly WitnessView[];
  /** All hosts that operators made members of a cell, retired ones included. */
  readonly enrolled: readonly EnrolledHost[];
  readonly acknowledgedMissing: readonly AcknowledgedMissing[];
  /** The authority's look-up of one uid; rejects when it cannot tell. Undefined: it offers none. */
  readonly lookup: ((uid: ServoUid) => Promise<Lookup>) | undefined;
}

export interface Prepared extends Census {
  /** The views that all of this was made from: for `check`. */
  readonly views: ReadonlyMap<HostId, HostView>;
  /** Of every servo that no witness plainly claims, over all cells. */
  readonly evidences: readonly Evidence[];
  /** What must become durable before any order leaves; `hosts` is empty: the sessions own those. Given back if that fails. */
  readonly change: FoldChange;
  /** Hosts whose reader came to inherit, or no longer does, since the last pass: for their memory. */
  readonly inherited: readonly Pick<HostMemory, 'host' | 'readerVersion' | 'inheritsFrom'>[];
}

/** A host as this pass sees it. */
interface Seen {
  readonly record: HostRecord;
  readonly view: HostView;
  readonly inventory: Inventory;
  readonly missing: readonly ServoUid[];
}

/** Gives way to the event loop at least every 10 ms. Rejects only for a broken invariant. */
export async function prepare(fleet: Fleet, pass: Pass): Promise<Prepared> {
  const { book } = fleet;
  const turns = new Turns();
  const number = (book.pass?.number ?? 0) + 1;
  const acknowledged = acknowledgedPerHost(pass.acknowledgedMissing);
  const changed = new Set([...book.dirty, ...book.unsettled]);
  book.dirty.clear();
  const unsettled = [...book.unsettled];
  book.unsettled.clear();
  for (const record of unsettled) book.settle(record);
  const views = new Map(book.views);
  for (const record of changed) {
    const view = views.get(record.id);
    if (view !== undefined) rematch(book, record, view);
    if (turns.over) await turns.give();
  }
  nameMissing(book, changed);
  // A vouch that came just now makes a new view, of the same inventory.
  for (const { id, view } of changed)
    if (view !== undefined && views.get(id)?.inventory?.uidIndex === view.inventory?.uidIndex)
      views.set(id, view);
  if (turns.over) await turns.give();
  const seen = seenHosts(book, views, acknowledged);
  const questions = await followAll(book, seen, pass, turns);
  if (pass.lookup !== undefined) await lookUp(book, questions, pass.lookup, pass.now, number);
  const census = takeCensus(book, pass.enrolled, acknowledged, pass.now);
  await turns.give();
  book.population = census.population;
  const { generationMatches } = census;
  book.pass = { number, acknowledged, generationMatches };
  const evidences = await evidencesOf(book, seen, pass, census, turns);
  return { ...census, views, evidences, change: book.changes.take(), inherited: takeInherited(book) };
}

function acknowledgedPerHost(
  acknowledgedMissing: Pass['acknowledgedMissing'],
): ReadonlyMap<HostId, ReadonlySet<string>> {
  const perHost = new Map<HostId, Set<string>>();
  for (const { host, uid } of acknowledgedMissing) {
    const known = perHost.get(host);
    if (known === undefined) perHost.set(host, new Set([uid]));
    else known.add(uid);
  }
  return perHost;
}

/** The hosts that something is to be said of: they have candidates, or miss something. */
function seenHosts(
  book: Book,
  views: ReadonlyMap<HostId, HostView>,
  acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>,
): readonly Seen[] {
  const seen: Seen[] = [];
  for (const record of book.records.values()) {
    const missing = missingOn(record, acknowledged.get(record.id));
    if (record.candidates.length === 0 && missing.length === 0) {
      record.missingRounds = 0;
      continue;
    }
    const view = views.get(record.id);
    // A host that connected anew meanwhile is the next pass's.
    if (view?.inventory !== undefined && record.matched?.inventory.uidIndex === view.inventory.uidIndex)
      seen.push({ record, view, inventory: view.inventory, missing });
  }
  return seen;
}

async function followAll(
  book: Book,
  seen: readonly Seen[],
  { now, witnesses }: Pass,
  turns: Turns,
): Promise<readonly Question[]> {
  const nowhere = claimedNowhere(book);
  const following: Following = { now, witnesses, snapshots: snapshotsOf(witnesses), nowhere };
  const questions: Question[] = [];
  for (const { record, view, missing } of seen) {
    for (const question of follow(book, record, view, missing, following)) questions.push(question);
    if (turns.over) await turns.give();
  }
  return questions;
}

async function evidencesOf(
  book: Book,
  seen: readonly Seen[],
  { now, witnesses }: Pass,
  { generationMatches }: Census,
  turns: Turns,
): Promise<readonly Evidence[]> {
  const evidences: Evidence[] = [];
  for (const { record, view, inventory, missing } of seen) {
    const generationMatch = generationMatches.get(modeKey(view.cell, view.generation)) ?? noMatch;
    const { swappedMs } = record;
    const host = { view, match: matchOf(record, missing), generationMatch, swappedMs };
    for (const candidate of record.candidates) {
      const { at, key } = candidate;
      const release = record.releases.get(key);
      evidences.push(
        makeEvidence({
          host,
          inventory,
          row: at.row,
          uid: at.uid,
          incarnation: at.incarnation,
          firstSeenMs: at.firstSeenMs,
          voices: voicesOf(book, view.id, at.uidIndex, at.vouched, release, now),
          release,
          candidate,
          recent: record.recent,
          witnesses,
          known: book.isVouchedByAuthority(at.vouched),
        }),
      );
    }
    if (turns.over) await turns.give();
  }
  return evidences;
}

/** Evidence of all copies of a uid on a host, as of now, live ones included: for `explain`. */
export function evidenceOf(
  fleet: Fleet,
  host: HostId,
  uid: ServoUid,
  { now, witnesses }: Pick<Pass, 'now' | 'witnesses'>,
): readonly Evidence[] {
  return evidencesAt(fleet.book, host, uid, now, witnesses);
}

function takeInherited(book: Book): Prepared['inherited'] {
  const inherited = [...book.inherited].flatMap(({ id, view }) =>
    view === undefined
      ? []
      : [{ host: id, readerVersion: view.readerVersion, inheritsFrom: view.inheritsFrom }],
  );
  book.inherited.clear();
  return inherited;
}
