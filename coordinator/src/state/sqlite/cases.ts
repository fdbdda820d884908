// Cases, and the evidence at each of their steps.
import { canonicalJson } from '@servo-auditor/proto/canonical.ts';
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Case, CaseState } from '../../domain/case.ts';
import { maxRowsPerPage } from '@servo-auditor/proto/limits.ts';
import type { CaseFilter } from '../port.ts';
import type { Db, Value } from './db.ts';
import type { Tx } from './transaction.ts';

/** Steps that one case keeps, the newest: a servo that flaps for months must not fill the disk. */
export const maxStepsPerCase = 50;

interface CaseRow {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly host: Case['host'];
  readonly cell: Case['cell'];
  readonly generation: Case['generation'];
  readonly project: NonNullable<Case['project']> | null;
  readonly state: CaseState;
  readonly since_ms: number;
  readonly since_wall_ms: number;
  readonly order_id: NonNullable<Case['order']> | null;
  readonly decided_at_version: number | null;
  readonly not_before_ms: number | null;
  readonly message: string;
}

/** Keeps a case as it is now, and adds a step. */
export function saveCase({ db }: Tx, c: Case, evidence: string): void {
  db.run(
    `INSERT INTO cases (uid, incarnation, host, cell, generation, project, state, since_ms, since_wall_ms, order_id,
       decided_at_version, not_before_ms, message)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (uid, incarnation) DO UPDATE SET host = excluded.host, cell = excluded.cell, generation = excluded.generation,
       project = excluded.project, state = excluded.state, since_ms = excluded.since_ms, since_wall_ms = excluded.since_wall_ms,
       order_id = excluded.order_id, decided_at_version = excluded.decided_at_version,
       not_before_ms = excluded.not_before_ms, message = excluded.message`,
    c.uid,
    c.incarnation,
    c.host,
    c.cell,
    c.generation,
    c.project,
    c.state,
    c.sinceMs,
    Math.round(c.sinceWallMs),
    c.order,
    c.decidedAtVersion,
    c.notBeforeMs,
    c.message,
  );
  db.run(
    'INSERT INTO case_steps (uid, incarnation, state, wall_ms, evidence) VALUES (?, ?, ?, ?, ?)',
    c.uid,
    c.incarnation,
    c.state,
    Math.round(c.sinceWallMs),
    evidence,
  );
  db.run(
    `DELETE FROM case_steps WHERE uid = ? AND incarnation = ? AND id <=
       (SELECT id FROM case_steps WHERE uid = ? AND incarnation = ? ORDER BY id DESC LIMIT 1 OFFSET ?)`,
    c.uid,
    c.incarnation,
    c.uid,
    c.incarnation,
    maxStepsPerCase,
  );
}

/** The case in another state as of now, with the event behind it as its evidence. */
export function moveCase(
  tx: Tx,
  before: Case,
  change: Partial<Pick<Case, 'order' | 'notBeforeMs' | 'message'>> & Pick<Case, 'state'>,
  evidence: Readonly<Record<string, unknown>>,
): void {
  const { waitMs: sinceMs, wallMs: sinceWallMs } = tx.now;
  // Time in a state counts from the last change of it.
  const since = change.state === before.state ? {} : { sinceMs, sinceWallMs };
  saveCase(tx, { ...before, ...since, ...change }, canonicalJson(evidence));
}

export function findCase(db: Db, uid: ServoUid, incarnation: Incarnation): Case | undefined {
  const row = db.get<CaseRow>('SELECT * FROM cases WHERE uid = ? AND incarnation = ?', uid, incarnation);
  return row === undefined ? undefined : caseOf(row);
}

/** Cases that are not over. */
export function liveCases(db: Db): readonly Case[] {
  return db
    .all<CaseRow>(`SELECT * FROM cases WHERE state <> 'over' ORDER BY since_ms, uid, incarnation`)
    .map(caseOf);
}

/** A full page, and one more that tells whether there is another. */
const maxCasesFound = maxRowsPerPage + 1;

/** Throws a `RangeError` for a limit outside 1 to `maxCasesFound`. */
export function findCases(db: Db, { host, project, uid, states, limit }: CaseFilter): readonly Case[] {
  if (!Number.isSafeInteger(limit) || limit < 1 || limit > maxCasesFound)
    throw new RangeError(`${limit} cases: want a whole number from 1 to ${maxCasesFound}`);
  const conditions: string[] = [];
  const values: Value[] = [];
  const narrow = (condition: string, ...value: readonly Value[]): void => {
    conditions.push(condition);
    values.push(...value);
  };
  if (host !== undefined) narrow('host = ?', host);
  if (project !== undefined) narrow('project = ?', project);
  if (uid !== undefined) narrow('uid = ?', uid);
  if (states !== undefined) narrow(`state IN (${states.map(() => '?').join(', ')})`, ...states);
  const where = conditions.length === 0 ? '' : `WHERE ${conditions.join(' AND ')}`;
  return db
    .all<CaseRow>(
      `SELECT * FROM cases ${where} ORDER BY since_ms DESC, uid, incarnation LIMIT ?`,
      ...values,
      limit,
    )
    .map(caseOf);
}

export function caseHistory(
  db: Db,
  uid: ServoUid,
  incarnation: Incarnation,
): readonly { readonly state: CaseState; readonly wallMs: number; readonly evidence: string }[] {
  return db.all<{ state: CaseState; wallMs: number; evidence: string }>(
    'SELECT state, wall_ms AS wallMs, evidence FROM case_steps WHERE uid = ? AND incarnation = ? ORDER BY id',
    uid,
    incarnation,
  );
}

function caseOf(row: CaseRow): Case {
  const { uid, incarnation, host, cell, generation, state, message } = row;
  return {
    uid,
    incarnation,
    host,
    cell,
    generation,
    project: row.project ?? undefined,
    state,
    sinceMs: row.since_ms,
    sinceWallMs: row.since_wall_ms,
    order: row.order_id ?? undefined,
    decidedAtVersion: row.decided_at_version ?? undefined,
    notBeforeMs: row.not_before_ms ?? undefined,
    message,
  };
}
