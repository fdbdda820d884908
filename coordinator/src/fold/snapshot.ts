// One reading of one witness on its way in: rows become columns, and at the end counts and the difference from the last
// accepted snapshot. Nothing counts before `commit`; a reading that is dropped leaves nothing behind.
import type { Incarnation, ServoUid, WitnessId } from '@servo-auditor/proto/ids.ts';
import type { Claim, SnapshotMeta, Tombstone } from '../domain/witness.ts';
import type { ClaimChange } from '../state/port.ts';
import { WitnessFailed, type RowSink } from '../witness/port.ts';
import {
  claimsIn,
  firstHost,
  hostless,
  severalClaims,
  unclaimed,
  type ClaimBook,
  type ReadColumns,
  type Tables,
} from './claims.ts';
import type { TombstoneBook, TombstoneDraft } from './tombstones.ts';
import { Turns } from './turns.ts';
import { grown } from './uids.ts';

/** Comparisons between two looks at the clock. */
const comparisonsPerLook = 8192;

/** What the fleet does with a reading, and knows for it. */
export interface SnapshotHome {
  readonly witness: WitnessId;
  readonly tables: Tables;
  readonly claims: ClaimBook;
  readonly tombstones: TombstoneBook;
  /** Names of the cohorts of the host with this number; the generation's where it is known. */
  cohortsOf(host: number): Cohorts;
  /** Takes a finished reading in. Throws when another one was begun since. */
  commit(finished: Reading): void;
}

/** Names by which claims on one host are counted. */
export interface Cohorts {
  readonly host: string;
  readonly generation: string | undefined;
}

/** What is committed. */
export interface Reading {
  readonly columns: ReadColumns;
  readonly draft: TombstoneDraft;
  readonly changed: readonly number[];
  readonly beganMs: number;
  readonly meta: SnapshotMeta;
}

export interface FinishedSnapshot {
  readonly witness: WitnessId;
  /** Rows that were sunk, claims and tombstones. */
  readonly rows: number;
  readonly claims: number;
  /** Claims per key of `Levels`: `total`, `host:<id>`, `generation:<cell>:<generation>` (where the claim names a host). */
  readonly levels: Readonly<Record<string, number>>;
  /** What differs from the last accepted snapshot: what `recordSnapshot` makes durable. */
  readonly diff: Pick<ClaimChange, 'added' | 'replaced' | 'tombstonesAdded' | 'tombstonesRemoved'>;
  /** Makes it the accepted one. Synchronous; at most once; call it after `diff` is durable. */
  commit(meta: SnapshotMeta): void;
}

export class SnapshotBuilder implements RowSink {
  readonly #home: SnapshotHome;
  readonly #beganMs: number;
  readonly #draft: TombstoneDraft;
  readonly #several = new Map<number, Claim[]>();
  #on: Int32Array;
  #project: Int32Array;
  #incarnation: (Incarnation | undefined)[] | undefined;
  #since: Float64Array | undefined;
  /** By host number. */
  #perHost = new Int32Array(0);
  #claims = 0;
  /** Number + 1 of the latest row's uid. */
  #last = 0;
  #done = false;

  /** @param beganMs when (`waitMs`) the reading began: before its first query. */
  constructor(home: SnapshotHome, beganMs: number) {
    this.#home = home;
    this.#beganMs = beganMs;
    this.#draft = home.tombstones.begin(beganMs);
    // With room for uids that come new in this reading.
    const size = Math.ceil(home.tables.uids.size * 1.0625);
    this.#on = new Int32Array(size);
    this.#project = new Int32Array(size);
  }

