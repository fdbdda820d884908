// Orders: their intent, where they stand, and how they ended. One unfinished order per uid, whatever it is for.
import type { OperatorName, OrderId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { OpenOrder, OrderState, ReceiptOutcome } from '../../domain/order.ts';
import { Unfit } from '../port.ts';
import type { Db } from './db.ts';
import type { Tx } from './transaction.ts';

/** The hold that an operator's restore sets once the servo runs again. */
export interface HoldToSet {
  readonly by: OperatorName;
  readonly reason: string;
  readonly untilMs: number;
}

interface OrderRow {
  readonly id: OpenOrder['id'];
  readonly epoch: OpenOrder['epoch'];
  readonly action: OpenOrder['action'];
  readonly state: OrderState;
  readonly host: OpenOrder['host'];
  readonly cell: OpenOrder['cell'];
  readonly generation: OpenOrder['generation'];
  readonly reader_version: OpenOrder['readerVersion'];
  readonly boot_id: OpenOrder['bootId'];
  readonly uid: OpenOrder['uid'];
  readonly incarnation: OpenOrder['incarnation'];
  readonly project: NonNullable<OpenOrder['project']> | null;
  readonly project_released: number;
  readonly identity: OpenOrder['identity'];
  readonly reason: string;
  readonly made_ms: number;
  readonly decision_version: number;
  readonly approved: number;
  readonly rounds: string;
  readonly outcome: ReceiptOutcome | null;
  readonly hold_by: OperatorName | null;
  readonly hold_reason: string | null;
  readonly hold_until_ms: number | null;
}

/** An order with what only receipts need. */
export interface KeptOrder {
  readonly order: OpenOrder;
  /** Absent while it is unfinished, and when it was closed without its host (retired): then a late receipt still counts. */
  readonly outcome: ReceiptOutcome | undefined;
  readonly hold: HoldToSet | undefined;
}

export function findOrder(db: Db, id: OrderId): KeptOrder | undefined {
  const row = db.get<OrderRow>('SELECT * FROM orders WHERE id = ?', id);
  return row === undefined ? undefined : keptOf(row);
}

/** Orders that are not closed, oldest first. */
export function unfinishedOrders(db: Db): readonly OpenOrder[] {
  return db
    .all<OrderRow>(`SELECT * FROM orders WHERE state <> 'closed' ORDER BY made_ms, id`)
    .map((row) => keptOf(row).order);
}

/**
 * Makes the intent of new orders durable, each audited. Throws `Unfit` for a second unfinished order of one uid.
 * `decisionVersion` of each is the version of the whole decision, so that one number names all of them.
 */
export function insertOrders(tx: Tx, orders: readonly OpenOrder[], hold?: HoldToSet): void {
  for (const order of orders) {
    refuseOrder(tx, order);
    const { id, action, host, cell, generation, readerVersion, bootId, uid, incarnation } = order;
    const { project, identity, approved, reason, rounds } = order;
    tx.audit('order.opened', reason, {
      order: id,
      action,
      host,
      cell,
      generation,
      readerVersion,
      bootId,
      uid,
      incarnation,
      project,
      identity,
      approved,
      rounds,
    });
  }
  const { version } = tx.mark();
  for (const order of orders) insert(tx.db, order, version, hold);
}

function refuseOrder({ db, epoch }: Tx, order: OpenOrder): void {
  if (order.epoch !== epoch || order.state !== 'open')
    throw new Error(
      `order ${order.id} is ${order.state} and of epoch ${order.epoch}: a new one is open and of ${epoch}`,
    );
  const other = db.get<{ id: OrderId; state: OrderState; host: string }>(
    `SELECT id, state, host FROM orders WHERE uid = ? AND state <> 'closed'`,
    order.uid,
  );
  if (other !== undefined)
    throw new Unfit(
      `${order.uid} has the unfinished order ${other.id} (${other.state}) on ${other.host}: the next one is opened after its receipt`,
    );
}

function insert(db: Db, o: OpenOrder, decisionVersion: number, hold: HoldToSet | undefined): void {
  // Two orders for one uid in one decision get past the look-up before either is kept.
  const twice = db.get<{ id: OrderId }>(`SELECT id FROM orders WHERE uid = ? AND state <> 'closed'`, o.uid);
  if (twice !== undefined)
    throw new Unfit(`${o.uid} would get two orders, ${twice.id} and ${o.id}: one at a time`);
  db.run(
    `INSERT INTO orders (id, epoch, action, state, host, cell, generation, reader_version, boot_id, uid, incarnation, project,
       project_released, identity, reason, made_ms, decision_version, approved, rounds, hold_by, hold_reason, hold_until_ms)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    o.id,
    o.epoch,
    o.action,
    o.state,
    o.host,
    o.cell,
    o.generation,
    o.readerVersion,
    o.bootId,
    o.uid,
    o.incarnation,
    o.project,
    o.projectReleased,
    o.identity,
    o.reason,
    o.madeMs,
    decisionVersion,
    o.approved,
    JSON.stringify(o.rounds),
    hold?.by,
    hold?.reason,
    hold?.untilMs,
  );
}

/** Moves orders that are `open` to `closing`. One that got its yes stays `possible`: a close absolves nothing. */
export function closeOrders(tx: Tx, ids: readonly OrderId[], reason: string): void {
  for (const id of ids) {
    const kept = findOrder(tx.db, id);
    if (kept === undefined) throw new Unfit(`there is no order ${id}: see servoctl orders list --all`);
    if (kept.order.state !== 'open') continue;
    tx.db.run(`UPDATE orders SET state = 'closing' WHERE id = ?`, id);
    tx.audit('order.closing', reason, { order: id, host: kept.order.host, uid: kept.order.uid });
  }
}

export function markPossible(tx: Tx, id: OrderId): void {
  tx.db.run(`UPDATE orders SET state = 'possible' WHERE id = ?`, id);
}

/** @param outcome absent: closed without its host's word. */
export function markClosed({ db, now }: Tx, id: OrderId, outcome: ReceiptOutcome | undefined): void {
  db.run(
    `UPDATE orders SET state = 'closed', outcome = ?, closed_ms = ? WHERE id = ?`,
    outcome,
    now.waitMs,
    id,
  );
}

/** Unfinished orders of one host. */
export function unfinishedOn(db: Db, host: string): readonly OpenOrder[] {
  return db
    .all<OrderRow>(`SELECT * FROM orders WHERE host = ? AND state <> 'closed'`, host)
    .map((row) => keptOf(row).order);
}

/** The unfinished order of a uid. */
export function unfinishedFor(db: Db, uid: ServoUid): OpenOrder | undefined {
  const row = db.get<OrderRow>(`SELECT * FROM orders WHERE uid = ? AND state <> 'closed'`, uid);
  return row === undefined ? undefined : keptOf(row).order;
}

function keptOf(row: OrderRow): KeptOrder {
  const { id, epoch, action, state, host, cell, generation, uid, incarnation, identity, reason } = row;
  const { hold_by, hold_reason, hold_until_ms } = row;
  return {
    order: {
      id,
      epoch,
      action,
      state,
      host,
      cell,
      generation,
      readerVersion: row.reader_version,
      bootId: row.boot_id,
      uid,
      incarnation,
      project: row.project ?? undefined,
      projectReleased: row.project_released === 1,
      identity,
      reason,
      madeMs: row.made_ms,
      decisionVersion: row.decision_version,
      approved: row.approved === 1,
      rounds: JSON.parse(row.rounds) as OpenOrder['rounds'],
    },
    outcome: row.outcome ?? undefined,
    hold:
      hold_by === null || hold_reason === null || hold_until_ms === null
        ? undefined
        : { by: hold_by, reason: hold_reason, untilMs: hold_until_ms },
  };
}
