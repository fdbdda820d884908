import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t, { type Test } from 'tap';
import { servoBytes } from '@servo-auditor/proto/canonical.ts';
import { systemClock } from '@servo-auditor/proto/clock.ts';
import type { Servo } from '@servo-auditor/proto/wire.ts';
import { openProcess, type ProcessOptions } from '../../../agent/src/scan/runtime/process.ts';
import { stop } from '../../../agent/src/scan/runtime/process-act.ts';
import { scan, type Inventory, type ScanGiven } from '../../../agent/src/scan/scan.ts';
import { openStore, type StoreOptions } from '../../../agent/src/scan/store/index.ts';
import type { Store } from '../../../agent/src/scan/store/port.ts';
import { freshMarker, PATH, processOptions, run } from './support.ts';

const clock = systemClock(0, 1);
const limits = {
  activity: { windowMs: 900_000, quietCpuPermille: 10, quietBytesPerS: 200 },
  maxScanMs: 20_000,
};
const fields = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
const uids = ['u-1', 'u-2', 'u-3'];

/** Three servos, each recorded in every way that there is. */
async function host(t: Test) {
  const marker = freshMarker();
  const root = join(t.testdir(), 'manifests');
  const path = join(root, '..', 'servos.db');
  mkdirSync(join(root, 'p-1'), { recursive: true });
  const database = new Database(path);
  database.exec('CREATE TABLE instance (uid TEXT PRIMARY KEY, project, argv, cwd, env)');
  const servos = [];
  for (const uid of uids) {
    const argv = [process.execPath, '-e', 'setTimeout(() => {}, 1e8)', '--', `--servo=${uid}`];
    const env = { SERVO_HOST: marker, SERVO_UID: uid, LABEL_UID: uid, LABEL_PROJECT: 'p-1' };
    servos.push(await run(t, argv, env));
    const recorded = { uid, project: 'p-1', argv, cwd: '/', env: { PATH, ...env } };
    writeFileSync(join(root, 'p-1', `${uid}.json`), JSON.stringify(recorded));
    database
      .prepare('INSERT INTO instance VALUES (?, ?, ?, ?, ?)')
      .run(uid, 'p-1', JSON.stringify(argv), '/', JSON.stringify(recorded.env));
  }
  database.close();
  return { marker, root, path, servos };
}

function scanWith(
  marker: string,
  store: StoreOptions | Store,
  more: Partial<ScanGiven> = {},
  options: Partial<ProcessOptions> = {},
): Promise<Inventory> {
  const opened = 'read' in store ? store : openStore(store);
  const runtime = openProcess(processOptions(marker, options));
  return scan({ store: opened, runtime, clock, quarantined: [], before: new Map(), limits, ...more });
}

const manifests = (root: string): StoreOptions => ({
  store: 'manifest-directory',
  options: { root, fields, suffix: '.json', ignore: [] },
});

t.test('three generations that hold the same servos yield the same bytes', async (t) => {
  const { marker, root, path } = await host(t);
  const inventories = await Promise.all([
    scanWith(marker, manifests(root)),
    scanWith(marker, { store: 'sqlite', options: { path, table: 'instance', columns: fields } }),
    scanWith(
      marker,
      { store: 'labels', options: { fields: { uid: 'LABEL_UID', project: 'LABEL_PROJECT' } } },
      {},
      { identity: { from: 'argument', prefix: '--servo=' } },
    ),
  ]);
  const bytes = inventories.map((i) =>
    Buffer.concat(i.servos.map((servo: Servo) => servoBytes(servo))).toString('hex'),
  );
  t.equal(bytes[1], bytes[0]);
  t.equal(bytes[2], bytes[0]);
  t.strictSame(
    inventories.map((i) => i.generation),
    ['manifest-directory/process', 'sqlite/process', 'labels/process'],
  );
  t.equal(new Set(inventories.map((i) => i.digest)).size, 3, 'the digest names the generation');
  for (const inventory of inventories) {
    t.ok(inventory.complete);
    t.strictSame(
      inventory.servos.map((s) => [s.uid, s.state, s.contradiction, s.project]),
      uids.map((u) => [u, 'running', 'none', 'p-1']),
    );
  }
  const launches = inventories.map((i) => [...i.facts.values()].map(([f]) => f?.launch));
  t.strictSame(launches[1], launches[0]);
  t.strictSame(launches[2], launches[0], 'and each would be started again alike');
});

