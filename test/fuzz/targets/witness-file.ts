// A file as a witness: JSON and CSV that are torn, doubled, of other columns, with counts that lie. The readers get the bytes
// from memory in the place of an open file.
import type { FileHandle } from 'node:fs/promises';
import { readCsv } from '../../../coordinator/src/witness/csv-file.ts';
import { readJson } from '../../../coordinator/src/witness/json-file.ts';
import type { OpenFile } from '../../../coordinator/src/witness/file.ts';
import type { Witness } from '../../../coordinator/src/witness/port.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { mutateValue } from '../mutate/value.ts';
import type { Random } from '../random.ts';
import { must, type Target } from '../target.ts';
import { claimRow, givenIn, profile, read, sameRows } from './witness-readings.ts';

interface Given {
  readonly format: 'json' | 'csv';
  readonly bytes: Uint8Array;
}

const columns = ['uid', 'host', 'incarnation', 'project', 'since'] as const;
const names = ['lineage', 'version', 'rows', 'claims', 'tombstones', ...columns, 'project_released'];

export const witnessFile: Target = {
  name: 'witness-file',
  about: 'files of a file witness',
  open: () => ({
    make(random): Given {
      const rows = Array.from({ length: random.below(5) }, (_, n) => claimRow(random, n));
      return random.once(2)
        ? { format: 'json', bytes: jsonOf(random, rows) }
        : { format: 'csv', bytes: csvOf(random, rows) };
    },
    async run(input) {
      const { format, bytes } = input as Given;
      if (!(bytes instanceof Uint8Array)) return;
      const sunk = await read(witnessOn(format === 'json' ? readJson : readCsv, bytes));
      if (sunk === undefined) return;
      const text = Buffer.from(bytes).toString('utf8');
      if (format === 'json') {
        const body = JSON.parse(text) as Readonly<Record<string, unknown>>;
        const list = (name: string) =>
          Object.hasOwn(body, name) ? (body[name] as readonly Record<string, unknown>[]) : [];
        sameRows(sunk.claims, list('claims').map(givenIn), 'claims');
        sameRows(
          sunk.tombstones,
          list('tombstones').map(({ project_released: whole, ...row }) => ({
            ...givenIn(row),
            projectReleased: whole === 1 || whole === true,
          })),
          'tombstones',
        );
        must(
          body['rows'] === sunk.end.rows &&
            body['version'] === sunk.end.version &&
            body['lineage'] === sunk.end.lineage,
          'what the file says of itself was read otherwise',
          body,
          sunk.end,
        );
      } else {
        const lines = text.split('\n');
        must(text.endsWith('\n') && lines.length >= sunk.claims.length + 3, 'more rows than lines', text);
        for (const claim of sunk.claims)
          must(text.includes(claim.uid), 'a claim out of nothing', claim, text);
        must((lines[0] ?? '').includes(` rows=`), 'a file that does not say how many rows it has', lines[0]);
        if (!text.includes('"')) sameRows(sunk.claims, plainRows(lines), 'claims');
      }
    },
  }),
};

/** The rows of a CSV without quotes: what stands between the commas. */
function plainRows(lines: readonly string[]): readonly object[] {
  const [, head = '', ...rows] = lines.map((line) => line.replace(/\r$/, ''));
  const own = head.split(',');
  return rows
    .filter((row) => row !== '')
    .map((row) => {
      const cells = row.split(',');
      const entries = own.map((name, i) => [name, cells[i] === '' ? undefined : cells[i]] as const);
      const known = Object.fromEntries(entries);
      const ordered = Object.fromEntries(columns.map((name) => [name, known[name]]));
      return givenIn({
        ...ordered,
        since: known['since'] === undefined ? undefined : Number(known['since']),
      });
    });
}

function jsonOf(random: Random, rows: readonly object[]): Uint8Array {
  const body = {
    lineage: 'billing',
    version: 12,
    rows: rows.length + 1,
    claims: rows,
    tombstones: [{ uid: 'u-9', host: 'h1', incarnation: null, project: 'p-1', project_released: 1 }],
  };
  const bytes = Buffer.from(
    JSON.stringify(random.once(4) ? body : mutateValue(random, body, { names, values: ['u-1', 'h1', 1] })) ??
      '',
  );
  return random.once(3) ? mutateBytes(random, bytes, []) : bytes;
}

function csvOf(random: Random, rows: readonly Readonly<Record<string, unknown>>[]): Uint8Array {
  const own = random.once(4) ? columns.toReversed() : columns.slice(0, 1 + random.below(columns.length));
  const cell = (value: unknown) => {
    const text = value === null ? '' : JSON.stringify(value).replaceAll('"', '');
    return random.once(12) ? `"${text}"` : text;
  };
  const lines = [
    `# lineage=billing version=12 rows=${rows.length}`,
    own.join(','),
    ...rows.map((row) => own.map((name) => cell(row[name])).join(',')),
  ];
  const bytes = Buffer.from(lines.map((line) => `${line}${random.once(10) ? '\r' : ''}\n`).join(''));
  return random.once(4) ? bytes : mutateBytes(random, bytes, [bytes]);
}

function witnessOn(reader: typeof readJson, bytes: Uint8Array): Witness {
  const handle = {
    readFile: async () => Buffer.from(bytes).toString('utf8'),
    read: async (buffer: Buffer, offset: number, length: number, position: number) => {
      const part = bytes.subarray(Math.max(0, position), Math.max(0, position) + length);
      buffer.set(part, offset);
      return { buffer, bytesRead: part.length };
    },
  } as unknown as FileHandle;
  return {
    profile,
    read: (sink, signal) => {
      const file: OpenFile = { handle, bytes: bytes.length, where: 'billing, /x', maxRows: 1000, signal };
      return reader(file, sink);
    },
    lookup: () => Promise.reject(new Error('not asked')),
    close: () => Promise.resolve(),
  };
}
