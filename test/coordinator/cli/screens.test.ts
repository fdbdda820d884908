// Every screen against a real server: it fits, it is JSON when asked, it shows the flags of a demo and of a freeze.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { screenColumns, widthOf } from '../../../coordinator/src/cli/text.ts';
import { aWorld, quarantine, smallWorld, type World } from '../../support/admin.ts';
import {
  anInventory,
  anOrphan,
  aView,
  aRelease,
  cell,
  digest,
  generation,
  h1,
  incarnation,
  registry,
  router,
} from '../../support/build.ts';

/** Any control character but the end of a line. */
const control = /[^\n\P{Cc}]/u;

const reading: readonly (readonly string[])[] = [
  ['status'],
  ['hosts', 'list'],
  ['hosts', 'list', '--cell', 'c1'],
  ['hosts', 'show', 'h1'],
  ['hosts', 'show', 'h2'],
  ['servos', 'list', '--all'],
  ['servos', 'list', '--host', 'h1', '--verdict', 'orphan'],
  ['explain', 'live-1'],
  ['explain', 'live-1', '--gates'],
  ['explain', 'orphan-1'],
  ['explain', 'suspect-1', '--host', 'h1'],
  ['explain', 'undecided-1'],
  ['explain', 'SVC_live-2'],
  ['cases', 'list'],
  ['cases', 'list', '--state', 'quarantined', '--host', 'h1'],
  ['cases', 'show', 'suspect-1'],
  ['quarantine', 'list'],
  ['plans', 'list'],
  ['plans', 'show', 'c1'],
  ['holds', 'list'],
  ['modes', 'list'],
  ['certifications', 'list'],
  ['breakers', 'list'],
  ['breakers', 'show', 'host:h1'],
  ['witnesses', 'list'],
  ['orders', 'list'],
  ['orders', 'show', 'o-suspect-1'],
  ['audit', 'verify'],
];

/** A world in which every screen has something to show. */
async function fullWorld(t: Parameters<typeof aWorld>[0]): Promise<World> {
  const world = await aWorld(t);
  await quarantine(world, 'suspect-1');
  const members = [{ uid: parseId('servo uid', 'orphan-1'), incarnation, host: h1 }];
  const breakers = [
    { cohort: 'host:h1', message: '4 orphans and stops among 10 servos of host:h1, more than 3', members },
  ];
  await world.store.openPlan(world.deps.fence(), {
    cell,
    orders: [],
    cases: [],
    breakers,
    tracks: [],
    paused: [],
  });
  const operator = world.client('operator');
  await operator.call('SetHold', {
    scope: { kind: 'generation', value: { cell, generation } },
    reason: 'migration of the store',
  });
  await operator.call('Freeze', { reason: 'incident 7' });
  world.said.demo = 30_000;
  world.said.witnesses = [
    { ...registry, waiting: { why: 'shrink', message: 'lost 400 of 1000 claims, at most 20', hash: digest } },
    { ...router, failure: 'GET http://127.0.0.1:1/table?page=1: connection refused' },
  ];
  return world;
}

t.test('every screen fits, shows the flags, and has no colour off a terminal', async (t) => {
  const world = await fullWorld(t);
  for (const argv of reading) {
    const name = argv.join(' ');
    const { code, out, err } = await world.servoctl('viewer', ...argv);
    t.equal(code, 0, `${name}: ${err}`);
    t.match(
      out,
      /^DEMO installation: waits pass 30000 times faster\nFROZEN by ada-operator since .*: incident 7\n\n/,
      name,
    );
    t.notMatch(out, '\u001b', name);
    const wide = out.split('\n').filter((line) => widthOf(line) > screenColumns);
    t.strictSame(wide, [], name);
  }
});

t.test('every screen is one JSON document when asked', async (t) => {
  const world = await fullWorld(t);
  for (const argv of reading) {
    const { code, out } = await world.servoctl('viewer', '--json', ...argv);
    t.equal(code, 0);
    t.equal(out.split('\n').length, 2, argv.join(' '));
    t.type(JSON.parse(out), 'object', argv.join(' '));
  }
});

