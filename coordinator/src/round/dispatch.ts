// Orders on their way, and receipts back. An order leaves only after its intent is durable, and again in every session until
// it is receipted; past its life it gets no yes any more, and its host is asked to close it. Nothing is chosen here.
import { closeBytes, orderBytes } from '@servo-auditor/proto/canonical.ts';
import type { HostId, OrderId } from '@servo-auditor/proto/ids.ts';
import { stalenessMs, type Instant } from '@servo-auditor/proto/time.ts';
import type { CloseOrder, Order, Receipt } from '@servo-auditor/proto/wire.ts';
import type { Coordinator } from '../coordinator.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { Line } from '../session/sessions.ts';

/** Below this rest of its life an order is not delivered again, in milliseconds: no agent could finish it. */
const minRestMs = 1000;

interface Underway {
  readonly order: OpenOrder;
  /** When this leadership made it. Absent: an earlier one did, and it is only to be closed. */
  readonly madeAt: Instant | undefined;
  /** The session in which it was delivered last. Absent: in none of this leadership. */
  sentIn?: Line | undefined;
}

export class Dispatch {
  readonly #underway = new Map<OrderId, Underway>();
  readonly #coordinator: () => Coordinator;

  /** @param coordinator asked late: coordinator and dispatch know each other. */
  constructor(coordinator: () => Coordinator) {
    this.#coordinator = coordinator;
  }

  /** Orders whose intent has just become durable. */
  send(orders: readonly OpenOrder[]): void {
    const madeAt = this.#coordinator().clock.now();
    for (const order of orders) {
      const underway = { order, madeAt };
      this.#underway.set(order.id, underway);
      this.#deliver(underway);
    }
  }

  /** A host has a new session: it gets everything that it has not receipted. */
  redeliver(host: HostId): void {
    for (const underway of this.#underway.values()) if (underway.order.host === host) this.#deliver(underway);
  }

  /** Takes in what hard state knows to be unfinished, closes what is past its life, and repeats what was not receipted. */
  async tend(): Promise<void> {
    const { store, fence, epoch, clock, policy } = this.#coordinator();
    // What an operator sends while hard state is read is not in what was read.
    const before = [...this.#underway.keys()];
    const { openOrders } = await store.readOperatorState(fence());
    const unfinished = openOrders.filter((order) => order.state !== 'closed');
    const ids = new Set(unfinished.map((o) => o.id));
    for (const id of before) if (!ids.has(id)) this.#underway.delete(id);
    for (const order of unfinished) {
      const { madeAt, sentIn } = this.#underway.get(order.id) ?? {};
      this.#underway.set(order.id, { order, madeAt: order.epoch === epoch ? madeAt : undefined, sentIn });
    }
    const expired = [...this.#underway.values()].filter(
      ({ order, madeAt }) =>
        order.state === 'open' &&
        (madeAt === undefined || stalenessMs(madeAt, clock.now()) > policy.orderLivesMs),
    );
    if (expired.length > 0)
      await store.closeOrders(
        fence(),
        expired.map(({ order }) => order.id),
        'not receipted within its life',
      );
    for (const { order } of expired)
      this.#underway.set(order.id, { order: { ...order, state: 'closing' }, madeAt: undefined });
    for (const underway of this.#underway.values()) this.#deliver(underway);
  }

  /** Makes a receipt durable. False: there is no such order here, so it stays with the host. */
  async takeReceipt(host: HostId, receipt: Receipt): Promise<boolean> {
    const { store, fence, policy, log } = this.#coordinator();
    const { orderId, outcome, code, message, incarnation } = receipt;
    const record = { order: orderId, host, outcome, code, message, incarnation };
    const { known } = await store.recordReceipt(fence(), record, policy.refusedAgainMs);
    if (known) {
      this.#underway.delete(orderId);
      log.info({ event: `receipt.${outcome}`, order: orderId, host, code, message });
    } else
      log.error({
        event: 'receipt.unknown',
        order: orderId,
        host,
        outcome,
        message: 'no such order: was the state restored from a backup?',
      });
    return known;
  }

  #deliver(underway: Underway): void {
    const { order, madeAt } = underway;
    const { sessions, clock, policy } = this.#coordinator();
    const line = sessions.line(order.host);
    if (line === undefined) return;
    const restMs = madeAt === undefined ? 0 : policy.orderLivesMs - stalenessMs(madeAt, clock.now());
    // The one yes was given: the agent is at it, and will say what became of it. In a later session it is asked: an agent that was
    // restarted has lost the nonce of the yes, and will never act on it.
    if (order.state === 'possible' && restMs >= minRestMs && underway.sentIn === line) return;
    if (order.state !== 'open' || restMs < minRestMs) {
      this.#requestClose(order);
      return;
    }
    const { agentNonce } = line;
    // Before its first report in this session there is no nonce to age the order by: it goes out with the next pass.
    if (agentNonce === undefined) return;
    underway.sentIn = line;
    line.send({ kind: 'order', order: this.#signedOrder(order, agentNonce, Math.floor(restMs)) });
  }

  #requestClose({ id, host }: OpenOrder): void {
    const { sessions, sign, installation, epoch } = this.#coordinator();
    const close: CloseOrder = { id, installation, host, epoch };
    sessions
      .line(host)
      ?.send({ kind: 'closeOrder', close: { ...close, signature: sign(closeBytes(close)) } });
  }

  #signedOrder(open: OpenOrder, agentNonce: Order['agentNonce'], livesMs: number) {
    const { sign, installation, decision, fleet } = this.#coordinator();
    const { id, host, epoch, action, uid, incarnation, identity, reason } = open;
    const acknowledged = fleet.views.get(host)?.acknowledged ?? [];
    const order: Order = {
      id,
      installation,
      host,
      epoch,
      decision: decision(),
      action,
      uid,
      incarnation,
      identity,
      agentNonce,
      livesMs,
      acknowledged,
      reason,
    };
    return { ...order, signature: sign(orderBytes(order)) };
  }
}
