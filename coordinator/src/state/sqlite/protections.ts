// What operators protect: holds and the freeze.
import type { OperatorName } from '@servo-auditor/proto/ids.ts';
import type { Freeze, Hold, HoldScope } from '../../domain/operator.ts';
import type { OpenOrder } from '../../domain/order.ts';
import type { Db } from './db.ts';
import { instantJson } from './instant.ts';
import type { Tx } from './transaction.ts';

interface HoldRow {
  readonly id: number;
  readonly scope: string;
  readonly by: OperatorName;
  readonly reason: string;
  readonly since: string;
  readonly until_ms: number | null;
}

/** Holds that are in force, oldest first. */
export function readHolds(db: Db, nowMs: number): readonly Hold[] {
  return db
    .all<HoldRow>('SELECT * FROM holds WHERE until_ms IS NULL OR until_ms > ? ORDER BY id', nowMs)
    .map(({ id, scope, by, reason, since, until_ms }) => ({
      id,
      scope: JSON.parse(scope) as HoldScope,
      by,
      reason,
      since: JSON.parse(since) as Hold['since'],
      untilMs: until_ms ?? undefined,
    }));
}

/** Sets a hold and returns its number, which no other hold ever had. */
export function insertHold(
  { db, now }: Tx,
  { scope, by, reason, untilMs }: Pick<Hold, 'scope' | 'by' | 'reason' | 'untilMs'>,
): number {
  const row = db.get<{ id: number }>(
    'INSERT INTO holds (scope, by, reason, since, until_ms) VALUES (?, ?, ?, ?, ?) RETURNING id',
    JSON.stringify(scope),
    by,
    reason,
    instantJson(now),
    untilMs,
  );
  if (row === undefined) throw new Error('a hold got no number');
  return row.id;
}

export function readFreeze(db: Db): Freeze | undefined {
  const row = db.get<{ by: OperatorName; reason: string; since: string }>(
    'SELECT by, reason, since FROM freeze',
  );
  return row && { by: row.by, reason: row.reason, since: JSON.parse(row.since) as Freeze['since'] };
}

/** Whether a hold with this scope protects what an order is for. */
export function protects(scope: HoldScope, order: OpenOrder): boolean {
  switch (scope.kind) {
    case 'servo':
      return scope.uid === order.uid;
    case 'project':
      return scope.project === order.project;
    case 'host':
      return scope.host === order.host;
    case 'generation':
      return scope.cell === order.cell && scope.generation === order.generation;
    case 'cell':
      return scope.cell === order.cell;
  }
}
