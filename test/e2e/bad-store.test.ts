// What stands on hosts is broken, under running agents: each fault is logged, shown with its remedy, and lifted by it; until
// then the released servo beside it is left alone, and no other servo is touched.
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import Database from 'better-sqlite3';
import t from 'tap';
import { maxManifestBytes } from '@servo-auditor/proto/limits.ts';
import { end, until } from '../../scripts/demo/processes.ts';
import { aStage, rounds } from '../support/stage.ts';
import { fillDisk, freeDisk, whyNoFullDisk, withoutRunner } from '../support/full-disk.ts';
import {
  hostRow,
  onlyReleased,
  orders,
  startAgentThrough,
  staysBecauseOf,
  untilAttention,
  untilLogged,
  untilNoAttention,
  untilProblems,
} from '../support/trouble.ts';

t.setTimeout(900_000);
const stage = await aStage(t, { h1: ['manifest-directory', {}, {}, {}, {}, {}], h2: ['sqlite', {}, {}] });
const { world } = stage;
const released = ['h1-trial', 'h2-trial'];

/** Deletes the project of a servo. */
async function release(uid: string): Promise<void> {
  released.push(uid);
  await world.deleteProject(`project-${uid}`);
}

t.test('manifests: six kinds of broken ones at once, mended one after the other', async (t) => {
  const folder = `${world.dir}/hosts/h1/servos/project-broken`;
  mkdirSync(folder);
  const whole = JSON.parse(
    readFileSync(`${world.dir}/hosts/h1/servos/project-h1-stay-0/h1-stay-0.json`, 'utf8'),
  ) as Record<string, unknown>;
  const broken: Readonly<Record<string, readonly [path: string, make: (path: string) => void]>> = {
    'not-json': [`${folder}/a.json`, (path) => writeFileSync(path, '{"uid": "h1-x", ')],
    'missing-field': [
      `${folder}/b.json`,
      (path) => writeFileSync(path, JSON.stringify({ ...whole, uid: undefined })),
    ],
    // The copy is what comes second in the order of paths.
    'uid-twice': [
      `${world.dir}/hosts/h1/servos/project-h1-stay-0/z-copy.json`,
      (path) => writeFileSync(path, JSON.stringify(whole)),
    ],
    dangling: [`${folder}/d.json`, (path) => symlinkSync(`${folder}/nowhere`, path)],
    'too-large': [`${folder}/e.json`, (path) => writeFileSync(path, ' '.repeat(maxManifestBytes + 1))],
    'unexpected-entry': [`${folder}/readme`, (path) => writeFileSync(path, 'not a manifest')],
  };
  for (const [path, make] of Object.values(broken)) make(path);
  await release('h1-1');
  await untilProblems(stage, 'h1', Object.keys(broken));
  for (const [code, [path]] of Object.entries(broken))
    await untilLogged(world.coordinatorLog, 'inventory.problem', { host: 'h1', code, path });
  await untilAttention(stage, 'host-incomplete', /^h1 cannot be read whole: .* \(and 5 more\)/);
  const gate = await staysBecauseOf(t, stage, 'h1-1', 'inventory-complete');
  t.match(gate.says, /6/);
  const left = new Map(Object.entries(broken));
  for (const [code, [path]] of left) {
    t.ok(
      await world.hostOf('h1-1').answers('h1-1'),
      `not stopped while ${[...left.keys()].join(', ')} are left`,
    );
    rmSync(path);
    left.delete(code);
    await untilProblems(stage, 'h1', [...left.keys()]);
  }
  t.equal(await orders(stage, 'h1-1'), 0);
  rmSync(folder, { recursive: true });
  await untilProblems(stage, 'h1', []);
  await untilNoAttention(stage, 'host-incomplete');
  await stage.untilStopped('h1-1');
});

