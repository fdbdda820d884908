// Orders in, receipts out: one order at a time, each at most once, each answered until the answer is acknowledged.
import { randomBytes } from 'node:crypto';
import { closeBytes } from '@servo-auditor/proto/canonical.ts';
import { parseId, type OrderId, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Receipt, SignedClose, SignedOrder } from '@servo-auditor/proto/wire.ts';
import type { Context, Ended, Received } from './context.ts';
import type { OrderRecord, Result } from './entries.ts';
import { NotDurable } from './journal.ts';
import { recover } from './recover.ts';
import { Settling } from './settling.ts';
import { executeRestore, executeStart, notQuarantined } from './start-order.ts';
import { executeStop } from './stop-order.ts';

/** Orders that wait for their turn. More are left to their redelivery: a host gets one at a time. */
const maxWaiting = 16;

/** Takes its turn among the orders, and is none. */
const settlingId = parseId('order', 'settling');

interface Job {
  readonly id: OrderId;
  /** Absent: no order for one servo, and nothing to record. */
  readonly uid?: ServoUid;
  readonly run: () => Promise<Ended>;
  readonly done?: (result: Result) => void;
}

export class Executor {
  /** Takes a receipt to the coordinator, if there is a session; it is sent again in the next one. */
  onReceipt: (receipt: Receipt) => void = () => undefined;
  #waiting: Job[] = [];
  #current: Job | undefined;
  #working: Promise<void> = Promise.resolve();
  /** Outcomes that a full disk did not take. Nothing else is begun before they are durable. */
  #owed: { readonly order: OrderId; readonly result: Result }[] = [];
  readonly #context: Context;
  readonly #settling: Settling;

  constructor(context: Context) {
    this.#context = context;
    this.#settling = new Settling(context);
  }

  /** What was begun before this process: to be called once, first. */
  recover(): void {
    for (const intent of this.#context.journal.view.unfinished())
      this.#push({ id: intent.order, uid: intent.uid, run: () => recover(intent, this.#context) });
  }

  takeOrder(order: SignedOrder): void {
    const { journal, nonces, log } = this.#context;
    this.tend();
    const known = journal.view.order(order.id);
    if (known?.result !== undefined) return this.#receipt(known);
    if (known !== undefined || this.#jobs().some((job) => job.id === order.id)) return;
    if (journal.damage !== undefined) return this.#refuseDamaged(order, journal.damage);
    if (this.#waiting.length >= maxWaiting || this.#owed.length > 0) {
      log.warn({ event: 'order.deferred', order: order.id, waiting: this.#waiting.length });
      return;
    }
    const received: Received = { order, nonceSentAt: nonces.sentAt(order.agentNonce) };
    const execute = order.action === 'stop' ? executeStop : executeStart;
    log.info({ event: 'order.received', order: order.id, action: order.action, uid: order.uid });
    this.#push({ id: order.id, uid: order.uid, run: () => execute(received, this.#context) });
  }

  /** Closes an order for good, unless it has been begun: then its own receipt follows. */
  takeClose(close: SignedClose): void {
    const { journal, log } = this.#context;
    const wrong = this.#wrongClose(close);
    if (wrong !== undefined) return log.warn({ event: 'close.refused', order: close.id, message: wrong });
    const known = journal.view.order(close.id);
    if (known?.result !== undefined) return this.#receipt(known);
    if (known !== undefined) return;
    const here = this.#jobs().some((job) => job.id === close.id);
    this.#close(
      close.id,
      here ? 'closed' : 'unknown-order',
      here
        ? 'the coordinator closed it before it was executed'
        : 'this host did not know the order; it never will be executed here',
    );
  }

  /** The coordinator has made the receipt durable. */
  takeAck(order: OrderId): void {
    const { journal, clock } = this.#context;
    const known = journal.view.order(order);
    if (known?.result === undefined || known.acked) return;
    this.#durably(() => journal.append({ kind: 'acked', order }, clock.now().waitMs));
  }

  /** Sends every receipt that nobody has acknowledged. */
  sendReceipts(): void {
    for (const record of this.#context.journal.view.unreceipted()) this.#receipt(record);
  }

  /**
   * Brings a servo back by hand, and closes what was ordered for it and not begun. The servo is held afterwards.
   * @param why for people: who, and the reason.
   */
  async restore(uid: ServoUid, why: string): Promise<Result> {
    const { holds, log, journal } = this.#context;
    const jobs = this.#jobs().filter((job) => job.uid === uid);
    if (jobs.length === 0 && journal.view.keptServo(uid) === undefined) return notQuarantined(uid);
    const hold = holds.put(uid, why);
    const open = jobs.filter((job) => journal.view.order(job.id) === undefined);
    for (const job of open)
      this.#close(job.id, 'restored-first', 'an operator on the host restored it first');
    const id = parseId('order', `local-${randomBytes(8).toString('hex')}`);
    const result = await new Promise<Result>((done, reject) => {
      const run = () => executeRestore(uid, id, this.#context);
      this.#push({
        id,
        uid,
        done,
        run: () =>
          run().catch((error: unknown) => {
            reject(error instanceof Error ? error : new Error(String(error)));
            throw error;
          }),
      });
    });
    log.info({ event: 'restore.local', uid, code: result.code, message: result.message });
    if (result.code === 'not-quarantined' && open.length > 0)
      return {
        outcome: 'executed',
        code: 'closed',
        message: `nothing was stopped; ${open.length} orders for it were closed`,
      };
    return { ...result, message: `${result.message}; held by ${hold}` };
  }

  /** Writes what a full disk did not take before, and sees to what an engine did not take before. */
  tend(): void {
    const owed = this.#owed;
    this.#owed = [];
    for (const { order, result } of owed) this.#finish(order, result);
    if (this.#current === undefined && this.#waiting.length === 0 && this.#settling.isDue())
      this.#push({ id: settlingId, run: () => this.#settling.run().then(() => 'closed') });
  }

  /** Resolves when nothing is under way any more; what has not begun is dropped. */
  async drain(): Promise<void> {
    this.#waiting = [];
    await this.#working;
  }

  /** Resolves when everything that has come so far is done. */
  async idle(): Promise<void> {
    await this.#working;
  }

  #jobs(): readonly Job[] {
    return this.#current === undefined ? this.#waiting : [this.#current, ...this.#waiting];
  }

  #push(job: Job): void {
    this.#waiting.push(job);
    if (this.#current === undefined && this.#waiting.length === 1) this.#working = this.#work();
  }

  async #work(): Promise<void> {
    // One turn later, so that whoever pushed it may push more.
    await Promise.resolve();
    for (let job = this.#waiting.shift(); job !== undefined; job = this.#waiting.shift()) {
      this.#current = job;
      await this.#run(job);
      this.#current = undefined;
    }
  }

  async #run(job: Job): Promise<void> {
    const { journal, log } = this.#context;
    if (journal.view.order(job.id)?.result !== undefined) return;
    try {
      const ended = await job.run();
      if (ended === 'closed') return;
      this.#finish(job.id, ended);
      job.done?.(ended);
    } catch (error) {
      // Before the intent nothing was touched, and the order comes again. After it, the next start finds out.
      log.error({
        event: error instanceof NotDurable ? 'journal.full' : 'order.failed',
        order: job.id,
        uid: job.uid,
        err: error,
      });
    }
  }

  #finish(order: OrderId, result: Result): void {
    const { journal, clock, log } = this.#context;
    const begun = journal.view.order(order) !== undefined;
    // A refused restore by hand has left nothing to remember.
    if (!begun && order.startsWith('local-')) return;
    const wrote = this.#durably(() => journal.append({ kind: 'outcome', order, result }, clock.now().waitMs));
    if (!wrote && begun) this.#owed.push({ order, result });
    if (!wrote) return;
    const { outcome, code, message } = result;
    log.info({ event: `order.${outcome}`, order, code, message });
    const record = journal.view.order(order);
    if (record !== undefined) this.#receipt(record);
  }

