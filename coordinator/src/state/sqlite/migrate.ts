// The versions of the state file, in order. A version, once released, never changes: what comes later is a new one.
// The file carries its version (`user_version`) and the oldest program that may still use it (`min_schema`), so that a step
// back to the last release works where it is safe, and is refused where it is not.
import { StateFailed, type Db } from './db.ts';
import { applicationId, schemaV1, schemaV2 } from './schema.ts';

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
];
const latest = migrations.length;

/**
 * Brings the file to this program's version. A new file becomes one of a demo installation, or not, for good.
 * Throws `StateFailed` for another program's database, a newer one, or one of the other kind.
 */
export function migrate(db: Db, demo: boolean): void {
  db.write(() => {
    const found = Number(db.pragma('user_version'));
    refuseForeign(db, found);
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

function refuseUnsafe(db: Db, found: number, demo: boolean): void {
  const facts = db.get<{ demo: number; min_schema: number }>('SELECT demo, min_schema FROM store_facts');
  if (facts === undefined)
    throw new StateFailed(`${db.file}: corrupt (no store_facts); restore the latest backup`);
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
