// A file as a witness: JSON or CSV that some job writes whole. It says itself which data it is, how new, and how long.
//
//   JSON  {"lineage": "billing", "version": 12, "rows": 2, "claims": [{"uid": ...}], "tombstones": [...]}
//   CSV   # lineage=billing version=12 rows=2
//         uid,host,incarnation,project,since
//
// Jobs must write a new file and rename it: a file that changes while it is read is refused. A look-up reads it anew.
import { open, type FileHandle } from 'node:fs/promises';
import type { BigIntStats } from 'node:fs';
import type { Claim, Lookup, WitnessProfile } from '../domain/witness.ts';
import { readCsv } from './csv-file.ts';
import { readJson } from './json-file.ts';
import { WitnessChanged, WitnessFailed, type ReadingEnd, type RowSink, type Witness } from './port.ts';
import { oneAnswer } from './rows.ts';
import { checkGoing, failed } from './turns.ts';

export interface FileSetting {
  readonly profile: WitnessProfile;
  readonly file: string;
  readonly format: 'json' | 'csv';
  readonly maxRows: number;
}

/** A file that is open for one reading. */
export interface OpenFile {
  readonly handle: FileHandle;
  readonly bytes: number;
  /** Names witness and file, for the messages. */
  readonly where: string;
  readonly maxRows: number;
  readonly signal: AbortSignal;
}

/** Most bytes of each format. JSON is parsed in one piece, in some 10 ms; CSV row by row. What is larger belongs into a database. */
const maxBytes: Readonly<Record<FileSetting['format'], number>> = {
  json: 1024 * 1024,
  csv: 64 * 1024 * 1024,
};
const larger: Readonly<Record<FileSetting['format'], string>> = {
  json: 'or CSV, which may be larger',
  csv: 'or a database',
};

export function fileWitness(setting: FileSetting): Witness {
  const { profile } = setting;
  return {
    profile,
    read: (sink, signal) => readFile(setting, sink, signal),
    async lookup(uid, signal): Promise<Lookup> {
      const claims: Claim[] = [];
      const sink: RowSink = {
        claim: (claim) => {
          if (claim.uid === uid) claims.push(claim);
        },
        tombstone: () => undefined,
      };
      const { version, lineage } = await readFile(setting, sink, signal);
      return { version, lineage, claims: oneAnswer(uid, claims, `${profile.id}, look-up of ${uid}`) };
    },
    close: () => Promise.resolve(),
  };
}

async function readFile(
  { file, format, profile, maxRows }: FileSetting,
  sink: RowSink,
  signal: AbortSignal,
): Promise<ReadingEnd> {
  const where = `${profile.id}, ${file}`;
  checkGoing(signal, where);
  try {
    const handle = await open(file);
    try {
      const before = await handle.stat({ bigint: true });
      const bytes = Number(before.size);
      if (!before.isFile()) throw new WitnessFailed(`${where}: is no file; want one`);
      if (bytes > maxBytes[format])
        throw new WitnessFailed(
          `${where}: ${bytes} bytes; want at most ${maxBytes[format]}, ${larger[format]}`,
        );
      const read = format === 'json' ? readJson : readCsv;
      const ended = await tried(() => read({ handle, bytes, where, maxRows, signal }, sink));
      // What was wrong with a file that changed is that it changed.
      if (!isSame(before, await handle.stat({ bigint: true })))
        throw new WitnessChanged(`${where}: changed while it was read; want a new file, renamed into place`);
      return ended.value();
    } finally {
      await handle.close();
    }
  } catch (cause) {
    if (!(cause instanceof WitnessFailed)) checkGoing(signal, where);
    throw failed(`${where}: cannot be read`, cause);
  }
}

function isSame(a: BigIntStats, b: BigIntStats): boolean {
  return a.size === b.size && a.mtimeNs === b.mtimeNs;
}

/** The outcome of some work, to be asked for later: its value, or what it threw. */
async function tried<T>(work: () => Promise<T>): Promise<{ value(): T }> {
  try {
    const value = await work();
    return { value: () => value };
  } catch (cause) {
    return {
      value: () => {
        throw cause;
      },
    };
  }
}
