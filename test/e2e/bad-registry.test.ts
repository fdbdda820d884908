// The registry fails, beside a running coordinator: the last accepted claims stand, what was released is left alone, and it goes
// as soon as the registry answers as it should.
import Database from 'better-sqlite3';
import t from 'tap';
import { onlyReleased, untilAttention, untilLogged, untilNoAttention } from '../support/trouble.ts';
import { aWitnessStage, staysClaimed } from '../support/witness-stage.ts';

t.setTimeout(900_000);
const { stage } = await aWitnessStage(t, 6);
const { world } = stage;
const released = ['h1-trial'];
const registry = new Database(`${world.dir}/registry.db`);
t.teardown(() => registry.close());

interface Fault {
  readonly what: string;
  /** What is done to the registry behind its own back. */
  readonly sql: string;
  readonly event: 'witness.failed' | 'witness.waiting';
  readonly problem: RegExp;
}

const faults: readonly Fault[] = [
  {
    what: 'a query fails',
    sql: 'ALTER TABLE claim RENAME TO claim_away',
    event: 'witness.failed',
    problem: /no such table: claim/,
  },
  {
    what: 'no row where there must be one',
    sql: 'DELETE FROM registry',
    event: 'witness.failed',
    problem: /no row|0 rows/,
  },
  {
    what: 'a null uid',
    sql: `ALTER TABLE claim RENAME TO claim_away; CREATE TABLE claim AS SELECT * FROM claim_away;
          INSERT INTO claim VALUES (NULL, 'h1', NULL, 'project-x', 1)`,
    event: 'witness.failed',
    problem: /claims, row \d+: uid is null; want/,
  },
  {
    what: 'one uid, two projects',
    sql: `INSERT INTO claim VALUES ('h1-stay-0', 'h9', NULL, 'project-x', 1)`,
    event: 'witness.failed',
    problem: /h1-stay-0 for project \S+ and for project \S+: want one project per uid/,
  },
  { what: 'empty', sql: 'DELETE FROM claim', event: 'witness.waiting', problem: /claims/ },
  {
    what: 'truncated, as after half a restore',
    sql: `DELETE FROM claim WHERE uid NOT IN ('h1-stay-0', 'h1-stay-1')`,
    event: 'witness.waiting',
    problem: /claims/,
  },
];

for (const [i, { what, sql, event, problem }] of faults.entries())
  t.test(`the registry: ${what}`, async (t) => {
    const uid = `h1-${i + 1}`;
    const seen = event.replace('.', '-');
    registry.exec(`CREATE TEMP TABLE kept_registry AS SELECT * FROM main.registry;
                   CREATE TEMP TABLE kept_claim AS SELECT * FROM main.claim`);
    try {
      registry.exec(`BEGIN IMMEDIATE; UPDATE registry SET version = version + 1; ${sql}; COMMIT`);
      await untilLogged(world.coordinatorLog, event, { witness: 'registry', problem });
      await untilAttention(stage, seen, problem);
      // Without the registry's word the router's is not enough: its route ends, and the servo stays.
      released.push(uid);
      await world.route(uid, undefined);
      await staysClaimed(t, stage, uid);
    } finally {
      registry.exec(mended);
    }
    await untilNoAttention(stage, seen);
    await world.deleteProject(`project-${uid}`);
    await stage.untilStopped(uid);
  });

/** As it was before the fault, in a later version. */
const mended = `
  BEGIN IMMEDIATE;
  DROP TABLE IF EXISTS main.claim_away;
  DROP TABLE IF EXISTS main.claim;
  CREATE TABLE main.claim (uid TEXT NOT NULL, host TEXT NOT NULL, incarnation TEXT, project TEXT NOT NULL,
                           version INTEGER NOT NULL, PRIMARY KEY (uid, host));
  INSERT INTO main.claim SELECT * FROM kept_claim;
  DELETE FROM main.registry;
  INSERT INTO main.registry SELECT lineage, version + 2 FROM kept_registry;
  DROP TABLE kept_claim;
  DROP TABLE kept_registry;
  COMMIT`;

t.test('after all of it nothing else was touched', async (t) => {
  await onlyReleased(t, stage, released);
});
