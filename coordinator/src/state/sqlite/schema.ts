// What stands in the state file. Times in `*_ms` are waited milliseconds unless they are called `wall`; columns named `since`,
// `at`, `rounds`, `members`, `levels`, `scope`, `about` and `evidence` are JSON. Absent is NULL, and never a default.
// What must hold whatever the code does stands here as a constraint: one unfinished order per uid, one charge per order,
// an audit log that is only ever appended to.

/** Marks a SQLite file as ours ("SAud"), so that another program's database is never taken for an empty one. */
export const applicationId = 0x53417564;

export const schemaV1 = `
CREATE TABLE store_facts (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  demo INTEGER NOT NULL CHECK (demo IN (0, 1)),
  min_schema INTEGER NOT NULL
) STRICT;

CREATE TABLE installation (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id TEXT NOT NULL,
  epoch INTEGER NOT NULL CHECK (epoch >= 1),
  leader TEXT NOT NULL,
  waited_ms REAL NOT NULL,
  version INTEGER NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE audit (
  version INTEGER PRIMARY KEY,
  wall_ms INTEGER NOT NULL,
  by TEXT NOT NULL,
  event TEXT NOT NULL,
  reason TEXT NOT NULL,
  about TEXT NOT NULL,
  previous TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE TRIGGER audit_unchanged BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;
CREATE TRIGGER audit_kept BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'the audit log is append-only'); END;

CREATE TABLE orders (
  id TEXT PRIMARY KEY,
  epoch INTEGER NOT NULL,
  action TEXT NOT NULL CHECK (action IN ('stop', 'start')),
  state TEXT NOT NULL CHECK (state IN ('open', 'possible', 'closing', 'closed')),
  host TEXT NOT NULL,
  cell TEXT NOT NULL,
  generation TEXT NOT NULL,
  reader_version TEXT NOT NULL,
  boot_id TEXT NOT NULL,
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  project TEXT,
  project_released INTEGER NOT NULL,
  identity TEXT NOT NULL,
  reason TEXT NOT NULL,
  made_ms REAL NOT NULL,
  decision_version INTEGER NOT NULL,
  approved INTEGER NOT NULL,
  rounds TEXT NOT NULL,
  outcome TEXT CHECK (outcome IN ('executed', 'refused', 'unexecuted', 'unknown')),
  closed_ms REAL,
  hold_by TEXT,
  hold_reason TEXT,
  hold_until_ms REAL
) STRICT;
CREATE UNIQUE INDEX one_unfinished_order ON orders (uid) WHERE state <> 'closed';
CREATE INDEX closed_orders ON orders (closed_ms) WHERE state = 'closed';

CREATE TABLE charges (
  order_id TEXT PRIMARY KEY REFERENCES orders (id),
  at_ms REAL NOT NULL
) STRICT;
CREATE INDEX charges_by_time ON charges (at_ms);

CREATE TABLE cases (
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  host TEXT NOT NULL,
  cell TEXT NOT NULL,
  generation TEXT NOT NULL,
  project TEXT,
  state TEXT NOT NULL CHECK (state IN ('suspect', 'orphan', 'ordered', 'quarantined', 'restored', 'over')),
  since_ms REAL NOT NULL,
  since_wall_ms INTEGER NOT NULL,
  order_id TEXT,
  decided_at_version INTEGER,
  not_before_ms REAL,
  message TEXT NOT NULL,
  PRIMARY KEY (uid, incarnation)
) STRICT;
CREATE INDEX cases_by_state ON cases (state, since_ms);

CREATE TABLE case_steps (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  state TEXT NOT NULL,
  wall_ms INTEGER NOT NULL,
  evidence TEXT NOT NULL,
  FOREIGN KEY (uid, incarnation) REFERENCES cases (uid, incarnation) ON DELETE CASCADE
) STRICT;
CREATE INDEX case_steps_by_case ON case_steps (uid, incarnation, id);

CREATE TABLE holds (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  scope TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  since TEXT NOT NULL,
  until_ms REAL
) STRICT;

CREATE TABLE freeze (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  since TEXT NOT NULL
) STRICT;

CREATE TABLE approvals (
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  by TEXT NOT NULL,
  reason TEXT NOT NULL,
  at TEXT NOT NULL,
  paused_ms REAL NOT NULL,
  PRIMARY KEY (uid, incarnation)
) STRICT;

CREATE TABLE modes (
  cell TEXT NOT NULL,
  generation TEXT NOT NULL,
  mode TEXT NOT NULL CHECK (mode IN ('observe', 'propose', 'enforce')),
  PRIMARY KEY (cell, generation)
) STRICT;

CREATE TABLE tracks (
  cell TEXT NOT NULL,
  generation TEXT NOT NULL,
  reader_version TEXT NOT NULL,
  since_ms REAL,
  message TEXT NOT NULL,
  mapping_hash TEXT NOT NULL,
  certified TEXT NOT NULL CHECK (certified IN ('observe', 'propose', 'enforce')),
  confirmed_uid TEXT,
  confirmed_incarnation TEXT,
  confirmed_by TEXT,
  PRIMARY KEY (cell, generation, reader_version)
) STRICT;

CREATE TABLE breakers (
  cohort TEXT PRIMARY KEY,
  since TEXT NOT NULL,
  message TEXT NOT NULL,
  members TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;

CREATE TABLE exemptions (
  cohort TEXT NOT NULL,
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  at_ms REAL NOT NULL,
  PRIMARY KEY (cohort, uid, incarnation)
) STRICT;

CREATE TABLE hosts (
  host TEXT PRIMARY KEY,
  cell TEXT NOT NULL,
  generation TEXT,
  reader_version TEXT,
  inherits_from TEXT,
  retired INTEGER NOT NULL,
  journal_sequence INTEGER,
  journal_hash TEXT
) STRICT;

CREATE TABLE acknowledged_items (
  host TEXT NOT NULL REFERENCES hosts (host),
  path TEXT NOT NULL,
  content_sha256 TEXT NOT NULL,
  PRIMARY KEY (host, path)
) STRICT;

CREATE TABLE acknowledged_missing (
  host TEXT NOT NULL REFERENCES hosts (host),
  uid TEXT NOT NULL,
  PRIMARY KEY (host, uid)
) STRICT;

CREATE TABLE releases (
  host TEXT NOT NULL,
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('tombstone', 'disappearance')),
  first_read_ms REAL NOT NULL,
  project_released INTEGER NOT NULL,
  project TEXT,
  capped TEXT CHECK (capped IN ('tombstone-older', 'no-lookup')),
  PRIMARY KEY (host, uid, incarnation)
) STRICT, WITHOUT ROWID;

CREATE TABLE vouched (
  host TEXT NOT NULL,
  uid TEXT NOT NULL,
  incarnation TEXT NOT NULL,
  witnesses TEXT NOT NULL,
  PRIMARY KEY (host, uid, incarnation)
) STRICT, WITHOUT ROWID;

CREATE TABLE witnesses (
  witness TEXT PRIMARY KEY,
  version INTEGER NOT NULL,
  lineage TEXT NOT NULL,
  levels TEXT NOT NULL
) STRICT;

CREATE TABLE claims (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  witness TEXT NOT NULL,
  uid TEXT NOT NULL,
  host TEXT,
  incarnation TEXT,
  project TEXT,
  since INTEGER
) STRICT;
CREATE INDEX claims_by_uid ON claims (witness, uid);

CREATE TABLE tombstones (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  witness TEXT NOT NULL,
  uid TEXT NOT NULL,
  host TEXT,
  incarnation TEXT,
  project TEXT,
  project_released INTEGER NOT NULL,
  first_read_ms REAL NOT NULL
) STRICT;
CREATE INDEX tombstones_by_uid ON tombstones (witness, uid);
`;

/** That a host is contested outlives a restart: its journal may have grown past the mark by then. */
export const schemaV2 = 'ALTER TABLE hosts ADD COLUMN contested TEXT';
