// Charges: one per order that was, or may have been, carried out. Budgets and breakers count them; nothing ever takes one back,
// and they are kept for the longest window that any limit may have.
import { cohortName, type Cohort } from '../../domain/operator.ts';
import type { Charge, OpenOrder } from '../../domain/order.ts';
import type { Db } from './db.ts';
import type { Tx } from './transaction.ts';

/** The longest window of a budget or breaker that the policy allows, in waited milliseconds. */
export const chargeWindowMs = 30 * 24 * 3600 * 1000;

/** Charges an order, once. */
export function charge({ db, now }: Tx, { id }: OpenOrder): void {
  db.run('INSERT INTO charges (order_id, at_ms) VALUES (?, ?) ON CONFLICT DO NOTHING', id, now.waitMs);
}

export function isCharged({ db }: Tx, { id }: OpenOrder): boolean {
  return db.get('SELECT 1 FROM charges WHERE order_id = ?', id) !== undefined;
}

interface ChargeRow extends Omit<Charge, 'order' | 'atMs' | 'readerVersion' | 'project' | 'projectReleased'> {
  readonly order_id: Charge['order'];
  readonly at_ms: number;
  readonly reader_version: Charge['readerVersion'];
  readonly project: NonNullable<Charge['project']> | null;
  readonly project_released: number;
}

/** Charges of the longest window, and those of orders that are not finished, oldest first. */
export function readCharges(db: Db, nowMs: number): readonly Charge[] {
  return db
    .all<ChargeRow>(
      `SELECT order_id, at_ms, host, cell, generation, reader_version, project, project_released, uid, incarnation, action
       FROM charges JOIN orders ON id = order_id WHERE at_ms > ? OR state <> 'closed' ORDER BY at_ms, order_id`,
      nowMs - chargeWindowMs,
    )
    .map(({ order_id, at_ms, reader_version, project, project_released, ...row }) => ({
      order: order_id,
      atMs: at_ms,
      host: row.host,
      cell: row.cell,
      generation: row.generation,
      readerVersion: reader_version,
      project: project ?? undefined,
      projectReleased: project_released === 1,
      uid: row.uid,
      incarnation: row.incarnation,
      action: row.action,
    }));
}

/** Names of the cohorts of an order that have a budget. */
export function budgetCohortsOf({ host, cell, generation }: OpenOrder): readonly string[] {
  const cohorts: Cohort[] = [
    { kind: 'host', host },
    { kind: 'generation', cell, generation },
    { kind: 'cell', cell },
    { kind: 'fleet' },
  ];
  return cohorts.map(cohortName);
}

/** Names of all cohorts of an order that may have a breaker. A project counts only while it has no tombstone of its own. */
export function breakerCohortsOf(order: OpenOrder): readonly string[] {
  const { cell, readerVersion, project, projectReleased } = order;
  const names = [...budgetCohortsOf(order), cohortName({ kind: 'reader', cell, readerVersion })];
  if (project !== undefined && !projectReleased) names.push(cohortName({ kind: 'project', project }));
  return names;
}

/** Stops per budget cohort that were charged later than `sinceMs`. */
export function stopsPerCohort(db: Db, sinceMs: number): ReadonlyMap<string, number> {
  const used = new Map<string, number>();
  const charges = db.all<OpenOrder & { readonly n: number }>(
    `SELECT host, cell, generation, count(*) AS n FROM charges JOIN orders ON id = order_id
     WHERE at_ms > ? AND action = 'stop' GROUP BY host, cell, generation`,
    sinceMs,
  );
  for (const place of charges)
    for (const name of budgetCohortsOf(place)) used.set(name, (used.get(name) ?? 0) + place.n);
  return used;
}