  /** Throws `WitnessFailed` when the same uid has another project in another row, or the same claim was read before. */
  claim(claim: Claim): void {
    const { hosts, projects } = this.#home.tables;
    const uid = this.#numberOf(claim.uid);
    if (uid >= this.#on.length) {
      this.#on = grown(this.#on, uid + 1);
      this.#project = grown(this.#project, uid + 1);
    }
    this.#claims++;
    // Most rows say what they said in the last reading: comparing one name costs less than searching all.
    const { read } = this.#home.claims;
    const host = claim.host === undefined ? -1 : hosts.addNear(claim.host, (read.on[uid] ?? 0) - firstHost);
    if (host >= 0) {
      if (host >= this.#perHost.length) this.#perHost = grown(this.#perHost, host + 1);
      (this.#perHost[host] as number)++;
    }
    const project =
      claim.project === undefined ? 0 : projects.addNear(claim.project, (read.project[uid] ?? 0) - 1) + 1;
    if (this.#on[uid] !== unclaimed) return this.#another(uid, claim, project);
    this.#on[uid] = host < 0 ? hostless : host + firstHost;
    this.#project[uid] = project;
    if (claim.incarnation !== undefined) {
      this.#incarnation ??= [];
      this.#incarnation[uid] = claim.incarnation;
    }
    if (claim.since !== undefined) {
      this.#since ??= new Float64Array(this.#on.length).fill(NaN);
      if (uid >= this.#since.length) {
        const { length } = this.#since;
        this.#since = grown(this.#since, this.#on.length).fill(NaN, length);
      }
      this.#since[uid] = claim.since;
    }
  }

  tombstone(tombstone: Tombstone): void {
    this.#draft.sink(tombstone);
  }

  /** After the last row: counts, and what is different. Gives way to the event loop. */
  async finish(): Promise<FinishedSnapshot> {
    if (this.#done) throw new Error(`the reading of ${this.#home.witness} is finished already`);
    this.#done = true;
    const { witness, tombstones } = this.#home;
    const columns = this.columns();
    const { changed, added, replaced } = await this.#compare(columns);
    const levels = this.#levels();
    // Committing is one piece: it begins with a turn of its own.
    await new Turns().give();
    const draft = this.#draft;
    return {
      witness,
      rows: this.#claims + draft.rows,
      claims: this.#claims,
      levels,
      diff: { added, replaced, ...tombstones.diff(draft) },
      commit: (meta) => this.#home.commit({ columns, draft, changed, beganMs: this.#beganMs, meta }),
    };
  }

  /** Number of a row's uid: most likely of the one that followed the last row in the last reading too. */
  #numberOf(name: ServoUid): number {
    const { claims, tables } = this.#home;
    const at = this.#last;
    if (at >= claims.followers.length) claims.followers = grown(claims.followers, at + 1);
    const uid = tables.uids.addNear(name, (claims.followers[at] as number) - 1);
    claims.followers[at] = uid + 1;
    this.#last = uid + 1;
    return uid;
  }

  #another(uid: number, claim: Claim, project: number): void {
    const { witness, tables } = this.#home;
    const before = claimsIn(this.columns(), uid, tables);
    const other = before.find((b) => b.project !== undefined && project !== 0 && b.project !== claim.project);
    if (other !== undefined)
      throw new WitnessFailed(
        `${witness} claims ${claim.uid} for project ${other.project} and for project ${claim.project}: want one project per uid`,
      );
    if (before.some((b) => b.host === claim.host && b.incarnation === claim.incarnation))
      throw new WitnessFailed(
        `${witness} claims ${claim.uid} on ${claim.host ?? 'no host'} twice: want each claim once`,
      );
    this.#several.set(uid, [...before, { ...claim, uid: tables.uids.at(uid) }]);
    this.#on[uid] = severalClaims;
    if (this.#project[uid] === 0) this.#project[uid] = project;
  }

  /** What was read so far. */
  columns(): ReadColumns {
    return {
      on: this.#on,
      several: this.#several,
      project: this.#project,
      incarnation: this.#incarnation,
      since: this.#since,
    };
  }

  async #compare(columns: ReadColumns): Promise<{
    readonly changed: readonly number[];
    readonly added: readonly Claim[];
    readonly replaced: readonly ServoUid[];
  }> {
    const { tables, claims } = this.#home;
    const before = claims.read;
    const changed: number[] = [];
    const added: Claim[] = [];
    const replaced: ServoUid[] = [];
    const end = Math.max(columns.on.length, before.on.length);
    const turns = new Turns();
    for (let from = 0; from < end; from += comparisonsPerLook) {
      const to = Math.min(end, from + comparisonsPerLook);
      const first = changed.length;
      compare(before, columns, from, to, changed);
      for (let i = first; i < changed.length; i++) {
        const uid = changed[i] as number;
        if ((before.on[uid] ?? unclaimed) !== unclaimed) replaced.push(tables.uids.at(uid));
        if ((columns.on[uid] ?? unclaimed) !== unclaimed)
          for (const claim of claimsIn(columns, uid, tables)) added.push(claim);
      }
      if (turns.over) await turns.give();
    }
    return { changed, added, replaced };
  }

  #levels(): Readonly<Record<string, number>> {
    const levels: Record<string, number> = { total: this.#claims };
    const generations = new Map<string, number>();
    for (let number = 0; number < this.#perHost.length; number++) {
      const count = this.#perHost[number] as number;
      if (count === 0) continue;
      const { host, generation } = this.#home.cohortsOf(number);
      levels[host] = count;
      if (generation !== undefined) generations.set(generation, (generations.get(generation) ?? 0) + count);
    }
    for (const [generation, count] of generations) levels[generation] = count;
    return levels;
  }
}

/** Adds to `changed` every uid number in the range whose claims differ. */
function compare(a: ReadColumns, b: ReadColumns, from: number, to: number, changed: number[]): void {
  const { on, project } = a;
  const { on: onNow, project: projectNow } = b;
  const hasMore = (a.incarnation ?? a.since ?? b.incarnation ?? b.since) !== undefined;
  const end = Math.min(to, on.length, onNow.length);
  let uid = from;
  for (; uid < end; uid++) {
    const n = onNow[uid] as number;
    if (on[uid] !== n || (n !== unclaimed && project[uid] !== projectNow[uid])) changed.push(uid);
    else if (n === severalClaims || (hasMore && n !== unclaimed)) {
      if (!isSame(a, b, uid, n)) changed.push(uid);
    }
  }
  for (; uid < to; uid++) if ((on[uid] ?? unclaimed) !== (onNow[uid] ?? unclaimed)) changed.push(uid);
}

/** Of a uid that is claimed on the same place, for the same project: whether the rest is the same too. */
function isSame(a: ReadColumns, b: ReadColumns, uid: number, on: number): boolean {
  if (on === severalClaims) return areSame(a.several.get(uid) ?? [], b.several.get(uid) ?? []);
  return (
    a.incarnation?.[uid] === b.incarnation?.[uid] && Object.is(a.since?.[uid] ?? NaN, b.since?.[uid] ?? NaN)
  );
}

function areSame(a: readonly Claim[], b: readonly Claim[]): boolean {
  if (a.length !== b.length) return false;
  const text = (claims: readonly Claim[]): string =>
    claims
      .map((c) => `${c.host ?? ''} ${c.incarnation ?? ''} ${c.project ?? ''} ${c.since ?? ''}`)
      .toSorted()
      .join('\n');
  return text(a) === text(b);
}
