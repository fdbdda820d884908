// A row from outside -> a checked claim or tombstone, or a `WitnessFailed` that names the row and what would be right.
// Null, empty and ill-spelled are errors, never "not there".
import { isId, spellingOf, type IdKind, type IdKinds } from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone } from '../domain/witness.ts';
import { WitnessFailed } from './port.ts';

/** The values of one row, by the names that the port uses. */
export interface RawRow {
  readonly uid: unknown;
  readonly host?: unknown;
  readonly incarnation?: unknown;
  readonly project?: unknown;
  readonly since?: unknown;
  readonly projectReleased?: unknown;
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
  if (![undefined, null, 0, 1, true, false].includes(projectReleased as null))
    throw new WitnessFailed(`${where}: project_released is ${show(projectReleased)}; want 0 or 1`);
  return {
    uid: required('servo uid', row.uid, where, 'uid'),
    ...optional('host', host, where, 'host'),
    ...optional('incarnation', incarnation, where, 'incarnation'),
    ...optional('project', project, where, 'project'),
    projectReleased: projectReleased === 1 || projectReleased === true,
  };
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

export function show(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 60);
}
