// A file as a witness: JSON or CSV that some job writes whole. It says itself which data it is, how new, and how long.
//
//   JSON  {"lineage": "billing", "version": 12, "rows": 2, "claims": [{"uid": ...}], "tombstones": [...]}
//   CSV   # lineage=billing version=12 rows=2
//         uid,host,incarnation,project
//
// Jobs must write a new file and rename it: a file that changes while it is read is refused.
import { open } from 'node:fs/promises';
import { parse } from 'csv-parse/sync';
import type { Claim, Lookup, Tombstone, WitnessProfile } from '../domain/witness.ts';
import { WitnessFailed, type Witness } from './port.ts';
import { claimOf, shortText, show, tombstoneOf, wholeNumber } from './rows.ts';

export interface FileSetting {
  readonly profile: WitnessProfile;
  readonly file: string;
  readonly format: 'json' | 'csv';
  readonly maxRows: number;
}

/** Bytes of a file: it is parsed in one piece. What is larger belongs into a database. */
const maxFileBytes = 64 * 1024 * 1024;
const csvColumns = ['uid', 'host', 'incarnation', 'project', 'since'];

interface Contents {
  readonly version: number;
  readonly lineage: string;
  readonly claims: readonly Claim[];
  readonly tombstones: readonly Tombstone[];
}

export function fileWitness(setting: FileSetting): Witness {
  return {
    profile: setting.profile,
    async read(sink, signal) {
      const { version, lineage, claims, tombstones } = await contentsOf(setting, signal);
      for (const claim of claims) sink.claim(claim);
      for (const tombstone of tombstones) sink.tombstone(tombstone);
      return { version, lineage, rows: claims.length + tombstones.length };
    },
    async lookup(uid, signal): Promise<Lookup> {
      const { version, lineage, claims } = await contentsOf(setting, signal);
      return { version, lineage, claims: claims.filter((claim) => claim.uid === uid) };
    },
    close: () => Promise.resolve(),
  };
}

async function contentsOf(setting: FileSetting, signal: AbortSignal): Promise<Contents> {
  const { file, format, profile, maxRows } = setting;
  const text = await readWhole(setting, signal);
  const where = `${profile.id}, ${file}`;
  const { version, lineage, rows, claims, tombstones } =
    format === 'json' ? fromJson(text, where) : fromCsv(text, where);
  if (claims.length + tombstones.length !== rows)
    throw new WitnessFailed(
      `${where}: ${claims.length + tombstones.length} rows, it says itself that it has ${rows}: not the whole`,
    );
  if (rows > maxRows)
    throw new WitnessFailed(
      `${where}: more than ${maxRows} rows; want fewer, or a higher policy.witnessRows`,
    );
  return { version, lineage, claims, tombstones };
}

async function readWhole({ file, profile }: FileSetting, signal: AbortSignal): Promise<string> {
  const where = `${profile.id}, ${file}`;
  try {
    const handle = await open(file);
    try {
      const before = await handle.stat();
      if (before.size > maxFileBytes)
        throw new WitnessFailed(`${where}: ${before.size} bytes; want at most ${maxFileBytes}`);
      const text = await handle.readFile({ encoding: 'utf8', signal });
      const after = await handle.stat();
      if (after.mtimeMs !== before.mtimeMs || after.size !== before.size)
        throw new WitnessFailed(`${where}: changed while it was read; write a new file and rename it`);
      return text;
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (cause instanceof WitnessFailed) throw cause;
    throw new WitnessFailed(
      `${where}: cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

function fromJson(text: string, where: string) {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (cause) {
    throw new WitnessFailed(`${where}: is no JSON: ${cause instanceof Error ? cause.message : ''}`, {
      cause,
    });
  }
  if (typeof body !== 'object' || body === null)
    throw new WitnessFailed(`${where}: is ${show(body)}; want an object`);
  const { lineage, version, rows, claims, tombstones = [] } = body as Readonly<Record<string, unknown>>;
  const list = (value: unknown, name: string): readonly Record<string, unknown>[] => {
    if (!Array.isArray(value)) throw new WitnessFailed(`${where}: ${name} is ${show(value)}; want a list`);
    return (value as unknown[]).map((item, i) => {
      if (typeof item !== 'object' || item === null)
        throw new WitnessFailed(`${where}: ${name}[${i}] is ${show(item)}; want an object`);
      return item as Record<string, unknown>;
    });
  };
  return {
    lineage: shortText(lineage, where, 'lineage'),
    version: wholeNumber(version, where, 'version'),
    rows: wholeNumber(rows, where, 'rows'),
    claims: list(claims, 'claims').map((row, i) =>
      claimOf({ ...row, uid: row['uid'] }, `${where}, claims[${i}]`),
    ),
    tombstones: list(tombstones, 'tombstones').map((row, i) =>
      tombstoneOf(
        { ...row, uid: row['uid'], projectReleased: row['project_released'] },
        `${where}, tombstones[${i}]`,
      ),
    ),
  };
}

function fromCsv(text: string, where: string) {
  const head = /^# lineage=(\S+) version=(\d+) rows=(\d+)\r?\n/.exec(text);
  if (head === null)
    throw new WitnessFailed(
      `${where}: line 1 is ${show(text.split('\n', 1)[0])}; want "# lineage=<name> version=<n> rows=<n>"`,
    );
  let rows: Record<string, string>[];
  try {
    rows = parse(text.slice(head[0].length), {
      columns: (names: string[]) => {
        const strange = names.find((name) => !csvColumns.includes(name));
        if (strange !== undefined || !names.includes('uid'))
          throw new WitnessFailed(
            `${where}: the columns are ${names.join(', ')}; want uid, and of ${csvColumns.join(', ')} what is known`,
          );
        return names;
      },
      skip_empty_lines: false,
    });
  } catch (cause) {
    if (cause instanceof WitnessFailed) throw cause;
    throw new WitnessFailed(
      `${where}: is no CSV: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
  const known = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  return {
    lineage: head[1] ?? '',
    version: Number(head[2]),
    rows: Number(head[3]),
    claims: rows.map((row, i) =>
      claimOf(
        {
          uid: row['uid'],
          host: known(row['host']),
          incarnation: known(row['incarnation']),
          project: known(row['project']),
          since: known(row['since']) === undefined ? undefined : Number(row['since']),
        },
        `${where}, row ${i + 1}`,
      ),
    ),
    tombstones: [],
  };
}
