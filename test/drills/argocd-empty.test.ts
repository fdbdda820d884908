// argoproj/argo-cd #14318, #18212, #18480.
//   believed -> true   nothing is there any more -> the call had failed
//   world              three certified hosts of eight servos: the router answers in two pages
//   fault              a reading breaks off in its middle; answers HTML; answers OK and empty; the registry is empty, is
//                      another database, lost its tables; the registry empties between the reading and the last question
//   outcome            whatever was claimed stays live, and the one true orphan is not stopped meanwhile, since no witness
//                      vouches for its release; it is stopped once the fault is over
//   refuses            witness-fresh where a reading is not whole, witness-shrink where it is whole and too small, the controls
//                      of the last question where only that one is wrong
import type { ServerResponse } from 'node:http';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { aCell, hour, minute, type Cell } from '../support/cell/cell.ts';
import type { HttpFault } from '../support/cell/platform.ts';
import { onlyTrueOrphans } from './support.ts';

const json = { 'content-type': 'application/json' };
const faults = {
  'the second page breaks off': (path: string, response: ServerResponse) => {
    if (!path.includes('cursor')) return false;
    response.writeHead(200, { ...json, 'content-length': '5000' }).write('{"lineage": "rou');
    response.destroy();
    return true;
  },
  'an error page with status 200': (_path: string, response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'text/html' }).end('<html>please log in</html>');
    return true;
  },
  'HTML that says it is JSON': (_path: string, response: ServerResponse) => {
    response.writeHead(200, json).end('<html>please log in</html>');
    return true;
  },
  'an empty object': (_path: string, response: ServerResponse) => {
    response.writeHead(200, json).end('{}');
    return true;
  },
} as const;

/** All that is claimed is called live, and nothing was stopped since. */
function nothingHappened(t: Test, cell: Cell, before: readonly string[]): void {
  const live = ['h1', 'h2', 'h3'].flatMap((id) => Array.from({ length: 8 }, (_, n) => `${id}-s${n + 1}`));
  t.same(
    live.filter((uid) => cell.platform.owns(uid) && cell.explain(uid).verdict !== 'live'),
    [],
    'whatever was claimed stays live',
  );
  t.same(cell.stopped(), before, 'nothing is stopped');
}

interface Case {
  readonly name: string;
  readonly breaks: (cell: Cell) => void;
  readonly mends: (cell: Cell) => void;
  readonly gate: string;
  readonly lifts: RegExp;
}

/** Each case in turn in one cell: a release, then the fault before its grace is over, then the end of the fault. */
async function playAll(t: Test, cases: readonly Case[]): Promise<void> {
  const cell = await aCell(t, { servos: 8 });
  await cell.certify();
  for (const [i, { name, breaks, mends, gate, lifts }] of cases.entries())
    await t.test(name, async (t) => {
      // What the case before stopped counts in no window any more.
      await cell.spend(25 * hour, hour);
      const before = cell.stopped();
      const [host, n] = [`h${(i % 3) + 1}`, Math.floor(i / 3) + 1];
      cell.delete(`${host}-p${n}`);
      await cell.rounds(10);
      breaks(cell);
      await cell.spend(3 * hour, 10 * minute);
      const { verdict, refuse, ...orphan } = cell.explain(`${host}-s${n}`);
      t.equal(verdict, 'suspect');
      t.ok(refuse.includes(gate), gate);
      t.match(orphan.lifts[gate], lifts, 'and it says what lifts it');
      nothingHappened(t, cell, before);
      mends(cell);
      await onlyTrueOrphans(t, cell, [`${host}-s${n}`], 27 * hour);
    });
}

const answers = (fault: HttpFault): Pick<Case, 'breaks' | 'mends'> => ({
  breaks: (cell) => (cell.platform.fault = fault),
  mends: (cell) => (cell.platform.fault = () => false),
});
const sql = (breakIt: string, mendIt: string): Pick<Case, 'breaks' | 'mends'> => ({
  breaks: (cell) => cell.platform.sql(breakIt),
  mends: (cell) => cell.platform.sql(mendIt),
});

t.test('the router', async (t) => {
  const lifts = /mend the witness router/;
  const gate = 'witness-fresh';
  await playAll(t, [
    ...Object.entries(faults).map(([name, fault]) => ({ name, ...answers(fault), gate, lifts })),
    {
      name: 'OK and empty',
      breaks: (cell) => {
        cell.platform.fault = (path, response) => {
          const body = path.startsWith('/routes/')
            ? { lineage: 'r', sequence: 1, claimed: false, claims: [] }
            : { ...cell.platform.router.page(null), total: 0, items: [], next: null };
          response.writeHead(200, json).end(JSON.stringify(body));
          return true;
        };
      },
      mends: (cell) => (cell.platform.fault = () => false),
      gate: 'witness-shrink',
      lifts: /servoctl witnesses accept router --hash/,
    },
  ]);
});

t.test('the registry', async (t) => {
  await playAll(t, [
    {
      name: 'empty, and it says so',
      ...sql(
        'CREATE TABLE kept AS SELECT * FROM claim; DELETE FROM claim; UPDATE registry SET version = version + 1;',
        'INSERT INTO claim SELECT * FROM kept; DROP TABLE kept; UPDATE registry SET version = version + 1;',
      ),
      gate: 'witness-shrink',
      lifts: /servoctl witnesses accept registry --hash/,
    },
    {
      name: 'another database under the same name',
      ...sql(
        "CREATE TABLE kept AS SELECT * FROM registry; UPDATE registry SET lineage = 'copy';",
        'UPDATE registry SET lineage = (SELECT lineage FROM kept); DROP TABLE kept;',
      ),
      gate: 'witness-shrink',
      lifts: /servoctl witnesses accept registry --hash/,
    },
    {
      name: 'a table is missing',
      ...sql('ALTER TABLE tombstone RENAME TO away;', 'ALTER TABLE away RENAME TO tombstone;'),
      gate: 'witness-fresh',
      lifts: /mend the witness registry/,
    },
    {
      name: 'a row in its middle cannot be read',
      ...sql("INSERT INTO claim VALUES ('', 'h2', NULL, 'p', 1);", "DELETE FROM claim WHERE uid = '';"),
      gate: 'witness-fresh',
      lifts: /mend the witness registry/,
    },
  ]);
});

t.test('the registry empties between the reading and the last question', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const before = cell.stopped();
  const host = cell.host('h1');
  cell.delete('h1-p1');
  host.beforeAsking = () => {
    host.beforeAsking = () => undefined;
    cell.platform.sql('ALTER TABLE claim RENAME TO away; CREATE TABLE claim AS SELECT * FROM away WHERE 0;');
  };
  await cell.until('an order', () => host.receipts.some((r) => r.code === 'confirm-no'), 3 * hour);
  const uid = parseId('servo uid', 'h1-s1');
  const [refused] = await cell.coordinator.store.findCases({ uid, limit: 1 });
  t.match(refused?.message, /controls.*known to be live, and the look-up does not call it claimed/);
  t.same(cell.stopped(), before, 'the controls refuse');
  cell.platform.sql('DROP TABLE claim; ALTER TABLE away RENAME TO claim;');
  await onlyTrueOrphans(t, cell, ['h1-s1'], 26 * hour);
});
