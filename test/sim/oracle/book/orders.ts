// The life of every order, as it truly was.
import type { OrderId } from '@servo-auditor/proto/ids.ts';
import type { Told } from '../../event.ts';
import type { Handlers } from '../handler.ts';

export interface TrueOrder {
  readonly made: Told<'order.durable'>;
  /** Its latest question. */
  question: Told<'question.asked'> | undefined;
  /** Look-ups since that question. */
  lookups: Told<'lookup.answered'>[];
  yesMs: number | undefined;
  yesHeardMs: number | undefined;
  intentMs: number | undefined;
  outcomeMs: number | undefined;
  beganMs: number | undefined;
  executedMs: number | undefined;
  condemnedMs: number | undefined;
  absolvedMs: number | undefined;
  receiptMs: number | undefined;
}

export class Orders {
  readonly #orders = new Map<OrderId, TrueOrder>();

  readonly handlers: Handlers = {
    'order.durable': (made) => {
      this.#orders.set(made.order, {
        made,
        question: undefined,
        lookups: [],
        yesMs: undefined,
        yesHeardMs: undefined,
        intentMs: undefined,
        outcomeMs: undefined,
        beganMs: undefined,
        executedMs: undefined,
        condemnedMs: undefined,
        absolvedMs: undefined,
        receiptMs: undefined,
      });
    },
    'question.asked': (event) =>
      this.#on(event.order, (it) => {
        it.question = event;
        it.lookups = [];
        it.yesHeardMs = undefined;
      }),
    'lookup.answered': (event) => this.#on(event.order, (it) => it.lookups.push(event)),
    'yes.committed': ({ order, atMs }) => this.#on(order, (it) => (it.yesMs ??= atMs)),
    'question.answered': ({ order, atMs, yes }) =>
      this.#on(order, (it) => (it.yesHeardMs = yes ? atMs : undefined)),
    'journal.durable': ({ order, entry, atMs }) =>
      this.#on(order, (it) => {
        if (entry === 'intent') it.intentMs ??= atMs;
        else it.outcomeMs ??= atMs;
      }),
    'stop.began': ({ order, atMs }) => this.#on(order, (it) => (it.beganMs ??= atMs)),
    'stop.executed': ({ order, atMs }) => this.#on(order, (it) => (it.executedMs ??= atMs)),
    condemned: ({ order, atMs }) => this.#on(order, (it) => (it.condemnedMs ??= atMs)),
    absolved: ({ order, atMs }) => this.#on(order, (it) => (it.absolvedMs ??= atMs)),
    'receipt.accepted': ({ order, atMs }) => this.#on(order, (it) => (it.receiptMs ??= atMs)),
  };

  find(order: OrderId): TrueOrder | undefined {
    return this.#orders.get(order);
  }

  #on(order: OrderId, change: (it: TrueOrder) => unknown): void {
    const it = this.#orders.get(order);
    if (it !== undefined) change(it);
  }
}
