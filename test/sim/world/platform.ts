// The platform's own truth of who uses what: a registry, which is the authority, and a router. Every change is a commit with a
// version; what was true at any earlier version can still be read, as a replica or a restored database would show it.
import {
  parseId,
  type HostId,
  type Incarnation,
  type ProjectId,
  type ServoUid,
  type WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone } from '../../../coordinator/src/domain/witness.ts';
import type { Teller } from './tell.ts';

export interface Contents {
  readonly version: number;
  readonly claims: ReadonlyMap<string, Claim>;
  readonly tombstones: ReadonlyMap<string, Tombstone>;
}

/** Versions that are kept: older ones are no longer readable by anybody. */
const maxKept = 4000;

export class Source {
  readonly id: WitnessId;
  readonly isAuthority: boolean;
  /** Whether its claims name hosts. */
  readonly namesHosts: boolean;
  readonly #tell: Teller;
  readonly #history: { readonly atMs: number; readonly contents: Contents }[] = [];
  #now: Contents = { version: 1, claims: new Map(), tombstones: new Map() };
  /** Which database this is. */
  lineage: string;

  constructor(id: string, isAuthority: boolean, namesHosts: boolean, tell: Teller) {
    this.id = parseId('witness', id);
    this.isAuthority = isAuthority;
    this.namesHosts = namesHosts;
    this.lineage = `${id}-1`;
    this.#tell = tell;
  }

  get now(): Contents {
    return this.#now;
  }

  /** What it held so many commits ago; at most as far back as is kept. */
  ago(commits: number): Contents {
    return this.#history.at(-commits)?.contents ?? this.#history[0]?.contents ?? this.#now;
  }

  claims(uid: ServoUid, host: HostId): boolean {
    return this.#now.claims.has(this.#key(uid, host));
  }

  claim(uid: ServoUid, host: HostId, project: ProjectId, incarnation: Incarnation | undefined): void {
    const key = this.#key(uid, host);
    const version = this.#now.version + 1;
    const claim: Claim = {
      uid,
      project,
      since: version,
      ...(this.namesHosts ? { host } : {}),
      ...(incarnation === undefined ? {} : { incarnation }),
    };
    const claims = new Map(this.#now.claims).set(key, claim);
    const tombstones = new Map(this.#now.tombstones);
    const hadTombstone = tombstones.delete(key);
    this.#commit({ version, claims, tombstones });
    const about = { witness: this.id, uid, host: this.namesHosts ? host : undefined };
    if (hadTombstone) this.#tell.tell({ kind: 'tombstone.removed', ...about });
    this.#tell.tell({ kind: 'claim.committed', ...about, incarnation, project, version });
  }

  /**
   * Its claim ends.
   * @param tombstone what the authority records of it; undefined: nothing.
   */
  withdraw(
    uid: ServoUid,
    host: HostId,
    how: 'released' | 'lost',
    tombstone:
      { readonly projectReleased: boolean; readonly incarnation: Incarnation | undefined } | undefined,
  ): void {
    const key = this.#key(uid, host);
    const before = this.#now.claims.get(key);
    if (before === undefined) return;
    const version = this.#now.version + 1;
    const claims = new Map(this.#now.claims);
    claims.delete(key);
    const tombstones = new Map(this.#now.tombstones);
    const project = before.project ?? parseId('project', 'none');
    if (tombstone !== undefined && this.isAuthority) {
      const { projectReleased, incarnation } = tombstone;
      tombstones.set(key, {
        uid,
        project,
        projectReleased,
        ...(this.namesHosts ? { host } : {}),
        ...(incarnation === undefined ? {} : { incarnation }),
      });
    }
    this.#commit({ version, claims, tombstones });
    const about = { witness: this.id, uid, host: this.namesHosts ? host : undefined };
    this.#tell.tell({ kind: 'claim.withdrawn', ...about, version, how });
    if (tombstone !== undefined && this.isAuthority)
      this.#tell.tell({ kind: 'tombstone.committed', ...about, project, version, ...tombstone });
  }

  /** Puts back what was saved: the world goes on from a prepared one. */
  load(contents: Contents): void {
    this.#now = contents;
    this.#history.length = 0;
  }

  #commit(contents: Contents): void {
    this.#history.push({ atMs: 0, contents: this.#now });
    if (this.#history.length > maxKept) this.#history.shift();
    this.#now = contents;
  }

  #key(uid: ServoUid, host: HostId): string {
    return this.namesHosts ? `${uid} ${host}` : uid;
  }
}
