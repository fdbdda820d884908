// A SQL database as a witness: queries, over a real SQLite file, that yield rows of wrong types, other columns, counts that lie,
// no row or several; and look-ups that contradict themselves.
import Database from 'better-sqlite3';
import { join } from 'node:path';
import { sqlWitness, type SqlQueries } from '../../../coordinator/src/witness/sql.ts';
import { mutateText } from '../mutate/text.ts';
import { isPlain, mutateValue } from '../mutate/value.ts';
import { must, type Target } from '../target.ts';
import { folder } from '../support/folder.ts';
import { claimRow, givenIn, lookUp, profile, read, sameRows } from './witness-readings.ts';

/** Rows of each query, and sometimes the text of one instead. */
interface Given {
  readonly state: readonly unknown[];
  readonly claims: readonly unknown[];
  readonly tombstones: readonly unknown[];
  readonly lookup: readonly unknown[];
  /** Text of the claims query, in the place of one that yields the rows. */
  readonly query?: string;
}

const names = [
  'lineage',
  'version',
  'claims',
  'tombstones',
  'uid',
  'host',
  'incarnation',
  'project',
  'since',
  'project_released',
  'claimed',
];
const queries = [
  'SELECT uid FROM claim',
  'SELECT uid, host, incarnation FROM claim WHERE 1',
  "SELECT 'u-1' AS uid, 'h1' AS host",
  'SELECT uid AS uid, uid AS uid FROM claim',
  'DELETE FROM claim',
  'SELECT',
  'PRAGMA user_version',
] as const;

export const witnessSql: Target = {
  name: 'witness-sql',
  about: 'rows and queries of a SQL witness',
  open() {
    const home = folder('sql');
    const file = join(home.path, 'registry.db');
    const db = new Database(file);
    db.exec(
      "CREATE TABLE claim (uid, host, incarnation); INSERT INTO claim VALUES ('u-1', 'h1', NULL), ('u-2', NULL, 'b:1:1')",
    );
    db.close();
    return {
      make(random): Given {
        const claims = Array.from({ length: random.below(4) }, (_, n) => claimRow(random, n));
        const tombstones = [
          { uid: 'u-9', host: 'h1', incarnation: null, project: 'p-1', project_released: random.below(2) },
        ].slice(random.below(2));
        const good = {
          state: [{ lineage: 'r1', version: 12, claims: claims.length, tombstones: tombstones.length }],
          claims,
          tombstones,
          lookup: random.once(3)
            ? [{ lineage: 'r1', version: 12, claimed: 0 }]
            : Array.from({ length: 1 + random.below(2) }, (_, n) => ({
                lineage: 'r1',
                version: 12,
                claimed: 1,
                host: `h${n}`,
                project: 'p-1',
              })),
        };
        const bad = random.pick(['state', 'claims', 'tombstones', 'lookup', 'none'] as const);
        const given =
          bad === 'none'
            ? good
            : { ...good, [bad]: mutateValue(random, good[bad], { names, values: ['u-1', 0, 1, null] }) };
        return random.once(10) ? { ...given, query: mutateText(random, random.pick(queries)) } : given;
      },
      async run(input) {
        const { state, claims, tombstones, lookup, query } = input as Given;
        if (![state, claims, tombstones, lookup].every(Array.isArray)) return;
        // SQLite runs a query, however long, without looking up: only texts that cannot be one go that way.
        if (query !== undefined && /recursive|join|,\s*claim/i.test(query)) return;
        const asked: SqlQueries = {
          state: select(state),
          claims: query ?? select(claims),
          tombstones: select(tombstones),
          lookup: `${select(lookup)} WHERE ?1 IS NOT NULL`,
        };
        const witness = sqlWitness({ profile, file, queries: asked, maxRows: 1000 });
        const sunk = await read(witness);
        if (sunk !== undefined) {
          if (query === undefined) sameRows(sunk.claims, rowsOf(claims).map(claimIn), 'claims');
          sameRows(sunk.tombstones, rowsOf(tombstones).map(tombstoneIn), 'tombstones');
          const [said, second] = rowsOf(state);
          must(
            second === undefined && said?.['version'] === sunk.end.version,
            'a state that was not said',
            state,
            sunk.end,
          );
        }
        const found = await lookUp(witness);
        if (found === undefined) return;
        const answered = rowsOf(lookup);
        must(answered.length > 0, 'no row is taken for an answer', found);
        const claimed = answered.filter((row) => row['claimed'] === 1);
        sameRows(
          found.claims,
          claimed.map((row) => claimIn({ ...row, uid: 'u-1' })),
          'look-up',
        );
      },
      close: () => home.remove(),
    };
  },
};

type Row = Readonly<Record<string, string | number | null>>;

/** The rows as a database keeps them: all with the columns of the first one, values of the kinds that SQL has. */
function rowsOf(rows: readonly unknown[]): readonly Row[] {
  const plain = rows.filter(isPlain).slice(0, 50);
  const own = Object.keys(plain[0] ?? {}).slice(0, 20);
  if (own.length === 0) return [];
  return plain.map((row) =>
    Object.fromEntries(own.map((name) => [name, stored(Object.hasOwn(row, name) ? row[name] : null)])),
  );
}

/** A query that yields these rows. */
function select(rows: readonly unknown[]): string {
  const kept = rowsOf(rows);
  const [first] = kept;
  if (first === undefined) return "SELECT * FROM (SELECT 'u-1' AS uid) WHERE 0";
  const values = kept.map((row) => `(${Object.values(row).map(literal).join(',')})`);
  const list = Object.keys(first).map((name, i) => `column${i + 1} AS ${identifier(name)}`);
  return `SELECT ${list.join(', ')} FROM (VALUES ${values.join(',')})`;
}

function identifier(name: string): string {
  return `"${name.replaceAll('\0', '').replaceAll('"', '""').slice(0, 100)}"`;
}

/** What JSON has and SQL has not becomes text or a number. */
function stored(value: unknown): string | number | null {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean') return Number(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : 'NaN';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
  return text.replaceAll('\0', '').slice(0, 3000).toWellFormed();
}

function literal(value: string | number | null): string {
  if (value === null) return 'NULL';
  if (typeof value === 'number') return Number.isSafeInteger(value) ? String(value) : value.toExponential();
  return `'${value.replaceAll("'", "''")}'`;
}

function claimIn({ uid, host, incarnation, project, since }: Row): object {
  return givenIn({ uid, host, incarnation, project, since });
}

function tombstoneIn({ uid, host, incarnation, project, project_released: whole }: Row): object {
  return { ...givenIn({ uid, host, incarnation, project }), projectReleased: whole === 1 };
}
