// What the journal's entries add up to. Everything that the agent remembers is read here and nowhere else.
import type { InstallationId, OrderId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { DecisionMark } from '@servo-auditor/proto/wire.ts';
import type { Base, Entry, Intent, KeptServo, Mark, OrderRecord, Result } from './entries.ts';

/** Finished and acknowledged orders that are remembered, beside all others: bounds memory and file. */
export const maxFinishedOrders = 1000;
/** How long a stop counts at most, in milliseconds of wait time: no local window may be longer. */
export const maxStopWindowMs = 7 * 24 * 3_600_000;

export class View {
  installation: InstallationId | undefined;
  epoch = 0;
  decision: DecisionMark | undefined;
  /** Largest `waitMs` of any line. */
  waitedMs = 0;
  readonly #orders = new Map<OrderId, OrderRecord>();
  readonly #kept = new Map<ServoUid, KeptServo>();
  readonly #stopsMs = new Map<OrderId, number>();
  #finished = 0;

  get orders(): Iterable<OrderRecord> {
    return this.#orders.values();
  }

  get kept(): Iterable<KeptServo> {
    return this.#kept.values();
  }

  /** When each stop was intended (`waitMs`) that was, or may have been, executed. */
  get stopsMs(): readonly number[] {
    return [...this.#stopsMs.values()];
  }

  order(id: OrderId): OrderRecord | undefined {
    return this.#orders.get(id);
  }

  keptServo(uid: ServoUid): KeptServo | undefined {
    return this.#kept.get(uid);
  }

  /** Begun, and nobody knows how it ended. */
  unfinished(): readonly Intent[] {
    return [...this.#orders.values()].flatMap((o) =>
      o.intent !== undefined && o.result === undefined ? [o.intent] : [],
    );
  }

  /** Outcomes that the coordinator has not acknowledged. */
  unreceipted(): readonly OrderRecord[] {
    return [...this.#orders.values()].filter((o) => o.result !== undefined && !o.acked && !o.local);
  }

  /** Takes one durable line in. */
  apply(entry: Entry, waitMs: number, mark: Mark): void {
    this.waitedMs = Math.max(this.waitedMs, waitMs);
    switch (entry.kind) {
      case 'accepted':
        this.installation = entry.installation;
        this.epoch = entry.epoch;
        this.decision = entry.decision;
        return;
      case 'seen':
        this.epoch = Math.max(this.epoch, entry.epoch);
        this.decision = entry.decision;
        return;
      case 'intent':
        return this.#begin(entry.intent, waitMs);
      case 'outcome':
        return this.#finish(entry.order, { ...entry.result, mark });
      case 'closed':
        return this.#finish(entry.order, {
          outcome: 'unexecuted',
          code: entry.code,
          message: entry.message,
          mark,
        });
      case 'acked':
        return this.#ack(entry.order);
      case 'waited':
        return;
      case 'base':
        return this.#load(entry.base);
    }
  }

  toBase(): Base {
    const since = this.waitedMs - maxStopWindowMs;
    return {
      installation: this.installation,
      epoch: this.epoch,
      decision: this.decision,
      orders: [...this.#orders.values()],
      kept: [...this.#kept.values()],
      stopsMs: [...this.#stopsMs].filter(([, atMs]) => atMs > since),
    };
  }

  #begin(intent: Intent, waitMs: number): void {
    const { order, local } = intent;
    this.#orders.set(order, { order, local, intent, intentMs: waitMs, acked: false });
    if (intent.action === 'stop') this.#stopsMs.set(order, waitMs);
  }

  #finish(order: OrderId, result: Result & { readonly mark: Mark }): void {
    const known = this.#orders.get(order);
    const { intent } = known ?? {};
    const local = known?.local ?? false;
    this.#orders.set(order, { order, local, result, acked: local });
    if (local) this.#forgetOldest();
    if (intent?.action === 'stop') this.#stopped(intent, known?.intentMs ?? 0, result);
    if (intent?.action === 'start' && result.outcome === 'executed') this.#kept.delete(intent.uid);
  }

  #stopped(intent: Intent, sinceMs: number, { outcome }: Result): void {
    switch (outcome) {
      case 'executed':
      case 'unknown':
        this.#kept.set(intent.uid, { intent, sinceMs, certain: outcome === 'executed' });
        return;
      case 'refused':
      case 'unexecuted':
        // Nothing was touched, so it is no stop.
        this.#stopsMs.delete(intent.order);
    }
  }

  #ack(order: OrderId): void {
    const known = this.#orders.get(order);
    if (known?.result === undefined || known.acked) return;
    this.#orders.set(order, { ...known, acked: true });
    this.#forgetOldest();
  }

  #forgetOldest(): void {
    if (++this.#finished <= maxFinishedOrders) return;
    for (const [id, record] of this.#orders) {
      if (!record.acked) continue;
      this.#orders.delete(id);
      this.#finished--;
      return;
    }
  }

  #load(base: Base): void {
    this.installation = base.installation;
    this.epoch = base.epoch;
    this.decision = base.decision;
    this.#orders.clear();
    this.#kept.clear();
    this.#stopsMs.clear();
    for (const record of base.orders) this.#orders.set(record.order, record);
    for (const kept of base.kept) this.#kept.set(kept.intent.uid, kept);
    for (const [order, atMs] of base.stopsMs) this.#stopsMs.set(order, atMs);
    this.#finished = base.orders.filter((o) => o.acked).length;
  }
}
