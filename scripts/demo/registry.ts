// The demo platform's project registry: a SQLite database, and the authority over which servos are in use.
//
// The concurrency contract, which any platform's registry must keep in some form:
//   - every writer takes BEGIN IMMEDIATE, so that writers follow one another;
//   - every write raises `registry.version` in the same transaction, and stamps the claims that it makes with it;
//   - a claim that ends becomes a tombstone in the same transaction: at no moment is a servo neither claimed nor released;
//   - readers read in one transaction, so they see one version and nothing in between;
//   - the look-up of one uid always returns a row: no row is an error, and never "released".
import { randomUUID } from 'node:crypto';
import Database from 'better-sqlite3';

const schema = `
CREATE TABLE registry (lineage TEXT NOT NULL, version INTEGER NOT NULL);
CREATE TABLE project (id TEXT PRIMARY KEY, active INTEGER NOT NULL);
CREATE TABLE claim (uid TEXT NOT NULL, host TEXT NOT NULL, incarnation TEXT, project TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (uid, host));
CREATE TABLE tombstone (uid TEXT NOT NULL, host TEXT NOT NULL, incarnation TEXT, project TEXT NOT NULL, project_released INTEGER NOT NULL, PRIMARY KEY (uid, host));
`;

/** What the coordinator asks it: the queries of a `sql` witness. */
export const registryQueries = {
  state:
    'SELECT lineage, version, (SELECT count(*) FROM claim) AS claims, (SELECT count(*) FROM tombstone) AS tombstones FROM registry',
  claims: 'SELECT uid, host, incarnation, project, version AS since FROM claim',
  tombstones: 'SELECT uid, host, incarnation, project, project_released FROM tombstone',
  lookup:
    'SELECT r.lineage, r.version, c.uid IS NOT NULL AS claimed, c.host, c.incarnation, c.project, c.version AS since FROM registry r LEFT JOIN claim c ON c.uid = ?',
} as const;

export interface Registry {
  /** A project's servo is in use on a host, and the project active (again). A claim that stands is renewed: its version moves. */
  claim(project: string, uid: string, host: string): void;
  /** One servo is no longer needed; its project goes on. */
  releaseServo(uid: string): void;
  /** The project is deleted: all its claims become tombstones. Returns the uids. */
  deleteProject(project: string): readonly string[];
  /** What a lookup-and-delete audit asks: is there any project for this uid? */
  plainLookup(uid: string): boolean;
  close(): void;
}

/** Creates the database, with a lineage of its own. */
export function createRegistry(file: string): Registry {
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.exec(schema);
  db.prepare('INSERT INTO registry VALUES (?, 0)').run(randomUUID());
  return writersOf(db);
}

/** The writers of an existing registry. */
export function openRegistry(file: string): Registry {
  return writersOf(new Database(file, { fileMustExist: true }));
}

function writersOf(db: Database.Database): Registry {
  const raise = db.prepare('UPDATE registry SET version = version + 1');
  const write = <A extends unknown[], R>(work: (...args: A) => R) => {
    const transaction = db.transaction((...args: A): R => {
      raise.run();
      return work(...args);
    });
    return (...args: A): R => transaction.immediate(...args);
  };
  const bury = (condition: 'uid' | 'project', projectReleased: 0 | 1) => {
    return {
      insert: db.prepare(
        `INSERT OR REPLACE INTO tombstone SELECT uid, host, incarnation, project, ${projectReleased} FROM claim WHERE ${condition} = ?`,
      ),
      remove: db.prepare(`DELETE FROM claim WHERE ${condition} = ? RETURNING uid`),
    };
  };
  const byUid = bury('uid', 0);
  const byProject = bury('project', 1);
  return {
    claim: write((project: string, uid: string, host: string) => {
      db.prepare('INSERT INTO project VALUES (?, 1) ON CONFLICT DO UPDATE SET active = 1').run(project);
      db.prepare('DELETE FROM tombstone WHERE uid = ? AND host = ?').run(uid, host);
      db.prepare('INSERT OR REPLACE INTO claim SELECT ?, ?, NULL, ?, version FROM registry').run(
        uid,
        host,
        project,
      );
    }),
    releaseServo: write((uid: string) => {
      byUid.insert.run(uid);
      byUid.remove.all(uid);
    }),
    deleteProject: write((project: string) => {
      db.prepare('UPDATE project SET active = 0 WHERE id = ?').run(project);
      byProject.insert.run(project);
      return (byProject.remove.all(project) as { uid: string }[]).map((row) => row.uid);
    }),
    plainLookup: (uid) => db.prepare('SELECT 1 FROM claim WHERE uid = ?').get(uid) !== undefined,
    close: () => db.close(),
  };
}