  #close(order: OrderId, code: string, message: string): void {
    const { journal, clock, log } = this.#context;
    if (!this.#durably(() => journal.append({ kind: 'closed', order, code, message }, clock.now().waitMs)))
      return;
    log.info({ event: 'order.closed', order, code, message });
    const record = journal.view.order(order);
    if (record !== undefined) this.#receipt(record);
  }

  #wrongClose(close: SignedClose): string | undefined {
    const { verify, host, journal, seen } = this.#context;
    if (!verify(closeBytes(close), close.signature)) return 'not signed by a key that this host knows';
    if (close.host !== host) return `it is for ${close.host}`;
    if (close.installation !== journal.view.installation)
      return `it is of installation ${close.installation}`;
    if (close.epoch < seen.epoch) return `it is of epoch ${close.epoch}, this host has seen ${seen.epoch}`;
    return journal.damage;
  }

  #refuseDamaged(order: SignedOrder, damage: string): void {
    const { journal, log } = this.#context;
    log.error({ event: 'order.refused', order: order.id, code: 'journal-damaged', message: damage });
    this.onReceipt({
      orderId: order.id,
      outcome: 'refused',
      code: 'journal-damaged',
      message: damage.slice(0, 500),
      journal: journal.mark,
    });
  }

  #receipt({ order, result, local }: OrderRecord): void {
    if (result === undefined || local) return;
    const { outcome, code, message, incarnation, mark } = result;
    this.onReceipt({
      orderId: order,
      outcome,
      code,
      message,
      ...(incarnation === undefined ? {} : { incarnation }),
      journal: mark,
    });
  }

  /** Whether it was written. A disk that takes nothing is logged, and no reason to end. */
  #durably(write: () => void): boolean {
    try {
      write();
      return true;
    } catch (error) {
      if (!(error instanceof NotDurable)) throw error;
      this.#context.log.error({ event: 'journal.full', message: error.message });
      return false;
    }
  }
}