t.test('the longest ids wrap, whatever a host sends in its words does not reach the terminal', async (t) => {
  const long = 'x'.repeat(128);
  const uid = parseId('servo uid', long);
  const message = 'is not JSON \u001b[2J\u009b2J\u0007 '.repeat(10);
  const problems = [{ path: `/${'p'.repeat(900)}`, code: 'not-json', message, contentSha256: digest }];
  const view = aView({ id: h1, inventory: anInventory([{ uid: long }], { problems }) });
  const evidence = { ...anOrphan({ uid, release: aRelease({ uid }) }), host: { ...anOrphan().host, view } };
  const world = await aWorld(t, { views: [view], evidences: [evidence] });
  for (const argv of [['status'], ['hosts', 'show', 'h1'], ['servos', 'list', '--all'], ['explain', long]]) {
    const { code, out, err } = await world.servoctl('viewer', ...argv);
    t.equal(code, 0, err);
    t.notMatch(out, control);
    const json = await world.servoctl('viewer', '--json', ...argv);
    t.notMatch(json.out, control);
    t.type(JSON.parse(json.out), 'object');
    // A command must stay in one piece to be copied: only its own long words may stand out.
    const wide = out
      .split('\n')
      .filter((line) => widthOf(line) > screenColumns && !/^ +(--|servoctl)/.test(line));
    t.strictSame(wide, [], argv.join(' '));
  }
});

t.test('explain: verdict and why first, then numbers, then what to do, then the gates', async (t) => {
  const world = await aWorld(t);
  const order = (out: string, ...parts: readonly string[]): readonly number[] =>
    parts.map((part) => out.indexOf(part));
  for (const [uid, verdict] of Object.entries({
    'orphan-1': 'Orphan',
    'suspect-1': 'Suspect',
    'SVC_live-2': 'Stray',
    'undecided-1': 'Undecided',
  })) {
    const { out } = await world.servoctl('viewer', 'explain', uid);
    const at = order(out, `${verdict}: `, 'Why', 'What is known', 'What to do', 'Evidence gates:');
    t.notOk(at.includes(-1), `${uid}: ${at.join(' ')}`);
    t.strictSame(
      at,
      at.toSorted((a, b) => a - b),
      uid,
    );
  }
  const { out } = await world.servoctl('viewer', 'explain', 'live-1');
  t.match(out, /What to do\n {2}Nothing\.\n/);
  t.notMatch(out, 'Evidence gates');
  t.match(
    (await world.servoctl('viewer', 'explain', 'live-1', '--gates')).out,
    /Evidence gates: \d+ of 12 pass/,
  );
});

t.test('a next command works as it is printed, once its reason is given', async (t) => {
  const world = await aWorld(t);
  const { out } = await world.servoctl('viewer', 'plans', 'show', 'c1');
  const printed = /servoctl (plans approve [^]*?--reason '\.\.\.')/.exec(out)?.[1] ?? '';
  const argv = printed.replace(/\\\n/g, ' ').split(/\s+/);
  const asPrinted = await world.servoctl('approver', ...argv.map((word) => word.replaceAll("'", '')));
  t.equal(asPrinted.code, 2);
  t.match(asPrinted.err, 'want why, in a few words');
  const { code, out: done } = await world.servoctl(
    'approver',
    ...argv.map((word) => (word === "'...'" ? 'looked at it' : word)),
  );
  t.equal(code, 0);
  t.match(done, /^Done \(decision \d+\): 1 servo\(s\) of c1 are approved for 1 h/);
});

