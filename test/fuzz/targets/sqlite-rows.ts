// Rows of a host's SQLite store: what is read stands in the row, in the mapped columns, and is of the right type.
import { isDeepStrictEqual } from 'node:util';
import { isId } from '../../../proto/src/ids.ts';
import { parseRow } from '../../../agent/src/scan/store/sqlite.ts';
import type { FieldMapping } from '../../../agent/src/scan/store/fields.ts';
import { mutateBytes } from '../mutate/bytes.ts';
import { anyValue, isPlain, mutateValue } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';
import { goodRecord, valueIn } from '../support/records.ts';

interface Given {
  readonly mapping: number;
  readonly row: unknown;
}

const mappings: readonly FieldMapping[] = [
  { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' },
  { uid: 'id' },
  { uid: 'servo', project: 'owner', argv: 'command' },
  { uid: 'argv', argv: 'argv' },
];

export const sqliteRows: Target = {
  name: 'sqlite-rows',
  about: 'rows of a host’s SQLite store',
  open: () => ({
    make(random): Given {
      const mapping = random.below(mappings.length);
      const names = Object.values(mappings[mapping] ?? {}).filter(
        (name): name is string => name !== undefined,
      );
      const row = rowOf(mappings[mapping] as FieldMapping, random.below(100));
      const changed = mutateValue(random, row, { names });
      if (!random.once(4) || !isPlain(changed)) return { mapping, row: changed };
      // The kinds of values that SQLite has beside those of JSON; and JSON texts that are torn.
      const value = random.pick<unknown>([
        2n ** 63n,
        new Uint8Array([0xff]),
        null,
        1.5,
        JSON.stringify(anyValue(random, 3)),
        Buffer.from(mutateBytes(random, Buffer.from(JSON.stringify(goodRecord(1).env)), [])).toString(
          'latin1',
        ),
      ]);
      return { mapping, row: { ...changed, [random.pick(names)]: value } };
    },
    run(input) {
      const { mapping: at, row: given } = input as Given;
      const mapping = mappings[at];
      if (mapping === undefined || !isPlain(given)) return;
      // A database gives no half characters: its texts are UTF-8.
      const row = Object.fromEntries(
        Object.entries(given).map(([name, cell]) => [
          name,
          typeof cell === 'string' ? cell.toWellFormed() : cell,
        ]),
      );
      const read = parseRow(row, mapping, '/x#t/1');
      if (read.fault !== undefined) {
        must(read.fault.message !== '', 'a fault without a reason', read.fault);
        return;
      }
      for (const part of ['uid', 'project', 'argv', 'cwd', 'env'] as const) {
        const name = mapping[part];
        const cell = name === undefined ? undefined : valueIn(row, name);
        const isJson = (name === mapping.argv || name === mapping.env) && typeof cell === 'string';
        const found = isJson ? jsonOf(cell) : cell;
        must(
          isDeepStrictEqual(read.record[part], found),
          `${part} is not what the row says`,
          read.record,
          row,
        );
        must(name === undefined || found !== undefined, `${part} was filled in`, read.record, row);
      }
      must(isId('servo uid', read.record.uid), 'a record without a uid', read.record);
    },
  }),
};

function rowOf(mapping: FieldMapping, n: number): Readonly<Record<string, unknown>> {
  const good = goodRecord(n);
  return Object.fromEntries(
    (['uid', 'project', 'argv', 'cwd', 'env'] as const).flatMap((part) => {
      const name = mapping[part];
      const value = good[part];
      return name === undefined
        ? []
        : [[name, typeof value === 'string' ? value : JSON.stringify(value)] as const];
    }),
  );
}

/** A byte order mark before JSON is no part of it (RFC 8259, section 8.1). */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as unknown;
  } catch {
    return text;
  }
}
