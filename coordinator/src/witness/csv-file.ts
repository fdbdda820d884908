// A CSV file of claims -> checked rows, one at a time. An empty cell is "not known", except for the uid.
import { Readable } from 'node:stream';
import { parse } from 'csv-parse';
import type { OpenFile } from './file.ts';
import { WitnessFailed, type ReadingEnd, type RowSink } from './port.ts';
import { checkColumns, claimColumns, claimOf, show, sinkClaim, type RawRow } from './rows.ts';
import { Turns, checkGoing, failed } from './turns.ts';

/** Bytes of the first line, and of one row: the longest ids fit four times. */
const maxHeadBytes = 1024;
const maxRowBytes = 4096;
/** Bytes that are read at once: parsed in some 2 ms. */
const pieceBytes = 64 * 1024;

interface Head extends ReadingEnd {
  /** Bytes up to the row of column names. */
  readonly bytes: number;
}

type CsvRow = Readonly<Record<string, string | undefined>>;

/** Reads the whole file into the sink. Throws `WitnessFailed` unless every row is right and as many came as it says. */
export async function readCsv(file: OpenFile, sink: RowSink): Promise<ReadingEnd> {
  const { where, maxRows, signal } = file;
  const head = await headOf(file);
  await checkLastByte(file);
  const turns = new Turns(signal, where);
  let rows = 0;
  for await (const row of rowsOf(file, head.bytes)) {
    const at = `${where}, row ${++rows}`;
    if (rows > maxRows)
      throw new WitnessFailed(`${at}: more than ${maxRows} rows; want fewer, or a higher policy.witnessRows`);
    sinkClaim(sink, claimOf(rawOf(row), at), at);
    if (turns.over) await turns.give();
  }
  if (rows !== head.rows)
    throw new WitnessFailed(`${where}: ${rows} rows, it says itself that it has ${head.rows}: not the whole`);
  return { lineage: head.lineage, version: head.version, rows };
}

async function headOf({ handle, where }: OpenFile): Promise<Head> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(maxHeadBytes), 0, maxHeadBytes, 0);
  const text = buffer.toString('utf8', 0, bytesRead);
  const line = /^# lineage=(\S{1,200}) version=(\d{1,15}) rows=(\d{1,15})\r?\n/.exec(text);
  if (line === null)
    throw new WitnessFailed(
      `${where}: line 1 is ${show(text.split('\n', 1)[0])}; want "# lineage=<name> version=<n> rows=<n>"`,
    );
  const [, lineage = ''] = line;
  // Counted in the bytes themselves: what is no UTF-8 has another length as text, and the next line would be cut.
  return { bytes: buffer.indexOf('\n') + 1, lineage, version: Number(line[2]), rows: Number(line[3]) };
}

/** A file that was cut off in its last row may still have as many rows as it says, with the last uid too short. */
async function checkLastByte({ handle, bytes, where }: OpenFile): Promise<void> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, bytes - 1);
  if (buffer.toString() !== '\n')
    throw new WitnessFailed(`${where}: does not end with a line break: cut off; want the whole file`);
}

async function* rowsOf(file: OpenFile, start: number): AsyncGenerator<CsvRow> {
  const { where } = file;
  const source = Readable.from(piecesOf(file, start));
  let isHeaded = false;
  const parser = source.pipe(
    parse({
      columns: (names: string[]) => {
        checkColumns(names, claimColumns, where);
        isHeaded = true;
        return names;
      },
      max_record_size: maxRowBytes,
    }),
  );
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const row of parser) yield row as CsvRow;
    if (!isHeaded)
      throw new WitnessFailed(`${where}: has no line of column names; want one, also where no row follows`);
  } catch (cause) {
    throw failed(`${where}: is no CSV`, cause);
  } finally {
    source.destroy();
  }
}

async function* piecesOf({ handle, where, signal }: OpenFile, start: number): AsyncGenerator<Buffer> {
  for (let position = start; ;) {
    checkGoing(signal, where);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(pieceBytes), 0, pieceBytes, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

function rawOf(row: CsvRow): RawRow {
  const known = (name: string): string | undefined => (row[name] === '' ? undefined : row[name]);
  const since = known('since');
  return {
    uid: row['uid'],
    host: known('host'),
    incarnation: known('incarnation'),
    project: known('project'),
    // What is no plain number stays text, and is refused as such.
    since: since !== undefined && /^\d{1,15}$/.test(since) ? Number(since) : since,
  };
}
