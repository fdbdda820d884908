// What is true of hosts: where they stand, whether they and their agents run, what protects on them, and whose word blocks them.
import type {
  BootId,
  CellId,
  Generation,
  HostId,
  ReaderVersion,
  ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';

export interface TrueHost {
  readonly cell: CellId;
  readonly generation: Generation;
  readerVersion: ReaderVersion | undefined;
  retired: boolean;
  /** Since when it is enrolled without a break: what it showed before it was taken out is forgotten. */
  memberSinceMs: number;
  isUp: boolean;
  agentRuns: boolean;
  /** When its agent last began to run. */
  agentSinceMs: number;
  boot: BootId | undefined;
  /** When it last came up: what it showed before is of another boot. */
  bootedMs: number;
  contestedSinceMs: number | undefined;
  /** Its agent refused because its journal is damaged, and nobody has repaired it yet. */
  journalDamaged: boolean;
  readonly broken: Set<string>;
  /** Paths of items, and uids of missing servos. */
  readonly acknowledged: Set<string>;
  /** Hold files: since when, by uid; `undefined` protects all. */
  readonly held: Map<ServoUid | undefined, number>;
  /** Highest epoch that its agent has seen, and when: as its disk remembers. */
  epochs: { readonly atMs: number; readonly epoch: number }[];
  /** Since when its disk has been this one, without a break. */
  diskSinceMs: number;
}

export class Hosts {
  readonly #hosts = new Map<HostId, TrueHost>();
  /** When a host was last called by a name that nobody has retired. */
  readonly #left = new Map<HostId, number>();

  readonly handlers: Handlers = {
    'host.enrolled': (event) => this.#enrol(event),
    'host.retired': ({ host }) => {
      if (!this.#left.delete(host)) this.must(host).retired = true;
    },
    'host.crashed': ({ host }) => {
      const it = this.must(host);
      it.isUp = false;
      it.agentRuns = false;
    },
    'host.booted': ({ host, boot, atMs }) => {
      const it = this.must(host);
      it.isUp = true;
      it.boot = boot;
      it.bootedMs = atMs;
    },
    'host.reads': ({ host, readerVersion }) => {
      this.must(host).readerVersion = readerVersion;
    },
    'host.reimaged': ({ host, atMs }) => {
      const it = this.must(host);
      it.epochs = [];
      it.held.clear();
      it.broken.clear();
      it.journalDamaged = false;
      it.diskSinceMs = atMs;
    },
    'host.restored': ({ host, toMs, atMs }) => {
      const it = this.must(host);
      it.epochs = it.epochs.filter((seen) => seen.atMs <= toMs);
      it.diskSinceMs = atMs;
    },
    // A name that nobody has spoken of: what was said of the old one does not hold for it.
    'host.renamed': ({ host, to, atMs }) => {
      const it = this.must(host);
      if (!it.retired) this.#left.set(host, atMs);
      it.contestedSinceMs = undefined;
      it.acknowledged.clear();
      this.#hosts.set(to, it);
      this.#hosts.delete(host);
    },
    'agent.started': ({ host, atMs }) => {
      const it = this.must(host);
      it.agentRuns = true;
      it.agentSinceMs = atMs;
    },
    'agent.crashed': ({ host }) => {
      this.must(host).agentRuns = false;
    },
    'agent.welcomed': ({ host, epoch, atMs }) => {
      this.must(host).epochs.push({ atMs, epoch });
    },
    'host.contested': ({ host, atMs }) => {
      // It may have another name by the time that this is written.
      const it = this.#hosts.get(host);
      if (it !== undefined) it.contestedSinceMs ??= atMs;
    },
    'item.broken': ({ host, path }) => {
      this.must(host).broken.add(path);
    },
    'item.mended': ({ host, path }) => {
      this.must(host).broken.delete(path);
    },
    'local.held': ({ host, uid, atMs }) => {
      const { held } = this.must(host);
      if (!held.has(uid)) held.set(uid, atMs);
    },
    'local.released': ({ host, uid }) => {
      this.must(host).held.delete(uid);
    },
    'agent.refused': ({ host, code }) => {
      if (code === 'journal-damaged') this.must(host).journalDamaged = true;
    },
    'operator.acted': (event) => this.#act(event),
  };

  find(host: HostId): TrueHost | undefined {
    return this.#hosts.get(host);
  }

  /** When a host was last called so, if it has another name now: nothing can be hit by the old one, which is enrolled all the same. */
  leftMs(host: HostId): number | undefined {
    return this.#left.get(host);
  }

  must(host: HostId): TrueHost {
    const found = this.#hosts.get(host);
    if (found === undefined) throw new Error(`the world never enrolled ${host}`);
    return found;
  }

  get all(): ReadonlyMap<HostId, TrueHost> {
    return this.#hosts;
  }

  #enrol({ host, cell, generation, atMs }: Told<'host.enrolled'>): void {
    this.#left.delete(host);
    const known = this.#hosts.get(host);
    if (known !== undefined) {
      if (known.retired) known.memberSinceMs = atMs;
      known.retired = false;
      return;
    }
    this.#hosts.set(host, {
      cell,
      generation,
      readerVersion: undefined,
      retired: false,
      memberSinceMs: atMs,
      isUp: true,
      agentRuns: false,
      agentSinceMs: atMs,
      boot: undefined,
      bootedMs: atMs,
      contestedSinceMs: undefined,
      journalDamaged: false,
      broken: new Set(),
      acknowledged: new Set(),
      held: new Map(),
      epochs: [],
      diskSinceMs: atMs,
    });
  }

  /** `about` begins with the host, then says what. */
  #act({ act, about }: Told<'operator.acted'>): void {
    const [name = '', ...what] = about.split(' ');
    const it = this.#hosts.get(name as HostId);
    if (it === undefined) return;
    if (act === 'host.accepted') it.contestedSinceMs = undefined;
    if (act === 'item.acknowledged' || act === 'missing.acknowledged') it.acknowledged.add(what.join(' '));
    if (act === 'journal.repaired') it.journalDamaged = false;
  }
}
