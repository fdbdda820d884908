// What the witness targets have in common: rows that are right, and what must be true of a reading.
//
// A reading is whole or it is a `WitnessFailed`. When it is whole, every claim and tombstone stands in the answer as it was sunk,
// none was made and none left out.
import { isDeepStrictEqual } from 'node:util';
import { isId, parseId } from '../../../proto/src/ids.ts';
import type { Claim, Lookup, Tombstone, WitnessProfile } from '../../../coordinator/src/domain/witness.ts';
import {
  WitnessFailed,
  type ReadingEnd,
  type RowSink,
  type Witness,
} from '../../../coordinator/src/witness/port.ts';
import type { Random } from '../random.ts';
import { must } from '../target.ts';

export const profile: WitnessProfile = {
  id: parseId('witness', 'registry'),
  source: parseId('source', 'registry'),
  authority: true,
  reads: 'primary',
  hasLookup: true,
  mappingHash: 'a'.repeat(64),
};

/** Uids that are looked up: one that claims have, and one that they have not. */
export const known = parseId('servo uid', 'u-1');

export interface Sunk {
  readonly claims: readonly Claim[];
  readonly tombstones: readonly Tombstone[];
  readonly end: ReadingEnd;
}

/** Undefined where it is refused. Rows that were sunk before a refusal do not count, and must be right all the same. */
export async function read(witness: Witness): Promise<Sunk | undefined> {
  const claims: Claim[] = [];
  const tombstones: Tombstone[] = [];
  const sink: RowSink = { claim: (c) => void claims.push(c), tombstone: (t) => void tombstones.push(t) };
  const end = await refusable(() => witness.read(sink, new AbortController().signal));
  for (const row of [...claims, ...tombstones]) checkRow(row);
  if (end === undefined) return undefined;
  must(
    end.rows === claims.length + tombstones.length,
    'a whole reading has another number of rows',
    end,
    claims.length,
    tombstones.length,
  );
  must(Number.isSafeInteger(end.version) && end.version >= 0, 'a version that is no whole number', end);
  must(end.lineage.length > 0 && end.lineage.length <= 200, 'a reading without a lineage', end);
  return { claims, tombstones, end };
}

/** Undefined where it is refused. */
export async function lookUp(witness: Witness): Promise<Lookup | undefined> {
  const found = await refusable(() => witness.lookup(known, new AbortController().signal));
  if (found === undefined) return undefined;
  for (const claim of found.claims) {
    checkRow(claim);
    must(claim.uid === known, 'a look-up answers about another uid', found);
  }
  must(
    Number.isSafeInteger(found.version) && found.lineage.length > 0,
    'a look-up of nobody knows what',
    found,
  );
  return found;
}

export async function refusable<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof WitnessFailed)) throw error;
    must(
      error.message.length > 10 && error.message.length <= 1001,
      'a refusal that nobody can read',
      error.message,
    );
    return undefined;
  }
}

function checkRow(row: Claim | Tombstone): void {
  must(isId('servo uid', row.uid), 'a row without a uid', row);
  must(row.host === undefined || isId('host', row.host), 'a row with a host that is none', row);
  must(
    row.incarnation === undefined || isId('incarnation', row.incarnation),
    'a row with an incarnation that is none',
    row,
  );
  must(row.project === undefined || isId('project', row.project), 'a row with a project that is none', row);
  if ('since' in row) must(Number.isSafeInteger(row.since), 'a version that is no whole number', row);
}

/** Throws unless what was sunk is exactly what the answer says, in its order. */
export function sameRows(sunk: readonly (Claim | Tombstone)[], said: readonly object[], what: string): void {
  must(isDeepStrictEqual(sunk, said), `${what}: what was taken in is not what was said`, sunk, said);
}

/** A claim as a database or service spells it. */
export function claimRow(random: Random, n: number): Record<string, string | number | null> {
  return {
    uid: `u-${n}`,
    host: random.once(4) ? null : `h${n % 3}`,
    incarnation: random.once(3) ? `b:${n}:1` : null,
    project: random.once(5) ? null : `p-${n % 5}`,
    since: random.once(3) ? n : null,
  };
}

/** Without what is not known. */
export function givenIn(row: Readonly<Record<string, unknown>>): object {
  return Object.fromEntries(Object.entries(row).filter(([, value]) => value !== null && value !== undefined));
}
