// Brings one host's match up to date after its inventory or its claims changed.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { HostView } from '../domain/host.ts';
import type { Inventory } from '../domain/servo.ts';
import type { Book } from './book.ts';
import { firstHost, severalClaims } from './claims.ts';
import { Candidate, type CandidateRow, type HostRecord } from './host.ts';
import { identityKey, rowOf, rowsOf } from './inventory.ts';
import { matchHost, type Matched } from './match.ts';

/** @param view the host as this pass sees it; has an inventory. */
export function rematch(book: Book, record: HostRecord, view: HostView): void {
  const { inventory } = view;
  if (inventory === undefined) return;
  const matched = matchHost(view, inventory, record.number, book.seats, book.authority);
  record.matched = matched;
  if (matched.vouchLater) book.unsettled.add(record);
  if (matched.vouched !== view.vouched) vouch(book, record, view, matched);
  const before = new Map(record.candidates.map((candidate) => [candidate.key, candidate]));
  record.candidates = matched.candidates.map((row) => {
    const at = rowAt(view, matched, row);
    const key = identityKey(at.uid, at.incarnation);
    const known = before.get(key);
    // Two rows of one identity are two candidates.
    before.delete(key);
    if (known === undefined) return new Candidate(key, at);
    known.at = at;
    return known;
  });
  if (record.releases.size > 0) endClaimed(book, record, inventory);
}

function rowAt(
  { firstSeenMs }: HostView,
  { inventory, vouched, elsewhere }: Matched,
  row: number,
): CandidateRow {
  return {
    row,
    uid: inventory.uid[row] as ServoUid,
    uidIndex: inventory.uidIndex[row] as number,
    incarnation: inventory.incarnation[row] as Incarnation,
    firstSeenMs: firstSeenMs[row] as number,
    vouched: vouched[row] as number,
    hasContradiction: inventory.contradiction[row] !== 0,
    elsewhere: elsewhere.has(row),
  };
}

/** Notes the witnesses that now vouch for rows, unless the host has sent another inventory meanwhile. */
function vouch(book: Book, record: HostRecord, view: HostView, { inventory, vouched }: Matched): void {
  const now = record.view;
  if (now?.inventory?.uidIndex !== inventory.uidIndex || record.last === undefined) return;
  for (let row = 0; row < vouched.length; row++) {
    const bits = vouched[row] as number;
    const before = view.vouched[row] as number;
    if (bits === before) continue;
    const uid = inventory.uid[row] as ServoUid;
    const incarnation = inventory.incarnation[row] as Incarnation;
    book.changes.vouched(
      { host: record.id, uid, incarnation, witnesses: book.witnessesOf(bits) },
      before === 0,
    );
  }
  record.last = { ...record.last, vouched };
  book.setView(record, { ...now, vouched });
}

/** Any plain claim ends a release. */
function endClaimed(book: Book, record: HostRecord, inventory: Inventory): void {
  const candidates = new Set(record.candidates.map((candidate) => candidate.key));
  for (const [key, release] of record.releases) {
    if (candidates.has(key) || rowOf(inventory, release.uid, release.incarnation) < 0) continue;
    record.releases.delete(key);
    book.changes.releaseGone(release);
  }
}

/** Names what the authority expects by name on these hosts and their inventories do not hold. One look at all claims. */
export function nameMissing(book: Book, records: Iterable<HostRecord>): void {
  const wanted = new Map<number, ServoUid[]>();
  for (const record of records) {
    record.missing = none;
    if ((record.matched?.missing ?? 0) > 0) wanted.set(record.number, []);
  }
  const claims = book.authoritySeat?.claims;
  if (wanted.size === 0 || claims === undefined) return;
  const isWanted = new Uint8Array(book.tables.hosts.size);
  for (const host of wanted.keys()) isWanted[host] = 1;
  const note = (uid: number, host: number): void => {
    const record = book.byNumber(host);
    const inventory = record?.matched?.inventory;
    const name = book.tables.uids.at(uid);
    if (inventory === undefined) return;
    const { from, to } = rowsOf(inventory, name);
    if (from === to) wanted.get(host)?.push(name);
  };
  const { on } = claims;
  for (let uid = 0; uid < on.length; uid++) {
    const n = on[uid] as number;
    if (n >= firstHost) {
      if (isWanted[n - firstHost] === 1) note(uid, n - firstHost);
    } else if (n === severalClaims)
      for (const host of new Set((claims.several.get(uid) ?? []).map((claim) => claim.host)))
        if (host !== undefined) {
          const number = book.tables.hosts.find(host);
          if (isWanted[number] === 1) note(uid, number);
        }
  }
  for (const [host, uids] of wanted) {
    const record = book.byNumber(host);
    if (record !== undefined) record.missing = uids.toSorted();
  }
}

const none: readonly ServoUid[] = Object.freeze([]);