t.test('a manifest that the agent may not read', async (t) => {
  const host = world.hostOf('h1-2');
  const path = `${world.dir}/hosts/h1/servos/project-h1-stay-1/h1-stay-1.json`;
  // Root may read everything, unless it gives that up.
  if (process.getuid?.() === 0) {
    await host.stopAgent();
    const agent = startAgentThrough(host, ['setpriv', '--bounding-set=-dac_override,-dac_read_search']);
    t.teardown(async () => {
      await end(agent);
      host.startAgent(world.leader);
    });
  }
  chmodSync(path, 0);
  await release('h1-2');
  await untilProblems(stage, 'h1', ['unreadable']);
  await untilLogged(world.coordinatorLog, 'inventory.problem', { host: 'h1', code: 'unreadable', path });
  await untilAttention(stage, 'host-incomplete', /this agent's user may not read it: allow it/);
  await staysBecauseOf(t, stage, 'h1-2', 'inventory-complete');
  chmodSync(path, 0o600);
  await untilProblems(stage, 'h1', []);
  await stage.untilStopped('h1-2');
});

t.test(
  'one broken manifest that is acknowledged is no obstacle any more, and is one again when it changes',
  async (t) => {
    const path = `${world.dir}/hosts/h1/servos/project-h1-stay-0/y.json`;
    writeFileSync(path, 'broken for good');
    await release('h1-3');
    await untilProblems(stage, 'h1', ['not-json']);
    await staysBecauseOf(t, stage, 'h1-3', 'inventory-complete');
    const { hosts } = await world.admin.call<{
      hosts: { inventory: { problems: { contentSha256: string }[] } }[];
    }>('ListHosts', { host: 'h1', pageSize: 1 });
    await world.admin.call('AcknowledgeItem', {
      host: 'h1',
      path,
      contentSha256: hosts[0]?.inventory.problems[0]?.contentSha256,
      reason: 'known',
    });
    await stage.untilStopped('h1-3');
    await release('h1-4');
    writeFileSync(path, 'broken in another way');
    await untilAttention(stage, 'host-incomplete', /^h1 /);
    await staysBecauseOf(t, stage, 'h1-4', 'inventory-complete');
    rmSync(path);
    await stage.untilStopped('h1-4');
  },
);

t.test('a store directory that vanished, as when a disk is not mounted', async (t) => {
  const root = `${world.dir}/hosts/h1/servos`;
  renameSync(root, `${root}.away`);
  await release('h1-5');
  await untilLogged(world.coordinatorLog, 'inventory.problem', { host: 'h1', code: 'vanished', path: root });
  await untilAttention(stage, 'host-incomplete', /no such folder: is it mounted/);
  await staysBecauseOf(t, stage, 'h1-5', 'inventory-complete');
  renameSync(`${root}.away`, root);
  await untilProblems(stage, 'h1', []);
  await stage.untilStopped('h1-5');
});

t.test('a store database: locked, corrupt, of another schema, gone', async (t) => {
  const file = `${world.dir}/hosts/h2/servos.db`;
  await release('h2-1');
  const other = new Database(file);
  t.teardown(() => other.close());
  other.exec('BEGIN EXCLUSIVE');
  await untilProblems(stage, 'h2', ['locked']);
  const gate = await staysBecauseOf(t, stage, 'h2-1', 'inventory-complete');
  t.match(gate.says, /h2|servos\.db|1/);
  // The next fault stands before the one before is lifted.
  copyFileSync(file, `${file}.good`);
  const swap = (make: (path: string) => void): void => {
    rmSync(`${file}.new`, { force: true });
    make(`${file}.new`);
    renameSync(`${file}.new`, file);
  };
  swap((path) =>
    writeFileSync(
      path,
      Buffer.concat([readFileSync(`${file}.good`).subarray(0, 512), Buffer.alloc(8192, 7)]),
    ),
  );
  other.exec('ROLLBACK');
  await untilProblems(stage, 'h2', ['corrupt']);
  swap((path) => writeFileSync(path, 'no database at all, but long enough to be taken for one '.repeat(40)));
  await untilLogged(world.coordinatorLog, 'inventory.problem', {
    host: 'h2',
    code: 'corrupt',
    message: /not a database/,
  });
  swap((path) => {
    const db = new Database(path);
    db.exec('CREATE TABLE instance (id TEXT PRIMARY KEY, project TEXT, argv TEXT, cwd TEXT, env TEXT)');
    db.close();
  });
  await untilProblems(stage, 'h2', ['other-schema']);
  await untilAttention(stage, 'host-incomplete', /no such column: instance\.uid: correct the mapping/);
  rmSync(file);
  await untilProblems(stage, 'h2', ['vanished']);
  await staysBecauseOf(t, stage, 'h2-1', 'inventory-complete');
  for (const code of ['locked', 'corrupt', 'other-schema', 'vanished'])
    await untilLogged(world.coordinatorLog, 'inventory.problem', { host: 'h2', code });
  renameSync(`${file}.good`, file);
  await untilProblems(stage, 'h2', []);
  await stage.untilStopped('h2-1');
});

t.test(
  'the disk of the agent is full: it reports on and stops nothing, and does once there is room',
  { skip: whyNoFullDisk() ?? false },
  async (t) => {
    const host = world.hostOf('h2-2');
    await host.stopAgent();
    const agent = startAgentThrough(host, withoutRunner);
    t.teardown(async () => await end(agent));
    const { pid } = agent.child;
    await untilLogged(host.logFile, 'session.welcomed', { pid: new RegExp(`^${pid}$`) });
    fillDisk(pid, `${world.dir}/hosts/h2/state/journal`);
    await release('h2-2');
    await untilLogged(host.logFile, 'journal.full', { uid: 'h2-2', err: /make room on that disk/ });
    await rounds(stage, 3);
    await until('a report of it', 60_000, async () =>
      (await hostRow(stage, 'h2')).fresh ? true : undefined,
    );
    t.ok(await host.answers('h2-2'), 'nothing happens that is not written down first');
    t.equal((await stage.audit('receipt.executed', 'h2-2')).length, 0);
    freeDisk(pid);
    await stage.untilStopped('h2-2');
    t.equal((await stage.audit('receipt.executed', 'h2-2')).length, 1);
    t.equal(agent.child.exitCode, null, 'by the same agent');
  },
);

t.test('after all of it nothing else was touched', async (t) => {
  await onlyReleased(t, stage, released);
});
