// One run of an agent on a simulated host: the real journal, scanner, executor and sessions, on the world's disk, clock and
// network. It is killed by ending its process; what its disk holds is all that the next run has.
import { parseId, type Nonce, type OrderId } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { AgentClient } from '@servo-auditor/proto/load.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import type { Disk } from '../../../agent/src/act/disk.ts';
import type { Entry, Intent } from '../../../agent/src/act/entries.ts';
import { Executor } from '../../../agent/src/act/execute.ts';
import type { Holds } from '../../../agent/src/act/holds.ts';
import { Journal } from '../../../agent/src/act/journal.ts';
import { Seen } from '../../../agent/src/act/memory.ts';
import { SentNonces } from '../../../agent/src/act/nonces.ts';
import { Scanner } from '../../../agent/src/act/scanner.ts';
import type { LocalLimits } from '../../../agent/src/judge/facts.ts';
import { partyOf } from '../../../agent/src/party.ts';
import { generationOf, readerVersion } from '../../../agent/src/scan/reader.ts';
import { ask, keepSessions } from '../../../agent/src/session/connect.ts';
import type { Proc } from '../kernel/loop.ts';
import { actorOf, runtimeOf, storeOf } from './hand.ts';
import type { Host } from './host.ts';
import type { Teller } from './tell.ts';

export interface AgentGiven {
  readonly host: Host;
  readonly proc: Proc;
  readonly tell: Teller;
  readonly log: Logger;
  readonly installation: string;
  readonly limits: LocalLimits;
  readonly activityWindowMs: number;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
  readonly client: Pick<AgentClient, 'session' | 'confirm'>;
}

/** Journals stand here on every host's disk. */
export const stateDirectory = '/var/lib/servo-agent';

export class AgentRun {
  readonly proc: Proc;
  readonly journal: Journal;
  readonly executor: Executor;
  readonly #given: AgentGiven;
  /** The last coordinator that it refused. */
  offer: Welcome | undefined;
  #intent: Intent | undefined;
  readonly #seen: Seen;

