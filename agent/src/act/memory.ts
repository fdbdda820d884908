// The highest epoch and decision that this agent has seen. Kept in memory as they come; made durable when a session begins
// and before an order is acted on, and only when they rose: no disk writes when nothing happens.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { OrderId } from '@servo-auditor/proto/ids.ts';
import type { DecisionMark } from '@servo-auditor/proto/wire.ts';
import type { Memory } from '../judge/facts.ts';
import type { Journal } from './journal.ts';

export class Seen {
  #epoch = 0;
  #decision: DecisionMark | undefined;
  readonly #journal: Journal;
  readonly #clock: Clock;

  constructor(journal: Journal, clock: Clock) {
    this.#journal = journal;
    this.#clock = clock;
  }

  get epoch(): number {
    return Math.max(this.#epoch, this.#journal.view.epoch);
  }

  get decision(): DecisionMark | undefined {
    const durable = this.#journal.view.decision;
    if (durable === undefined || this.#decision === undefined) return durable ?? this.#decision;
    return this.#decision.version > durable.version ? this.#decision : durable;
  }

  /** In memory only. Never sinks. */
  note(epoch: number, decision: DecisionMark): void {
    this.#epoch = Math.max(this.#epoch, epoch);
    if (this.#decision === undefined || decision.version > this.#decision.version) this.#decision = decision;
  }

  /** An operator accepted another past: what was seen of the old one does not count any more. */
  forget(): void {
    this.#epoch = 0;
    this.#decision = undefined;
  }

  /** Makes what was noted durable, if it rose. Throws `NotDurable`. */
  keep(): void {
    const { view } = this.#journal;
    const { epoch, decision } = this;
    if (decision === undefined) return;
    if (epoch <= view.epoch && decision.version <= (view.decision?.version ?? -1)) return;
    this.#journal.append({ kind: 'seen', epoch, decision }, this.#clock.now().waitMs);
  }

  /** What an order is judged by. */
  memoryOf(order: OrderId): Memory {
    const { view, damage } = this.#journal;
    const record = view.order(order);
    return {
      damage,
      installation: view.installation,
      epoch: this.epoch,
      decision: this.decision,
      order: record === undefined ? 'new' : record.result === undefined ? 'begun' : 'finished',
      stopsMs: view.stopsMs,
    };
  }
}
