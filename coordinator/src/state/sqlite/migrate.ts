// The versions of the state file, in order. A version, once released, never changes: what comes later is a new one.
// The file carries its version (`user_version`) and the oldest program that may still use it (`min_schema`), so that a step
// back to the last release works where it is safe, and is refused where it is not.
import { corrupt, StateFailed, type Db } from './db.ts';
import { applicationId, schemaV1, schemaV2 } from './schema.ts';
import { isProtected, protect, sumsSchema, unsound } from './sums.ts';

interface Migration {
  readonly version: number;
  /** Programs that know less than this version must not touch the file any more. */
  readonly minSafe: number;
  readonly sql: string;
}

const migrations: readonly Migration[] = [
  { version: 1, minSafe: 1, sql: schemaV1 },
  // A program that knows no contested hosts would send them orders.
  { version: 2, minSafe: 2, sql: schemaV2 },
  // A program that knows no sums could not write any more.
  { version: 3, minSafe: 3, sql: sumsSchema },
];
const latest = migrations.length;
/** From this version on all tables are summed. */
const protectedFrom = 3;

/**
 * Brings the file to this program's version. A new file becomes one of a demo installation, or not, for good.
 * Throws `StateFailed` for another program's database, a newer one, or one of the other kind.
 */
export function migrate(db: Db, demo: boolean): void {
  db.write(() => {
    const found = Number(db.pragma('user_version'));
    refuseForeign(db, found);
    refuseDamaged(db, found);
    for (const { version, minSafe, sql } of migrations)
      if (version > found) {
        db.script(sql);
        db.run(
          `INSERT INTO store_facts (one, demo, min_schema) VALUES (1, ?, ?)
           ON CONFLICT (one) DO UPDATE SET min_schema = excluded.min_schema`,
          demo,
          minSafe,
        );
        db.pragma(`user_version = ${version}`);
        db.pragma(`application_id = ${applicationId}`);
      }
    if (found < latest) protect(db);
    refuseUnsafe(db, found, demo);
  });
}

function refuseForeign(db: Db, found: number): void {
  const isEmpty = found === 0 && db.get<{ n: number }>('SELECT count(*) AS n FROM sqlite_schema')?.n === 0;
  if (!isEmpty && db.pragma('application_id') !== applicationId)
    throw new StateFailed(
      `${db.file}: a database of another program; name the state file of this installation, or a new file`,
    );
}

/** A version that nobody wrote would have its tables made again, or not. */
function refuseDamaged(db: Db, found: number): void {
  const wrong =
    found >= protectedFrom !== isProtected(db)
      ? `version ${found} does not go with its tables`
      : found >= protectedFrom
        ? unsound(db)
        : undefined;
  if (wrong !== undefined) throw new StateFailed(corrupt(db.file, wrong));
}

function refuseUnsafe(db: Db, found: number, demo: boolean): void {
  const facts = db.get<{ demo: number; min_schema: number }>('SELECT demo, min_schema FROM store_facts');
  if (facts === undefined) throw new StateFailed(corrupt(db.file, 'no store_facts'));
  if (facts.min_schema > latest)
    throw new StateFailed(
      `${db.file}: of schema ${found}, which needs a program that knows schema ${facts.min_schema}; this one knows ${latest}: ` +
        'install the newer release again, or restore a backup from before it',
    );
  if ((facts.demo === 1) !== demo)
    throw new StateFailed(
      demo
        ? `${db.file}: the state of a real installation; a demo, whose waits are scaled, needs a new file`
        : `${db.file}: the state of a demo installation, whose waits were scaled; a real one needs a new file`,
    );
}
