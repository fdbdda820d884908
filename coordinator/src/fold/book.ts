// The state behind `Fleet`: what everybody said, by host and by witness, and which hosts must be looked at again.
// Only the files of this folder and round/prepare.ts write to it.
import type {
  CellId,
  Epoch,
  Generation,
  HostId,
  Incarnation,
  ServoUid,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import { stalenessMs, type Now } from '@servo-auditor/proto/time.ts';
import type { Match, Voice } from '../domain/evidence.ts';
import type { Policy } from '../domain/policy.ts';
import { openProblems, type HostView } from '../domain/host.ts';
import { cohortName } from '../domain/operator.ts';
import type { Inventory } from '../domain/servo.ts';
import type { SnapshotMeta, WitnessProfile } from '../domain/witness.ts';
import type { HostMemory, Memory } from '../state/port.ts';
import { Changes } from './changes.ts';
import {
  ClaimBook,
  firstHost,
  hostless,
  severalClaims,
  unclaimed,
  type ReadColumns,
  type Tables,
} from './claims.ts';
import { HostRecord, type Absent } from './host.ts';
import { identityKey, rowOf, rowsOf } from './inventory.ts';
import { SnapshotBuilder, type Cohorts, type Reading } from './snapshot.ts';
import { TombstoneBook } from './tombstones.ts';
import { NameTable } from './uids.ts';
import { Whereabouts } from './whereabouts.ts';

/** Names per servo from which it is worth looking for those that nobody holds. */
const wornFrom = 1.25;
/** Bits of one byte. */
const maxWitnesses = 8;

export interface FleetSetting {
  /** All configured witnesses, at most 8; the position of one is its bit in `HostView.vouched`. */
  readonly witnesses: readonly WitnessProfile[];
  readonly policy: Policy;
  readonly epoch: Epoch;
  /** `waitMs` at which this leadership began (`Leadership.waitedMs`). */
  readonly startedMs: number;
  /** What earlier leaderships made durable. */
  readonly memory: Memory;
}

/** What is held of one witness. */
export interface Seat {
  readonly profile: WitnessProfile;
  readonly claims: ClaimBook;
  readonly tombstones: TombstoneBook;
  /** As in `Standing`. */
  provenMs: number;
  /** Version of the last accepted data, earlier leaderships included. */
  version: number;
  accepted: SnapshotMeta | undefined;
  /** The latest reading that was begun; only it may be committed. */
  builder: SnapshotBuilder | undefined;
}

/** What hosts are counted by. */
export type Group = Pick<HostView, 'cell' | 'generation' | 'readerVersion'>;

/** What the latest pass found: what evidence is made with between two passes. */
export interface PassView {
  /** Counts the passes of this leadership, from 1. */
  readonly number: number;
  /** Missing uids that operators acknowledged, per host. */
  readonly acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>;
  /** Two-way match per `<cell>:<generation>`. */
  readonly generationMatches: ReadonlyMap<string, Match>;
}

export class Book {
  readonly setting: FleetSetting;
  readonly tables: Tables = { uids: new NameTable(), hosts: new NameTable(), projects: new NameTable() };
  readonly seats: readonly Seat[];
  /** Position of the authority. */
  readonly authority: number;
  readonly records = new Map<HostId, HostRecord>();
  readonly views = new Map<HostId, HostView>();
  readonly whereabouts = new Whereabouts();
  readonly changes = new Changes();
  /** Hosts whose inventory or claims changed since they were matched. */
  readonly dirty = new Set<HostRecord>();
  /** Hosts with something that a later snapshot, or another host, may settle. */
  readonly unsettled = new Set<HostRecord>();
  /** Hosts whose `inheritsFrom` changed since the last pass. */
  readonly inherited = new Set<HostRecord>();
  population: ReadonlyMap<string, number> = new Map();
  /** By `HostRecord.group`: as many as there were kinds of hosts in this leadership. */
  readonly groups: Group[] = [];
  /** Absent before the first one. */
  pass: PassView | undefined;
  /** Cells that once had their quorum of fresh hosts in this leadership: before, what is missing only has not come yet. */
  readonly warm = new Set<CellId>();
  /** Voices without a claim, by what they depend on; void after each accepted snapshot. */
  readonly silent = new Map<number, readonly Voice[]>();
  readonly #byNumber: (HostRecord | undefined)[] = [];
  /** By host number. */
  readonly #cohorts: (Cohorts | undefined)[] = [];
  readonly #memories: ReadonlyMap<HostId, HostMemory>;
  readonly #namesOfBits = new Map<number, readonly WitnessId[]>();

  constructor(setting: FleetSetting) {
    const { witnesses, memory } = setting;
    if (witnesses.length > maxWitnesses)
      throw new RangeError(`${witnesses.length} witnesses are configured: want at most ${maxWitnesses}`);
    this.setting = setting;
    this.authority = witnesses.findIndex((w) => w.authority);
    this.seats = witnesses.map((profile) => this.#seat(profile, memory));
    this.#memories = new Map(memory.hosts.map((h) => [h.host, h]));
    for (const { host, cell, generation } of memory.hosts)
      this.#noteCohorts(this.tables.hosts.add(host), cell, generation);
    for (const host of memory.hosts) if (!host.retired) this.record(host.host);
    this.#remember(memory);
  }

  /** The record of a host; it gets one where it has none. */
  record(host: HostId): HostRecord {
    const known = this.records.get(host);
    if (known !== undefined) return known;
    const number = this.tables.hosts.add(host);
    const record = new HostRecord(host, number, this.#memories.get(host));
    this.records.set(host, record);
    this.#byNumber[number] = record;
    return record;
  }

  byNumber(number: number): HostRecord | undefined {
    return this.#byNumber[number];
  }

  /**
   * Names of the cohorts of the host with this number, also where it never connected; the generation's where it is known.
   * A retired host keeps its generation: that its claims are still there must not look as if the generation had lost them.
   */
  cohortsOf(number: number): Cohorts {
    return (this.#cohorts[number] ??= {
      host: cohortName({ kind: 'host', host: this.tables.hosts.at(number) }),
      generation: undefined,
    });
  }

  /** Notes where a host belongs, when it connects. */
  place(record: HostRecord, { cell, generation, readerVersion }: Group): void {
    this.#noteCohorts(record.number, cell, generation);
    record.group = this.groups.findIndex(
      (g) => g.cell === cell && g.generation === generation && g.readerVersion === readerVersion,
    );
    if (record.group < 0) record.group = this.groups.push({ cell, generation, readerVersion }) - 1;
  }

  #noteCohorts(number: number, cell: CellId, generation: Generation | undefined): void {
    const host = cohortName({ kind: 'host', host: this.tables.hosts.at(number) });
    this.#cohorts[number] = {
      host,
      generation: generation === undefined ? undefined : cohortName({ kind: 'generation', cell, generation }),
    };
  }

  setView(record: HostRecord, view: HostView): void {
    record.view = view;
    this.views.set(record.id, view);
  }

  forget(record: HostRecord): void {
    this.records.delete(record.id);
    this.views.delete(record.id);
    this.#byNumber[record.number] = undefined;
    for (const set of [this.dirty, this.unsettled, this.inherited]) set.delete(record);
  }

  seat(witness: WitnessId): Seat {
    const seat = this.seats.find((s) => s.profile.id === witness);
    if (seat === undefined) throw new Error(`no witness ${witness} is configured`);
    return seat;
  }

  get authoritySeat(): Seat | undefined {
    return this.seats[this.authority];
  }

  /** Names behind the bits of `vouched`. */
  witnessesOf(bits: number): readonly WitnessId[] {
    let names = this.#namesOfBits.get(bits);
    if (names === undefined) {
      names = this.seats.filter((_, w) => (bits & (1 << w)) !== 0).map((s) => s.profile.id);
      this.#namesOfBits.set(bits, names);
    }
    return names;
  }

  isVouchedByAuthority(bits: number): boolean {
    return this.authority >= 0 && (bits & (1 << this.authority)) !== 0;
  }

  /** Takes a finished reading for the accepted snapshot, and marks every host that it concerns. */
  accept(seat: Seat, { columns, draft, changed, beganMs, meta }: Reading): void {
    const before = seat.claims.read;
    if (changed.length > this.records.size * 4)
      for (const record of this.records.values()) this.dirty.add(record);
    else
      for (const uid of changed) {
        for (const host of this.whereabouts.hostsOf(uid)) this.#mark(host);
        this.#markNamed(before, uid);
        this.#markNamed(columns, uid);
      }
    seat.tombstones.accept(draft);
    seat.claims.accept(columns, changed, beganMs);
    // A replica shows that its data is later than what it said before; a primary by being it.
    if (seat.profile.reads === 'primary' || meta.version > seat.version) seat.provenMs = beganMs;
    seat.version = meta.version;
    seat.accepted = meta;
    this.silent.clear();
    seat.builder = undefined;
  }

  /** Whether the authority, naming no host, still claims what it vouched for here, and nothing else explains where it is. */
  isMissedHere(record: HostRecord, { uid, vouched }: Absent): boolean {
    const claims = this.authoritySeat?.claims;
    const number = this.tables.uids.find(uid);
    if (claims === undefined || number < 0 || !this.isVouchedByAuthority(vouched)) return false;
    const on = claims.on[number] ?? unclaimed;
    const isHostless =
      on === hostless || (on === severalClaims && claims.claimsOf(number).some((c) => c.host === undefined));
    return (
      isHostless && this.whereabouts.hostsOf(number).length === 0 && record.view?.inventory !== undefined
    );
  }

  /** After an inventory, and while something is unsettled: ends what was vouched for and released of servos that are gone. */
  settle(record: HostRecord): void {
    const { view } = record;
    const inventory = view?.inventory;
    if (view === undefined || inventory === undefined) return;
    const isComplete = openProblems(view).length === 0;
    const { id: host } = record;
    if (isComplete)
      for (const [key, absent] of record.absent) {
        if (this.isMissedHere(record, absent)) continue;
        record.absent.delete(key);
        this.changes.vouchedGone({ host, uid: absent.uid, incarnation: absent.incarnation });
      }
    if (isComplete)
      for (const [key, release] of record.releases) {
        if (rowOf(inventory, release.uid, release.incarnation) >= 0) continue;
        record.releases.delete(key);
        this.changes.releaseGone(release);
      }
    record.missingHostless = this.#missingHostless(record);
    if (record.absent.size > 0) this.unsettled.add(record);
  }

  #missingHostless(record: HostRecord): readonly ServoUid[] {
    if (record.absent.size === 0) return [];
    const claims = this.authoritySeat?.claims;
    const missed = [...record.absent.values()]
      .filter((absent) => this.isMissedHere(record, absent))
      .map(({ uid }) => uid)
      // What is claimed here by name as well is missed by name.
      .filter((uid) => claims?.isClaimedOn(this.tables.uids.find(uid), record.number) !== true);
    return [...new Set(missed)];
  }

  /** Frees the numbers of names that nobody holds any more. Readings that are not committed are void after it. */
  sweep(): void {
    const { uids, projects } = this.tables;
    for (const seat of this.seats) seat.builder = undefined;
    if (!uids.wantsSweep && !projects.wantsSweep) return;
    let seen = 0;
    for (const { last } of this.records.values()) seen += last?.inventory.count ?? 0;
    const claimed = this.seats.map(({ accepted }) => accepted?.claims ?? 0);
    // While most names are those of servos that are seen or claimed, there is little to free.
    const used = Math.max(seen, ...claimed);
    if (uids.live < wornFrom * used && projects.live < wornFrom * used) return;
    const liveUids = new Uint8Array(uids.size);
    const liveProjects = new Uint8Array(projects.size);
    for (const { view, last } of this.records.values()) {
      mark(liveUids, last?.inventory);
      // The same one, unless the host has connected anew and sent none yet.
      if (view?.inventory !== last?.inventory) mark(liveUids, view?.inventory);
    }
    for (const { claims } of this.seats) claims.markLive(liveUids);
    for (const { claims } of this.seats) claims.forget(liveUids);
    for (const { claims } of this.seats) claims.markProjects(liveProjects);
    uids.sweep(liveUids);
    projects.sweep(liveProjects);
  }

  /** Whether the host answered lately, and its inventory was begun under this leadership. */
  isFresh({ heartbeat, inventory, epoch }: HostView, now: Now): boolean {
    const { policy } = this.setting;
    return (
      heartbeat !== undefined &&
      inventory !== undefined &&
      epoch === this.setting.epoch &&
      stalenessMs(heartbeat.askedAt, now) <= policy.hostFreshIntervals * policy.heartbeatIntervalMs
    );
  }

  /**
   * Whether a fresh, whole inventory that is vouched for shows the uid running on a host.
   * @param incarnation where it must be this one.
   */
  runsOn(host: HostId, uid: ServoUid, incarnation: Incarnation | undefined, now: Now): boolean {
    const view = this.views.get(host);
    const inventory = view?.inventory;
    if (view === undefined || inventory === undefined || !view.digestMatches) return false;
    if (inventory.problems.length > 0 || view.contested !== undefined || !this.isFresh(view, now))
      return false;
    const { from, to } = rowsOf(inventory, uid);
    for (let row = from; row < to; row++)
      if (
        inventory.state[row] === 0 &&
        inventory.contradiction[row] === 0 &&
        (incarnation === undefined || inventory.incarnation[row] === incarnation)
      )
        return true;
    return false;
  }

  #seat(profile: WitnessProfile, memory: Memory): Seat {
    const remembered = memory.witnesses.find((w) => w.witness === profile.id);
    const seat: Seat = {
      profile,
      claims: new ClaimBook(this.tables),
      tombstones: new TombstoneBook(remembered?.tombstones ?? []),
      provenMs: -Infinity,
      version: remembered?.version ?? -Infinity,
      accepted: undefined,
      builder: undefined,
    };
    if (remembered === undefined) return seat;
    const { startedMs } = this.setting;
    const home = {
      ...seat,
      witness: profile.id,
      tables: this.tables,
      cohortsOf: nothing,
      commit: nothing,
    };
    const builder = new SnapshotBuilder(home, startedMs);
    for (const claim of remembered.claims) builder.claim(claim);
    // How old a remembered claim is nobody knows: it counts as new, which protects longer.
    seat.claims.accept(builder.columns(), this.tables.uids.numbers(), startedMs);
    return seat;
  }

  #remember(memory: Memory): void {
    const bitOf = new Map(this.seats.map((s, w) => [s.profile.id, 1 << w]));
    for (const { host, uid, incarnation, witnesses } of memory.vouched) {
      const vouched = witnesses.reduce((bits, w) => bits | (bitOf.get(w) ?? 0), 0);
      this.record(host).absent.set(identityKey(uid, incarnation), {
        uid,
        incarnation,
        vouched,
        remembered: true,
      });
    }
    for (const release of memory.releases)
      this.record(release.host).releases.set(identityKey(release.uid, release.incarnation), release);
  }

  #mark(host: number): void {
    const record = this.#byNumber[host];
    if (record !== undefined) this.dirty.add(record);
  }

  #markNamed(read: ReadColumns, uid: number): void {
    const on = read.on[uid] ?? unclaimed;
    if (on >= firstHost) this.#mark(on - firstHost);
    else if (on === severalClaims)
      for (const { host } of read.several.get(uid) ?? [])
        if (host !== undefined) this.#mark(this.tables.hosts.find(host));
  }
}

function mark(live: Uint8Array, inventory: Inventory | undefined): void {
  if (inventory === undefined) return;
  const { uidIndex, count } = inventory;
  for (let row = 0; row < count; row++) live[uidIndex[row] as number] = 1;
}

const nothing = (): never => {
  throw new Error('a reading from memory is not finished');
};
