// What is remembered of each enrolled host beyond its inventory: cell, journal mark, acknowledged items. Hard state, held
// here and written with the next round.
import type { CellId, HostId } from '@servo-auditor/proto/ids.ts';
import type { JournalMark } from '@servo-auditor/proto/wire.ts';
import type { HostMemory } from '../state/port.ts';

export class HostBook {
  readonly #hosts = new Map<HostId, HostMemory>();
  readonly #changed = new Set<HostId>();

  constructor(hosts: readonly HostMemory[]) {
    for (const host of hosts) this.#hosts.set(host.host, host);
  }

  get(host: HostId): HostMemory | undefined {
    return this.#hosts.get(host);
  }

  /** Hosts that are enrolled and not retired. */
  *enrolled(cell: CellId): Iterable<HostMemory> {
    for (const host of this.#hosts.values()) if (host.cell === cell && !host.retired) yield host;
  }

  set(memory: HostMemory): void {
    this.#hosts.set(memory.host, memory);
    this.#changed.add(memory.host);
  }

  /**
   * Notes where a host's journal stands. Returns why it cannot be right: it went back, or another entry stands where one
   * was heard before (the host was restored from an image, or two hosts share one id). Undefined: it can.
   */
  noteJournal(host: HostId, mark: JournalMark): string | undefined {
    const memory = this.#hosts.get(host);
    if (memory === undefined) throw new Error(`${host} is not enrolled`);
    const last = memory.journal;
    if (last !== undefined) {
      if (mark.sequence < last.sequence)
        return `its journal went back from entry ${last.sequence} to ${mark.sequence}: restored from an image?`;
      if (mark.sequence === last.sequence && mark.hash !== last.hash)
        return `its journal has another entry ${mark.sequence} than before: two hosts with one id?`;
      if (mark.sequence === last.sequence) return undefined;
    }
    this.set({ ...memory, journal: { sequence: mark.sequence, hash: mark.hash } });
    return undefined;
  }

  /** Remembers why a host gets no orders. */
  contest(host: HostId, why: string): void {
    const memory = this.#hosts.get(host);
    if (memory !== undefined) this.set({ ...memory, contested: why });
  }

  /** Whatever a host has been is past; its journal counts from where it is heard next. */
  accept(host: HostId): void {
    const memory = this.#hosts.get(host);
    if (memory !== undefined) this.set({ ...memory, journal: undefined, contested: undefined });
  }

  /** What changed since the last call. */
  takeChanged(): readonly HostMemory[] {
    const changed = [...this.#changed].flatMap((id) => this.#hosts.get(id) ?? []);
    this.#changed.clear();
    return changed;
  }
}
