// The claims of one witness's last accepted snapshot, in columns by uid number: one claim per uid costs no object.
// They change only by `accept`, as a whole; what is remembered from the last leadership protects until then.
import type { HostId, Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, ClaimColumns } from '../domain/witness.ts';
import { grown, type HostTable, type ProjectTable, type UidTable } from './uids.ts';

/** `ClaimColumns.on`: not claimed; claimed without a host; several claims. From `firstHost` on: host number + `firstHost`. */
export const unclaimed = 0;
export const hostless = 1;
export const firstHost = 2;
export const severalClaims = -1;

/** The tables by which all columns are numbered; shared by everybody in one fleet. */
export interface Tables {
  readonly uids: UidTable;
  readonly hosts: HostTable;
  readonly projects: ProjectTable;
}

/** What one reading says, by uid number. Columns may be shorter than the table: what is beyond is not claimed. */
export interface ReadColumns extends ClaimColumns {
  /** Project number + 1, 0 for none. Of several claims, the project that they name. */
  readonly project: Int32Array;
  /** Of single claims that name one. Absent while none does. */
  readonly incarnation: readonly (Incarnation | undefined)[] | undefined;
  /** Of single claims that tell; NaN for the others. Absent while none does. */
  readonly since: Float64Array | undefined;
}

const empty: ReadColumns = {
  on: new Int32Array(0),
  several: new Map(),
  project: new Int32Array(0),
  incarnation: undefined,
  since: undefined,
};

export class ClaimBook implements ClaimColumns {
  readonly #tables: Tables;
  #read: ReadColumns = empty;
  #firstReadMs = new Float64Array(0);
  /** Project number + 1 by which each uid was claimed last: what a disappearance belonged to. */
  #lastProject = new Int32Array(0);
  /** By uid number + 1: number + 1 of the uid whose row came next in the latest reading, 0 for none. A hint, and never more. */
  followers = new Int32Array(0);
  /** By host number: uids that are claimed on that host by name. */
  #perHost = new Int32Array(0);

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  get on(): Int32Array {
    return this.#read.on;
  }

  get several(): ReadonlyMap<number, readonly Claim[]> {
    return this.#read.several;
  }

  get read(): ReadColumns {
    return this.#read;
  }

  hostAt = (number: number): HostId => this.#tables.hosts.at(number);

  /** When (`waitMs`) the present claims of a uid were first read. */
  firstReadMs = (uid: number): number => this.#firstReadMs[uid] ?? Infinity;

  /** All claims of a uid. */
  claimsOf(uid: number): readonly Claim[] {
    return claimsIn(this.#read, uid, this.#tables);
  }

  /** Project by which a uid is claimed, or was last. */
  lastProject(uid: number): Claim['project'] {
    const project = this.#lastProject[uid] ?? 0;
    return project === 0 ? undefined : this.#tables.projects.at(project - 1);
  }

  /** How many uids are claimed on this host by name. */
  claimedOn(host: number): number {
    return this.#perHost[host] ?? 0;
  }

  /** Whether a uid is claimed on this host by name. */
  isClaimedOn(uid: number, host: number): boolean {
    const on = this.#read.on[uid] ?? unclaimed;
    if (on !== severalClaims) return on === host + firstHost;
    const name = this.#tables.hosts.at(host);
    return (this.#read.several.get(uid) ?? []).some((claim) => claim.host === name);
  }

  /**
   * Takes a whole reading for the last accepted one.
   * @param changed numbers of all uids whose claims differ.
   * @param readMs when (`waitMs`) the reading began.
   */
  accept(read: ReadColumns, changed: Iterable<number>, readMs: number): void {
    const before = this.#read;
    const { uids, hosts } = this.#tables;
    if (this.#firstReadMs.length < uids.size) this.#firstReadMs = grown(this.#firstReadMs, uids.size);
    if (this.#lastProject.length < uids.size) this.#lastProject = grown(this.#lastProject, uids.size);
    if (this.#perHost.length < hosts.size) this.#perHost = grown(this.#perHost, hosts.size);
    const firstReadMs = this.#firstReadMs;
    const lastProject = this.#lastProject;
    for (const uid of changed) {
      const was = before.on[uid] ?? unclaimed;
      const is = read.on[uid] ?? unclaimed;
      if (was !== is || is === severalClaims) {
        this.#count(before, uid, was, -1);
        this.#count(read, uid, is, 1);
        firstReadMs[uid] = readMs;
      }
      const project = read.project[uid] ?? 0;
      if (project !== 0) lastProject[uid] = project;
    }
    this.#read = read;
  }

  /** Marks (1) every uid number that must not be freed. */
  markLive(uids: Uint8Array): void {
    const { on } = this.#read;
    for (let uid = 0; uid < on.length; uid++) if (on[uid] !== unclaimed) uids[uid] = 1;
  }

  /** Marks (1) every project number that must not be freed. */
  markProjects(projects: Uint8Array): void {
    for (const column of [this.#lastProject, this.#read.project])
      for (let uid = 0; uid < column.length; uid++) {
        const project = column[uid] as number;
        if (project !== 0) projects[project - 1] = 1;
      }
  }

  /** Forgets what was kept for uids whose numbers are freed (not 1 in `live`), before another uid gets them. */
  forget(live: Uint8Array): void {
    for (let uid = 0; uid < this.#lastProject.length; uid++) if (live[uid] !== 1) this.#lastProject[uid] = 0;
  }

  #count(read: ReadColumns, uid: number, on: number, by: 1 | -1): void {
    if (on >= firstHost) (this.#perHost[on - firstHost] as number) += by;
    if (on !== severalClaims) return;
    const hosts = new Set((read.several.get(uid) ?? []).map((claim) => claim.host));
    for (const host of hosts)
      if (host !== undefined) (this.#perHost[this.#tables.hosts.find(host)] as number) += by;
  }
}

/** All claims of a uid in a reading, as values. */
export function claimsIn(
  read: ReadColumns,
  uid: number,
  { uids, hosts, projects }: Tables,
): readonly Claim[] {
  const on = read.on[uid] ?? unclaimed;
  if (on === unclaimed) return [];
  if (on === severalClaims) return read.several.get(uid) ?? [];
  const project = read.project[uid] ?? 0;
  const incarnation = read.incarnation?.[uid];
  const since = read.since?.[uid];
  const name: ServoUid = uids.at(uid);
  return [
    {
      uid: name,
      ...(on === hostless ? {} : { host: hosts.at(on - firstHost) }),
      ...(incarnation === undefined ? {} : { incarnation }),
      ...(project === 0 ? {} : { project: projects.at(project - 1) }),
      ...(since === undefined || Number.isNaN(since) ? {} : { since }),
    },
  ];
}
