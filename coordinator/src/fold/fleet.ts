// The mutable book of a leadership: what hosts and witnesses said. Views are immutable and are replaced whole; everything
// derived (matches, releases, rounds) is brought up to date by round/prepare.ts, once in a pass.
import { inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import type {
  BootId,
  CellId,
  Digest,
  Epoch,
  Generation,
  HostId,
  ReaderVersion,
  ServoUid,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Servo, ServoChange } from '@servo-auditor/proto/wire.ts';
import type { Release } from '../domain/evidence.ts';
import { openProblems, type Acknowledged, type Heartbeat, type HostView } from '../domain/host.ts';
import type { Inventory, Problem } from '../domain/servo.ts';
import type { Claim, ClaimColumns } from '../domain/witness.ts';
import type { FoldChange } from '../state/port.ts';
import { Book, type FleetSetting } from './book.ts';
import { hostless, severalClaims, unclaimed } from './claims.ts';
import { hasMoved } from './elsewhere.ts';
import type { HostRecord } from './host.ts';
import { carry, changed, identityKey, inheritance, inventoryOf, rowsOf } from './inventory.ts';
import { SnapshotBuilder, type Reading } from './snapshot.ts';

export type { FleetSetting } from './book.ts';
export type { FinishedSnapshot, SnapshotBuilder } from './snapshot.ts';

/** Who a host says to be when it connects. */
export interface Arrival {
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly bootId: BootId;
  readonly epoch: Epoch;
}

export interface ReportedInventory {
  readonly digest: Digest;
  readonly problems: readonly Problem[];
  readonly servos: readonly Servo[];
  readonly heartbeat: Heartbeat;
}

export interface ReportedHeartbeat {
  readonly digest: Digest;
  readonly count: number;
  readonly changes: readonly ServoChange[];
  readonly heartbeat: Heartbeat;
}

export type Taken = { readonly ok: true } | { readonly ok: false; readonly message: string };

/** One witness's accepted claims, those remembered from the last leadership included. */
export interface AcceptedClaims extends ClaimColumns {
  readonly hostAt: (number: number) => HostId | undefined;
  /** When (`waitMs`) the present claims of a uid were first read. */
  readonly firstReadMs: (uidIndex: number) => number;
}

const noRows = { firstSeenMs: new Float64Array(0), vouched: new Uint8Array(0) };

export class Fleet {
  /** What the passes work on. Nobody else should. */
  readonly book: Book;

  constructor(setting: FleetSetting) {
    this.book = new Book(setting);
  }

  /** The hosts that connected under this leadership. */
  get views(): ReadonlyMap<HostId, HostView> {
    return this.book.views;
  }

  /**
   * A host's session began. After another boot, with another reader or generation, what it holds is unknown until its first
   * inventory; else its view stands.
   */
  connect(arrival: Arrival, _now: Now): void {
    const record = this.book.record(arrival.host);
    const { cell, generation, readerVersion, bootId, epoch } = arrival;
    const before = record.view;
    if (
      before !== undefined &&
      before.cell === cell &&
      before.generation === generation &&
      before.readerVersion === readerVersion &&
      before.bootId === bootId &&
      before.epoch === epoch
    )
      return;
    const isOtherReader = before !== undefined && before.readerVersion !== readerVersion;
    if (isOtherReader && before.generation !== generation) record.before = undefined;
    else if (isOtherReader && before.inventory !== undefined && openProblems(before).length === 0)
      record.before = {
        readerVersion: before.readerVersion,
        inheritsFrom: before.inheritsFrom,
        inventory: before.inventory,
      };
    this.book.place(record, arrival);
    record.forgetRounds();
    record.matched = undefined;
    record.candidates = [];
    this.book.setView(record, {
      id: arrival.host,
      cell,
      generation,
      readerVersion,
      bootId,
      epoch,
      heartbeat: undefined,
      inventory: undefined,
      digestMatches: false,
      ...noRows,
      contested: record.contested,
      inheritsFrom: inheritedBy(record, readerVersion),
      acknowledged: record.acknowledged,
    });
    if (isOtherReader) this.book.inherited.add(record);
  }

  /** A whole inventory. Refused, with nothing changed, when its digest does not match or its rows are not canonical. */
  takeSnapshot(host: HostId, { digest, problems, servos, heartbeat }: ReportedInventory, now: Now): Taken {
    const { record, view } = this.#connected(host);
    const refusal = refuse(view.generation, digest, servos);
    if (refusal !== undefined) return { ok: false, message: `inventory of ${host}: ${refusal}` };
    const { book } = this;
    const inventory = inventoryOf(servos, digest, problems, book.tables);
    const went: number[] = [];
    const rows = carry(record.last, inventory, now.waitMs, {
      came: (row) => book.whereabouts.add(inventory.uidIndex[row] as number, record.number),
      went: (row) => went.push(row),
    });
    for (const row of went) this.#leave(record, row, inventory);
    if (record.absent.size > 0) this.#adopt(record, inventory, rows.vouched);
    record.last = { inventory, ...rows };
    let next: HostView = { ...view, heartbeat, inventory, digestMatches: true, ...rows };
    if (record.before !== undefined && openProblems(next).length === 0) {
      next = { ...next, inheritsFrom: inheritance(record.before, inventory) };
      record.before = undefined;
      book.inherited.add(record);
    }
    book.setView(record, next);
    book.settle(record);
    book.dirty.add(record);
    return { ok: true };
  }

  /** A heartbeat. `full`: it does not vouch for the inventory that is held here; ask for a whole one. */
  takeHeartbeat(
    host: HostId,
    { digest, count, changes, heartbeat }: ReportedHeartbeat,
  ): { readonly full: boolean } {
    const { record, view } = this.#connected(host);
    const held = view.inventory;
    const inventory =
      held !== undefined && held.digest === digest && held.count === count
        ? changed(held, changes)
        : undefined;
    if (inventory === undefined || record.last === undefined) {
      this.book.setView(record, { ...view, heartbeat, digestMatches: false });
      return { full: true };
    }
    record.last = { ...record.last, inventory };
    this.book.setView(record, { ...view, heartbeat, inventory, digestMatches: true });
    return { full: false };
  }

  /** Bars a host from orders, or (undefined) lifts that. Its rounds of evidence begin anew. */
  contest(host: HostId, why: string | undefined): void {
    const record = this.book.record(host);
    if (record.contested === why) return;
    record.contested = why;
    record.forgetRounds();
    if (record.view !== undefined) this.book.setView(record, { ...record.view, contested: why });
  }

  /** All broken items of a host that operators acknowledged (replaces the former list). */
  acknowledge(host: HostId, items: readonly Acknowledged[]): void {
    const record = this.book.record(host);
    record.acknowledged = items;
    if (record.view === undefined) return;
    this.book.setView(record, { ...record.view, acknowledged: items });
    this.book.settle(record);
  }

  /** Forgets a host and all that was derived from it, for good. */
  retire(host: HostId): void {
    const { book } = this;
    const record = book.records.get(host);
    if (record === undefined) return;
    const { last } = record;
    last?.inventory.uid.forEach((uid, row) => {
      book.whereabouts.remove(last.inventory.uidIndex[row] as number, record.number);
      const incarnation = last.inventory.incarnation[row];
      if (last.vouched[row] !== 0 && incarnation !== undefined)
        book.changes.vouchedGone({ host, uid, incarnation });
    });
    for (const { uid, incarnation } of record.absent.values())
      book.changes.vouchedGone({ host, uid, incarnation });
    for (const release of record.releases.values()) book.changes.releaseGone(release);
    book.forget(record);
  }

  /** Whether the authority's accepted snapshot claims the servo of this row, on this host if it names hosts. */
  isKnownLive(view: HostView, row: number): boolean {
    const seat = this.book.authoritySeat;
    const uid = view.inventory?.uidIndex[row];
    if (seat?.accepted === undefined || uid === undefined) return false;
    const on = seat.claims.on[uid] ?? unclaimed;
    if (on === unclaimed || on === hostless) return on === hostless;
    if (on === severalClaims)
      return seat.claims.claimsOf(uid).some((c) => c.host === undefined || c.host === view.id);
    return seat.claims.isClaimedOn(uid, this.book.tables.hosts.find(view.id));
  }

  /** Whether a claim that a look-up just answered is of a servo that has moved from `host`, and no longer protects the copy there. */
  hasMoved(witness: WitnessId, claim: Claim, host: HostId, now: Now): boolean {
    return hasMoved(this.book, this.book.seat(witness).claims, claim, host, now);
  }

  /** Whether another host's inventory holds this uid. */
  runsElsewhere(host: HostId, uid: ServoUid): boolean {
    const { book } = this;
    const number = book.tables.uids.find(uid);
    if (number < 0) return false;
    return book.whereabouts.hostsOf(number).some((at) => book.tables.hosts.at(at) !== host);
  }

  /** Servos in the fresh inventories per cohort name, as of the latest pass. */
  population(): ReadonlyMap<string, number> {
    return this.book.population;
  }

  /** Accepted claims per witness. */
  claims(): ReadonlyMap<WitnessId, AcceptedClaims> {
    return new Map(this.book.seats.map(({ profile, claims }) => [profile.id, claims]));
  }

  /** All releases that stand now. */
  releases(): readonly Release[] {
    const all: Release[] = [];
    for (const { releases } of this.book.records.values())
      if (releases.size > 0) for (const release of releases.values()) all.push(release);
    return all;
  }

  /** What a pass learned could not be made durable: the next pass brings it again. */
  giveBack(change: FoldChange): void {
    this.book.changes.giveBack(change);
  }

  /** Starts the reading of a witness; one that was begun before is void. @param now before its first query. */
  beginSnapshot(witness: WitnessId, now: Now): SnapshotBuilder {
    const { book } = this;
    const seat = book.seat(witness);
    const builder: SnapshotBuilder = new SnapshotBuilder(
      {
        witness,
        tables: book.tables,
        claims: seat.claims,
        tombstones: seat.tombstones,
        cohortsOf: (host) => book.cohortsOf(host),
        commit: (reading: Reading) => {
          if (seat.builder !== builder)
            throw new Error(`another reading of ${witness} was begun, or this one was committed already`);
          book.accept(seat, reading);
        },
      },
      now.waitMs,
    );
    seat.builder = builder;
    return builder;
  }

  /**
   * Start of a pass, before any witness is read: notes every host's latest heartbeat, of which rounds of evidence are made.
   * Readings that were begun before are void.
   */
  noteHeartbeats(now: Now): void {
    this.book.sweep();
    const { book } = this;
    for (const record of book.records.values()) {
      const { view } = record;
      record.noted = undefined;
      if (view?.heartbeat === undefined || !view.digestMatches || view.contested !== undefined) continue;
      if (!book.isFresh(view, now)) continue;
      if (view.inventory?.problems.length !== 0 && openProblems(view).length > 0) continue;
      const { heartbeat, bootId, epoch } = view;
      record.noted = { heartbeat, bootId, epoch, atMs: now.waitMs };
    }
  }

  #connected(host: HostId): { readonly record: HostRecord; readonly view: HostView } {
    const record = this.book.records.get(host);
    if (record?.view === undefined) throw new Error(`${host} is not connected`);
    return { record, view: record.view };
  }

  /** A (uid, incarnation) of the last inventory is not in the next one. */
  #leave(record: HostRecord, row: number, next: Inventory): void {
    const { last } = record;
    if (last === undefined) return;
    const uid = last.inventory.uid[row] as ServoUid;
    const incarnation = last.inventory.incarnation[row];
    const vouched = last.vouched[row] ?? 0;
    const { from, to } = rowsOf(next, uid);
    if (from === to) this.book.whereabouts.remove(last.inventory.uidIndex[row] as number, record.number);
    if (incarnation === undefined) return;
    const key = identityKey(uid, incarnation);
    record.seenBefore.delete(key);
    if (vouched === 0) return;
    record.absent.set(key, { uid, incarnation, vouched, remembered: false });
  }

  /** What is known of incarnations that were away, or of which only hard state knew, goes to their rows. */
  #adopt(record: HostRecord, inventory: Inventory, vouched: Uint8Array): void {
    const { book } = this;
    for (let row = 0; row < inventory.count; row++) {
      const uid = inventory.uid[row] as ServoUid;
      const incarnation = inventory.incarnation[row];
      if (incarnation === undefined) continue;
      const key = identityKey(uid, incarnation);
      const absent = record.absent.get(key);
      if (absent === undefined) continue;
      (vouched[row] as number) |= absent.vouched;
      record.absent.delete(key);
      if (absent.remembered && (book.authoritySeat?.tombstones.of(uid).length ?? 0) > 0)
        record.seenBefore.add(key);
    }
  }
}

function inheritedBy({ view, memory }: HostRecord, readerVersion: ReaderVersion): ReaderVersion | undefined {
  if (view !== undefined) return view.readerVersion === readerVersion ? view.inheritsFrom : undefined;
  return memory?.readerVersion === readerVersion ? memory.inheritsFrom : undefined;
}

function refuse(generation: Generation, digest: Digest, servos: readonly Servo[]): string | undefined {
  try {
    const own = inventoryDigest(generation, servos);
    return own === digest ? undefined : `its digest is ${own}, ${digest} was sent`;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}