  /** Starts it, within its own process. */
  constructor(given: AgentGiven) {
    const { host, proc, tell, limits, verify, log, client } = given;
    this.#given = given;
    this.proc = proc;
    this.journal = this.#openJournal();
    const { journal } = this;
    const clock = host.machine.clock(journal.view.waitedMs);
    const seen = new Seen(journal, clock);
    this.#seen = seen;
    const nonces = new SentNonces();
    const store = storeOf(host, proc);
    const runtime = runtimeOf(host, proc);
    const scanner = new Scanner({
      store,
      runtime,
      clock,
      view: journal.view,
      limits: {
        activity: { windowMs: given.activityWindowMs, quietCpuPermille: 10, quietBytesPerS: 1000 },
        maxScanMs: 10_000,
      },
    });
    this.executor = new Executor({
      host: host.id,
      verify,
      ask: async (...args) => await ask(client, ...args),
      clock,
      journal,
      seen,
      scanner,
      holds: holdsOf(host),
      nonces,
      log,
      actor: actorOf(host, proc, tell, () => this.#intent),
      newNonce: () => nonceOf(proc),
      limits,
    });
    const parts = {
      generation: generationOf(store, runtime),
      clock,
      journal,
      seen,
      nonces,
      scanner,
      executor: this.executor,
    };
    tell.tell({ kind: 'agent.started', host: host.id });
    const run = async (): Promise<void> => {
      const version = await readerVersion(store, runtime);
      tell.tell({ kind: 'host.reads', host: host.id, readerVersion: version });
      this.executor.recover();
      const party = partyOf(parts, {
        readerVersion: version,
        demo: undefined,
        installation: parseId('installation', given.installation),
        offers: { note: (welcome) => (this.offer = welcome) },
        log,
        told: () => undefined,
      });
      const heard = {
        ...party,
        greeted: (welcome: Welcome, first: boolean): void => {
          tell.tell({ kind: 'agent.welcomed', host: host.id, epoch: welcome.epoch });
          party.greeted(welcome, first);
        },
      };
      await keepSessions(client, heard, new AbortController().signal, Math.random);
    };
    run().catch((error: unknown) => {
      proc.loop.broken ??= new Error(`the agent of ${host.id} ended by itself`, { cause: error });
    });
  }

  /** `servo-agent restore`, on this host. Resolves with whether it runs. */
  async restore(uid: string, why: string): Promise<{ readonly done: boolean; readonly why: string }> {
    const result = await this.executor.restore(parseId('servo uid', uid), why);
    return { done: result.outcome === 'executed', why: `${result.code}: ${result.message}` };
  }

  /** `servo-agent accept-installation`: whoever was refused last is believed from here on. False: there is nothing to accept. */
  acceptInstallation(): boolean {
    const { offer } = this;
    if (offer === undefined) return false;
    const { installation, epoch, decision } = offer;
    this.journal.append(
      { kind: 'accepted', installation, epoch, decision, why: 'operator' },
      this.#given.host.machine.clock(this.journal.view.waitedMs).now().waitMs,
    );
    this.#seen.forget();
    this.offer = undefined;
    return true;
  }

  #openJournal(): Journal {
    const { host, tell } = this.#given;
    const journal = new Journal(stateDirectory, { disk: diskOf(host, this.proc) });
    const append = journal.append.bind(journal);
    journal.append = (entry: Entry, waitMs: number) => {
      const mark = append(entry, waitMs);
      if (entry.kind === 'intent') this.#intent = entry.intent;
      const durable = durableOf(entry);
      if (durable !== undefined) {
        const [order, what] = durable;
        if (!order.startsWith('local-'))
          tell.tell({ kind: 'journal.durable', host: host.id, order, entry: what });
      }
      if (entry.kind === 'outcome' && entry.result.outcome === 'refused' && !entry.order.startsWith('local-'))
        tell.tell({ kind: 'agent.refused', host: host.id, order: entry.order, code: entry.result.code });
      return mark;
    };
    return journal;
  }
}

/** A process that has ended writes nothing any more, whatever of its code still runs. */
function diskOf({ disk }: Host, proc: Proc): Disk {
  return new Proxy<Disk>(disk, {
    get: (target, name) => {
      if (!proc.alive) throw new Error('the process has ended');
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
}

function durableOf(entry: Entry): readonly [OrderId, 'intent' | 'outcome' | 'closed'] | undefined {
  switch (entry.kind) {
    case 'intent':
      return [entry.intent.order, 'intent'];
    case 'outcome':
      return [entry.order, 'outcome'];
    case 'closed':
      return [entry.order, 'closed'];
    case 'accepted':
    case 'seen':
    case 'acked':
    case 'waited':
    case 'base':
      return undefined;
  }
}

function nonceOf(proc: Proc): Nonce {
  return parseId('nonce', proc.rng.bytes(16).toString('hex'));
}

/** Hold files, on the world's disk. */
function holdsOf(host: Host): Holds {
  const holds: Pick<Holds, 'of' | 'put' | 'lift' | 'list' | 'prepare' | 'fileOf' | 'directory'> = {
    directory: `${stateDirectory}/holds`,
    prepare: () => undefined,
    of: (uid) => {
      if (host.holdsUnreadable) return { kind: 'unreadable', message: 'EIO: i/o error' };
      const scope = ['all', uid].find((name) => host.held.has(name));
      return scope === undefined
        ? { kind: 'none' }
        : { kind: 'held', file: `${stateDirectory}/holds/${scope}` };
    },
    put: (scope) => {
      host.hold(scope);
      return `${stateDirectory}/holds/${scope}`;
    },
    lift: (scope) => host.unhold(scope),
    list: () => [...host.held],
    fileOf: (scope) => `${stateDirectory}/holds/${scope}`,
  };
  return holds;
}