t.test('a second scan of the same host has the same digest, and measures', async (t) => {
  const { marker, root } = await host(t);
  const first = await scanWith(marker, manifests(root));
  const second = await scanWith(marker, manifests(root), { before: first.activity });
  t.equal(second.digest, first.digest);
  t.ok(first.servos.every((s) => s.cpuPermille === undefined));
  t.ok(second.servos.every((s) => s.cpuPermille !== undefined && s.connections === 0));
  t.equal(second.activity.size, 3);
});

t.test('one broken manifest makes the inventory incomplete, and its servo a contradiction', async (t) => {
  const { marker, root } = await host(t);
  writeFileSync(join(root, 'p-1', 'u-2.json'), '{"uid":');
  const inventory = await scanWith(marker, manifests(root));
  t.notOk(inventory.complete);
  t.match(inventory.problems, [
    { path: join(root, 'p-1/u-2.json'), code: 'not-json', contentSha256: /^[0-9a-f]{64}$/ },
  ]);
  t.strictSame(
    inventory.servos.map((s) => s.contradiction),
    ['none', 'no-record', 'none'],
  );
});

t.test('a store that vanished makes every servo a contradiction, and none absent', async (t) => {
  const { marker, root } = await host(t);
  const inventory = await scanWith(marker, manifests(`${root}-gone`));
  t.match(inventory.problems, [{ code: 'vanished' }]);
  t.strictSame(
    inventory.servos.map((s) => [s.uid, s.contradiction]),
    uids.map((u) => [u, 'no-record']),
  );
});

t.test('a servo in quarantine keeps its row, and loses it to whatever runs under its uid', async (t) => {
  const { marker, root, servos } = await host(t);
  const [first] = servos;
  if (first === undefined) throw new Error('no servo');
  const before = await scanWith(marker, manifests(root));
  const row = before.servos[0];
  if (row === undefined) throw new Error('no row');
  const quarantined = [
    { uid: row.uid, incarnation: row.incarnation, runtimeId: row.runtimeId, project: row.project },
  ];
  t.match((await scanWith(marker, manifests(root), { quarantined })).servos[0], {
    state: 'running',
    contradiction: 'quarantined-runs',
  });
  await stop(first, 5000);
  t.match((await scanWith(marker, manifests(root))).servos[0], {
    state: 'stopped',
    contradiction: 'no-object',
    incarnation: 'none',
  });
  const after = await scanWith(marker, manifests(root), { quarantined });
  t.match(after.servos[0], { state: 'quarantined', contradiction: 'none', incarnation: row.incarnation });
  t.equal(after.digest, before.digest, 'its identity has not changed');
  t.ok(after.complete);
  const again = await run(t, ['sleep', '1000'], { SERVO_HOST: marker, SERVO_UID: 'u-1' });
  t.match((await scanWith(marker, manifests(root), { quarantined })).servos[0], {
    state: 'running',
    contradiction: 'quarantined-runs',
    incarnation: again.incarnation,
  });
});

t.test('a store that does not answer makes the scan incomplete, in time', async (t) => {
  const { marker, root } = await host(t);
  const real = openStore(manifests(root));
  let told = false;
  const stuck: Store = {
    ...real,
    read: (_objects, signal) => {
      signal.addEventListener('abort', () => (told = true));
      return new Promise(() => undefined);
    },
  };
  const before = (await scanWith(marker, real)).activity;
  const began = performance.now();
  const inventory = await scanWith(marker, stuck, { before, limits: { ...limits, maxScanMs: 300 } });
  t.ok(performance.now() - began < 10_000);
  t.ok(told, 'it is told to stop');
  t.match(inventory, {
    complete: false,
    servos: [],
    problems: [{ path: 'scan', code: 'timeout', message: /300 ms/ }],
  });
  t.equal(inventory.activity, before, 'what was measured stays');
});

t.test('a store that breaks its word is no empty store', async (t) => {
  const store = { ...openStore(manifests('/')), read: () => Promise.reject(new Error('a bug')) };
  await t.rejects(scanWith(freshMarker(), store), { message: 'a bug' });
});
