// That a host is contested, from the moment in which a coordinator finds it: it binds whoever found it at once, and everybody who leads
// later, unless the finder ended so soon that it may not have been written (what is written binds for ever: see hosts.ts).
import type { CoordinatorId, HostId } from '@servo-auditor/proto/ids.ts';
import type { Handlers } from '../handler.ts';

interface Finding {
  readonly epoch: number;
  readonly atMs: number;
}

/** So long a finder may take to write it, in milliseconds: far less than a round. */
const writtenWithinMs = 5000;

export class Contests {
  readonly #found = new Map<HostId, readonly Finding[]>();
  /** Since when nobody leads under it any more, or stands still. */
  readonly #endedMs = new Map<number, number>();
  readonly #epochs = new Map<CoordinatorId, number>();

  readonly handlers: Handlers = {
    'contest.found': ({ host, epoch, atMs }) => {
      this.#found.set(host, [...(this.#found.get(host) ?? []), { epoch, atMs }]);
    },
    'operator.acted': ({ act, about }) => {
      if (act === 'host.accepted') this.#found.delete((about.split(' ')[0] ?? '') as HostId);
    },
    'host.renamed': ({ host }) => {
      this.#found.delete(host);
    },
    'lead.taken': ({ coordinator, epoch, atMs }) => {
      for (const earlier of this.#epochs.values()) this.#end(earlier, atMs);
      this.#epochs.set(coordinator, epoch);
    },
    'coordinator.crashed': ({ coordinator, atMs }) => this.#end(this.#epochs.get(coordinator), atMs),
    'coordinator.paused': ({ coordinator, atMs }) => this.#end(this.#epochs.get(coordinator), atMs),
  };

  /** Since when whoever decides under this epoch must know that the host is contested; undefined: it need not. */
  knownSinceMs(host: HostId, epoch: number): number | undefined {
    return this.#found
      .get(host)
      ?.find((it) => it.epoch === epoch || (it.epoch < epoch && this.#isWritten(it)))?.atMs;
  }

  #isWritten({ epoch, atMs }: Finding): boolean {
    return (this.#endedMs.get(epoch) ?? Infinity) - atMs > writtenWithinMs;
  }

  #end(epoch: number | undefined, atMs: number): void {
    if (epoch !== undefined && !this.#endedMs.has(epoch)) this.#endedMs.set(epoch, atMs);
  }
}
