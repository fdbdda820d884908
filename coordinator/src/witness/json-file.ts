// A JSON file of claims and tombstones -> checked rows.
import { WitnessFailed, type ReadingEnd, type RowSink } from './port.ts';
import {
  checkColumns,
  claimColumns,
  claimOf,
  rawOf,
  shortText,
  show,
  sinkClaim,
  sinkTombstone,
  tombstoneColumns,
  tombstoneOf,
  wholeNumber,
  type Columns,
} from './rows.ts';
import { Turns } from './turns.ts';
import type { OpenFile } from './file.ts';

type Json = Readonly<Record<string, unknown>>;

const fileColumns: Columns = { must: ['lineage', 'version', 'rows', 'claims'], may: ['tombstones'] };

/** Reads the whole file into the sink. Throws `WitnessFailed` unless every row is right and as many came as it says. */
export async function readJson(
  { handle, where, maxRows, signal }: OpenFile,
  sink: RowSink,
): Promise<ReadingEnd> {
  const body = parsed(await handle.readFile({ encoding: 'utf8', signal }), where);
  checkColumns(Object.keys(body), fileColumns, where);
  const { claims: listed, tombstones: buried = [] } = body;
  const claims = listOf(listed, where, 'claims');
  const tombstones = listOf(buried, where, 'tombstones');
  const rows = wholeNumber(body['rows'], where, 'rows');
  if (claims.length + tombstones.length !== rows)
    throw new WitnessFailed(
      `${where}: ${claims.length + tombstones.length} rows, it says itself that it has ${rows}: not the whole`,
    );
  if (rows > maxRows)
    throw new WitnessFailed(
      `${where}: ${rows} rows, more than ${maxRows}; want fewer, or a higher policy.witnessRows`,
    );
  const turns = new Turns(signal, where);
  for (const [i, row] of claims.entries()) {
    const at = `${where}, claims[${i}]`;
    sinkClaim(sink, claimOf(rawOf(rowOf(row, claimColumns, at)), at), at);
    if (turns.over) await turns.give();
  }
  for (const [i, row] of tombstones.entries()) {
    const at = `${where}, tombstones[${i}]`;
    sinkTombstone(sink, tombstoneOf(rawOf(rowOf(row, tombstoneColumns, at)), at), at);
    if (turns.over) await turns.give();
  }
  return {
    lineage: shortText(body['lineage'], where, 'lineage'),
    version: wholeNumber(body['version'], where, 'version'),
    rows,
  };
}

function parsed(text: string, where: string): Json {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new WitnessFailed(
      `${where}: is no JSON: ${cause instanceof Error ? cause.message : String(cause)}; want one whole JSON object`,
      { cause },
    );
  }
  return objectOf(body, where);
}

function rowOf(value: unknown, columns: Columns, at: string): Json {
  const row = objectOf(value, at);
  checkColumns(Object.keys(row), columns, at);
  return row;
}

function objectOf(value: unknown, at: string): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Json;
  throw new WitnessFailed(`${at}: is ${show(value)}; want an object`);
}

function listOf(value: unknown, where: string, name: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new WitnessFailed(`${where}: ${name} is ${show(value)}; want a list`);
  return value as unknown[];
}
