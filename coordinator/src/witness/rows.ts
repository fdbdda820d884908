// A row from outside -> a checked claim or tombstone, or a `WitnessFailed` that names the row and what would be right.
// Null, empty and ill-spelled are errors, never "not there"; nor is a column that nobody knows, for it may be a misspelled one.
import { isId, spellingOf, type IdKind, type IdKinds, type ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone } from '../domain/witness.ts';
import { WitnessFailed, type RowSink } from './port.ts';

/** The values of one row, by the names that the port uses. */
export interface RawRow {
  readonly uid: unknown;
  readonly host?: unknown;
  readonly incarnation?: unknown;
  readonly project?: unknown;
  readonly since?: unknown;
  readonly projectReleased?: unknown;
}

/** Columns that rows must and may have. */
export interface Columns {
  readonly must: readonly string[];
  readonly may: readonly string[];
}
export const claimColumns: Columns = { must: ['uid'], may: ['host', 'incarnation', 'project', 'since'] };
export const tombstoneColumns: Columns = {
  must: ['uid'],
  may: ['host', 'incarnation', 'project', 'project_released'],
};

/** Throws `WitnessFailed` for a column that is missing, unknown or there twice. A tombstone whose `host` is called otherwise would be one for all hosts. */
export function checkColumns(names: readonly string[], { must, may }: Columns, where: string): void {
  const missing = must.find((name) => !names.includes(name));
  const strange = names.find(
    (name, i) => !(must.includes(name) || may.includes(name)) || names.indexOf(name) !== i,
  );
  if (missing === undefined && strange === undefined) return;
  const wrong =
    missing === undefined
      ? `${show(strange)} ${names.indexOf(strange ?? '') === names.lastIndexOf(strange ?? '') ? 'is unknown' : 'is there twice'}`
      : `${show(missing)} is missing`;
  throw new WitnessFailed(
    `${where}: the columns are ${names.join(', ')}: ${wrong}; want ${must.join(', ')}${may.length > 0 ? `, and of ${may.join(', ')} what is known` : ''}`,
  );
}

/** A row with names as they stand outside, its columns checked. */
export function rawOf(row: Readonly<Record<string, unknown>>): RawRow {
  return {
    uid: row['uid'],
    host: row['host'],
    incarnation: row['incarnation'],
    project: row['project'],
    since: row['since'],
    projectReleased: row['project_released'],
  };
}

/** @param where names witness, query and row, for the message. */
export function claimOf(row: RawRow, where: string): Claim {
  const { host, incarnation, project, since } = row;
  return {
    uid: required('servo uid', row.uid, where, 'uid'),
    ...optional('host', host, where, 'host'),
    ...optional('incarnation', incarnation, where, 'incarnation'),
    ...optional('project', project, where, 'project'),
    ...(since === undefined || since === null ? {} : { since: wholeNumber(since, where, 'since') }),
  };
}

export function tombstoneOf(row: RawRow, where: string): Tombstone {
  const { host, incarnation, project, projectReleased } = row;
  if (![undefined, 0, 1, true, false].includes(projectReleased as boolean))
    throw new WitnessFailed(`${where}: project_released is ${show(projectReleased)}; want 0 or 1`);
  return {
    uid: required('servo uid', row.uid, where, 'uid'),
    ...optional('host', host, where, 'host'),
    ...optional('incarnation', incarnation, where, 'incarnation'),
    ...optional('project', project, where, 'project'),
    projectReleased: projectReleased === 1 || projectReleased === true,
  };
}

/** Hands a claim over. What the sink finds wrong with it, beside earlier rows, is told with the row's place. */
export function sinkClaim(sink: RowSink, claim: Claim, where: string): void {
  try {
    sink.claim(claim);
  } catch (cause) {
    throw placed(where, cause);
  }
}

/** As `sinkClaim`, for a tombstone. */
export function sinkTombstone(sink: RowSink, tombstone: Tombstone, where: string): void {
  try {
    sink.tombstone(tombstone);
  } catch (cause) {
    throw placed(where, cause);
  }
}

function placed(where: string, cause: unknown): unknown {
  return cause instanceof WitnessFailed ? new WitnessFailed(`${where}: ${cause.message}`, { cause }) : cause;
}

/** The claims of one look-up. Throws `WitnessFailed` unless they are one answer: one project, each claim once. */
export function oneAnswer(uid: ServoUid, claims: readonly Claim[], where: string): readonly Claim[] {
  const projects = new Set(claims.flatMap(({ project }) => (project === undefined ? [] : [project])));
  if (projects.size > 1)
    throw new WitnessFailed(
      `${where}: ${uid} belongs to the projects ${[...projects].slice(0, 3).join(' and ')}; want one project per uid`,
    );
  const places = claims.map(({ host = '', incarnation = '' }) => `${host} ${incarnation}`);
  if (new Set(places).size < places.length)
    throw new WitnessFailed(`${where}: ${uid} is claimed twice at one place; want each claim once`);
  return claims;
}

/** A whole number from 0. */
export function wholeNumber(value: unknown, where: string, name: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new WitnessFailed(`${where}: ${name} is ${show(value)}; want a whole number from 0`);
}

/** A text of 1 to 200 characters. */
export function shortText(value: unknown, where: string, name: string): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 200) return value;
  throw new WitnessFailed(`${where}: ${name} is ${show(value)}; want text of 1 to 200 characters`);
}

function required<K extends IdKind>(kind: K, value: unknown, where: string, name: string): IdKinds[K] {
  if (isId(kind, value)) return value;
  throw new WitnessFailed(`${where}: ${name} is ${show(value)}; want ${spellingOf(kind)}`);
}

function optional<K extends IdKind, N extends string>(
  kind: K,
  value: unknown,
  where: string,
  name: N,
): { readonly [P in N]?: IdKinds[K] } {
  if (value === undefined || value === null) return {};
  return { [name]: required(kind, value, where, name) } as { readonly [P in N]?: IdKinds[K] };
}

/** A value for people: at most 60 characters of it. */
export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