t.test('acts through the command line', async (t) => {
  const world = await aWorld(t);
  const why = ['--reason', 'ticket 4711'];
  const acts: readonly (readonly string[])[] = [
    ['holds', 'set', '--servo', 'orphan-1', '--for', '2 h', ...why],
    ['holds', 'set', '--generation', generation, '--cell', 'c1', ...why],
    ['holds', 'release', '1', ...why],
    ['freeze', ...why],
    ['unfreeze', ...why],
    ['modes', 'set', 'c1', generation, 'enforce', ...why],
    ['hosts', 'enrol', 'h3', '--cell', 'c1', ...why],
    ['hosts', 'acknowledge', 'h1', '--missing', 'gone-1', ...why],
    ['hosts', 'retire', 'h3', ...why],
  ];
  for (const argv of acts) {
    const { code, out, err } = await world.servoctl('admin', ...argv);
    t.equal(code, 0, `${argv.join(' ')}: ${err}`);
    t.match(out, 'Done (decision ');
  }
  await quarantine(world, 'orphan-1');
  const restored = await world.servoctl('operator', 'restore', 'servo', 'orphan-1', ...why);
  t.match(restored.out, /1 servo\(s\) are started again/);
  t.match((await world.servoctl('viewer', 'orders', 'list')).out, /start +orphan-1 +h1 +open/);
});

t.test('watch follows until it is told to stop; export is JSON lines', async (t) => {
  const world = await aWorld(t);
  const exported = await world.servoctl('viewer', 'audit', 'export', '--after', '2');
  const entries = exported.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { version: number; about: object });
  t.strictSame(
    entries.map((e) => e.version),
    Array.from({ length: world.deps.decision().version - 2 }, (_, i) => i + 3),
  );
  t.type(entries[0]?.about, 'object');
});

t.test('where something does not fit, the message says what would', async (t) => {
  const world = await aWorld(t, { ...smallWorld(), mode: 'observe' });
  const why = ['--reason', 'ticket 4711'];
  const cases: readonly (readonly [number, RegExp, readonly string[]])[] = [
    [1, /there is no servo nobody/, ['explain', 'nobody']],
    [1, /nothing in c1 waits for an approval/, ['plans', 'approve', 'c1', '--hash', digest, ...why]],
    [1, /no breaker cell:c1 is open/, ['breakers', 'show', 'cell:c1']],
    [2, /which servos\?/, ['servos', 'list']],
    [2, /is no host: want 1 to 63/, ['hosts', 'show', '-x-'.replace('-x', '.x')]],
    [2, /is no verdict: want one of live/, ['servos', 'list', '--verdict', 'dead']],
    [2, /want exactly one of --servo/, ['holds', 'set', ...why]],
    [2, /want exactly one of --servo/, ['holds', 'set', '--servo', 'a', '--host', 'h1', ...why]],
    [2, /want exactly one of --servo/, ['holds', 'set', '--generation', generation, ...why]],
    [2, /want a duration like/, ['holds', 'set', '--servo', 'orphan-1', '--for', '2 fortnights', ...why]],
    [
      2,
      /want either --path and --sha256, or --missing/,
      ['hosts', 'acknowledge', 'h1', '--path', '/x', ...why],
    ],
    [2, /required option '--reason <text>' not specified/, ['freeze']],
    [2, /want a whole number/, ['holds', 'release', 'one', ...why]],
    [2, /want at most one/, ['orders', 'list', '--host', 'h1', '--cell', 'c1']],
    [2, /unknown command 'hots'/, ['hots', 'list']],
    [2, /from_version|lasts_ms|60000/, ['holds', 'set', '--servo', 'orphan-1', '--for', '1 s', ...why]],
  ];
  for (const [code, message, argv] of cases) {
    const ended = await world.servoctl('admin', ...argv);
    t.equal(ended.code, code, `${argv.join(' ')}: ${ended.err}${ended.out}`);
    t.match(ended.err, message, argv.join(' '));
  }
  const viewer = await world.servoctl('viewer', 'freeze', ...why);
  t.equal(viewer.code, 1);
  t.match(viewer.err, 'Freeze needs the role operator; ada-viewer has viewer');
});
