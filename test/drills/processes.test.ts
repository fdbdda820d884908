// Incidents against real processes: coordinator, agents, servos, registry and router, over TLS and on disk. The rows of the
// drills that say something about processes, in one world after another on the same stage; nothing in use is stopped in any.
//   argocd-empty        registry and router answer that there is nothing, then a page for people, then not at all
//   google-diskerase    empty lists and selectors, through servoctl and the AdminService
//   kubelet-25224       the servo is created anew in its slot while the last question is under way
//   hdfs-1972           agent and coordinator are killed between the act and the receipt; another leadership decides again
//   xervo-2015          a host joins whose store spells uids otherwise
//   nomad-stale-read    an old backup of the coordinator's database is put back, from before an operator's hold
import { copyFileSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import t from 'tap';
import { start } from '../../agent/src/scan/runtime/process-start.ts';
import { end, markVariable, until } from '../../scripts/demo/processes.ts';
import { cell } from '../../scripts/demo/world.ts';
import { Front, type Fault } from '../support/front.ts';
import { aStage, rounds } from '../support/stage.ts';
import {
  onlyReleased,
  orders,
  patienceMs,
  runScript,
  servoAgent,
  untilLogged,
  untilRefusedBy,
} from '../support/trouble.ts';

t.setTimeout(1_200_000);
let front: Front | undefined;
const stage = await aStage(
  t,
  { h1: ['manifest-directory', {}, {}, {}], h2: ['sqlite', {}, { termMs: 1500 }], h3: ['labels', {}, {}] },
  {
    // The shortest that can be configured, so that a snapshot grows stale within the patience of a test.
    policy: { witnessReadMs: 2000, witnessLookupMs: 3000, witnessAgeMs: 10_000 },
    prepare: async (world) => {
      front = new Front(world.routerPort);
      const listening = await front.listen();
      t.teardown(() => listening.close());
      world.routerFront = listening.port;
    },
  },
);
const { world } = stage;
const released = ['h1-trial', 'h2-trial', 'h3-trial'];
const servoctlScript = join(import.meta.dirname, '../../coordinator/src/cli/main.ts');

async function release(uid: string): Promise<void> {
  released.push(uid);
  await world.deleteProject(`project-${uid}`);
}

function registry(sql: string): void {
  const db = new Database(join(world.dir, 'registry.db'), { timeout: 5000 });
  db.exec(`BEGIN IMMEDIATE; ${sql} UPDATE registry SET version = version + 1; COMMIT;`);
  db.close();
}

/** In quarantine, however busy the machine is: a host that is late for its heartbeats is left alone until it is not. */
async function untilStopped(uid: string): Promise<void> {
  await until(`${uid} to be in quarantine`, 4 * patienceMs, async () => {
    const row = (await stage.servos()).find((r) => r.uid === uid);
    return row?.state === 'SERVO_STATE_QUARANTINED' ? true : undefined;
  }).catch(async (cause: unknown) => {
    throw new Error(JSON.stringify(await world.admin.call('Explain', { uid })), { cause });
  });
}

/** Pid, and what starts it again, of the process that is a servo; undefined while there is none. */
function processOf(uid: string) {
  for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
    const parts = (file: string) => readFileSync(`/proc/${name}/${file}`, 'utf8').split('\0').slice(0, -1);
    try {
      const env = Object.fromEntries(parts('environ').map((line) => line.split(/=(.*)/s, 2)));
      if (env['DEMO_NAME'] !== uid || env[markVariable] !== world.hostOf(uid).setting.world) continue;
      const launch = { argv: parts('cmdline'), cwd: world.hostOf(uid).setting.dir, env };
      return { pid: Number(name), launch };
    } catch {
      // It ended in the meantime, or is not ours to read: it is no servo of this world.
    }
  }
  return undefined;
}

t.test('argocd-empty: nothing is there any more, and somehow everything runs', async (t) => {
  await release('h3-1');
  registry('CREATE TABLE kept AS SELECT * FROM claim; DELETE FROM claim;');
  const faults: readonly Fault[] = ['empty', 'html', 'silent'];
  for (const fault of faults) {
    if (front === undefined) throw new Error('nothing stands before the router');
    front.fault = fault;
    await rounds(stage, 3);
    const rows = (await stage.servos()).filter(({ uid }) => !released.includes(uid));
    t.same(
      rows.filter((row) => row.verdict !== 'VERDICT_LIVE').map(({ uid }) => uid),
      [],
      `${fault}: whatever was claimed stays live`,
    );
  }
  await untilLogged(world.coordinatorLog, 'witness.waiting', { witness: 'registry', problem: /fell from/ });
  t.ok(await world.hostOf('h3-1').answers('h3-1'), 'not even what was truly released is stopped meanwhile');
  if (front !== undefined) front.fault = undefined;
  registry('INSERT INTO claim SELECT * FROM kept; DROP TABLE kept;');
  await untilStopped('h3-1');
});

t.test('google-diskerase: an empty list is an error, and never everything', async (t) => {
  const before = (await world.admin.stream('ExportAudit', { afterVersion: 0 })).length;
  const reason = 'the rest';
  for (const [method, request] of [
    ['ListServos', { pageSize: 10 }],
    ['ListServos', { pageSize: 10, host: '' }],
    ['ApprovePlan', { cell, hash: '', reason }],
    ['ApprovePlan', { cell: '', reason }],
    ['RestoreServo', { uid: '', reason }],
    ['RestorePlan', { decisionVersion: 0, reason }],
    ['SetHold', { scope: {}, reason }],
    ['ReleaseHold', { id: 0, reason }],
    ['CloseBreaker', { cohort: '', hash: '', reason }],
    ['RetireHost', { host: '', reason }],
    ['AcceptWitness', { witness: '', hash: '', reason }],
  ] as const)
    await t.rejects(
      world.admin.call(method, request),
      /want|unknown|empty|must/i,
      `${method} ${JSON.stringify(request)}`,
    );
  for (const words of [
    ['plans', 'approve', cell, '--hash', '', '--reason', reason],
    ['plans', 'approve', '', '--hash', 'x', '--reason', reason],
    ['restore', 'plan', '', '--reason', reason],
    ['restore', 'servo', '', '--reason', reason],
    ['hosts', 'retire', '', '--reason', reason],
    ['servos', 'list'],
  ]) {
    const { code, stderr } = await runScript(servoctlScript, ['--config', world.servoctlConfig, ...words]);
    t.ok(code === 1 || code === 2, `servoctl ${words.join(' ')}: exit code ${code}`);
    t.notSame(stderr.trim(), '', 'and it says what would be right');
  }
  const after = await world.admin.stream<{ event: string }>('ExportAudit', { afterVersion: before });
  t.same(
    after.filter(({ event }) => /approved|hold|retired|restore|breaker\.closed|accepted/.test(event)),
    [],
    'nothing of it was ever decided',
  );
});

t.test('kubelet-25224: created anew while the last question is under way', async (t) => {
  const host = world.hostOf('h1-1');
  const was = processOf('h1-1');
  if (was === undefined) throw new Error('h1-1 does not run');
  await stage.releaseAndHoldQuestion('h1-1', 1500);
  process.kill(was.pid, 'SIGKILL');
  host.forgetPort('h1-1');
  const again = await start(was.launch);
  t.equal(again.kind, 'started');
  await until('the new one to serve', patienceMs, async () =>
    (await host.answers('h1-1')) ? true : undefined,
  );
  await world.slowDown('h1-1', 0);
  const refusal = await until('a refusal', patienceMs, async () =>
    (await stage.audit('receipt.refused', 'h1-1')).at(-1),
  );
  // On a busy machine the coordinator may have said no before, since the host was late.
  t.match(refusal.aboutJson, /gone|incarnation|confirm-no/);
  t.comment(refusal.aboutJson ?? '');
  await rounds(stage, 5);
  t.ok(await host.answers('h1-1'), 'the new one runs on');
  t.equal((await stage.audit('receipt.executed', 'h1-1')).length, 0);
  world.registry.claim('project-h1-1', 'h1-1', 'h1');
  await world.route('h1-1', { host: 'h1', project: 'project-h1-1' });
  await stage.untilServo('h1-1', 'live', (row) => row.verdict === 'VERDICT_LIVE');
});

t.test(
  'hdfs-1972: killed between the act and the receipt, and another leadership decides again',
  async (t) => {
    const host = world.hostOf('h2-2');
    const was = processOf('h2-2');
    if (was === undefined) throw new Error('h2-2 does not run');
    await release('h2-2');
    await until('the yes', patienceMs, async () =>
      (await stage.audit('order.confirmed', 'h2-2')).length > 0 ? true : undefined,
    );
    // The servo takes its time to end: the agent dies after its signal, before it could say so to anybody.
    await until('the intent', patienceMs, () =>
      readFileSync(join(world.dir, 'hosts/h2/state/journal'), 'utf8')
        .split('\n')
        .some((line) => line.includes('"intent"') && line.includes('"h2-2"'))
        ? true
        : undefined,
    );
    host.agent?.child.kill('SIGKILL');
    await host.agent?.ended;
    world.coordinator.child.kill('SIGKILL');
    await world.coordinator.ended;
    await until('the servo to be gone', patienceMs, async () =>
      (await host.answers('h2-2')) ? undefined : true,
    );
    await world.startCoordinator();
    await rounds(stage, 3);
    t.equal(
      (await stage.audit('order.opened', 'h2-2')).length,
      1,
      'no second order while the first may have been executed',
    );
    host.startAgent(world.leader);
    await until('its receipt', patienceMs, async () =>
      (await stage.audit('receipt.executed', 'h2-2')).length > 0 ? true : undefined,
    );
    // Somebody starts it by hand, and uses it.
    host.forgetPort('h2-2');
    await start(was.launch);
    await until('it to serve', patienceMs, async () => ((await host.answers('h2-2')) ? true : undefined));
    await untilRefusedBy(stage, 'h2-2', 'identity-agrees');
    await rounds(stage, 5);
    t.ok(await host.answers('h2-2'), 'it runs on');
    t.equal((await stage.audit('receipt.executed', 'h2-2')).length, 1, 'one stop, and one receipt of it');
    t.equal((await stage.audit('order.opened', 'h2-2')).length, 1);
  },
);

t.test('xervo-2015: a host whose store spells uids otherwise', async (t) => {
  const servos = Array.from({ length: 6 }, (_, i) => ({
    uid: `h7-${i + 1}`,
    project: `project-h7-${i + 1}`,
  }));
  const spell = (uid: string): string => uid.replaceAll('-', '_');
  const host = await world.addHost({ id: 'h7', kind: 'manifest-directory', servos, spell });
  host.startAgent(world.leader);
  for (const { uid } of servos)
    await stage.untilServo(spell(uid), 'a stray', (row) => row.verdict === 'VERDICT_STRAY');
  const naive = servos.filter(({ uid }) => !world.registry.plainLookup(spell(uid)));
  t.equal(naive.length, 6, 'an audit that looks each uid up would stop all of them');
  await untilRefusedBy(stage, 'h7_1', 'known-identity');
  await untilRefusedBy(stage, 'h7_1', 'two-way-match');
  await release('h1-2');
  await untilStopped('h1-2');
  await rounds(stage, 3);
  for (const { uid } of servos) {
    t.ok(await host.answers(uid), `${uid} answers`);
    t.equal(await orders(stage, spell(uid)), 0);
  }
});

t.test('nomad-stale-read: a coordinator that is older than what its hosts know', async (t) => {
  const state = join(world.dir, 'state.db');
  await end(world.coordinator);
  copyFileSync(state, `${state}.backup`);
  await world.startCoordinator();
  // Since the backup: a servo is held, because its owner still wants it, and others have gone.
  // Until it is released: in this world any number of days would be over in seconds.
  const hold = { scope: { uid: 'h3-2' }, reason: 'its owner moves out tomorrow' };
  await world.admin.call('SetHold', hold);
  await release('h3-2');
  await stage.untilServo('h3-2', 'a held orphan', (row) => row.verdict === 'VERDICT_ORPHAN');
  await release('h1-3');
  await untilStopped('h1-3');
  await end(world.coordinator);
  for (const suffix of ['', '-wal', '-shm']) rmSync(state + suffix, { force: true });
  copyFileSync(`${state}.backup`, state);
  await world.startCoordinator();
  for (const id of ['h1', 'h2', 'h3'])
    await untilLogged(`${world.dir}/hosts/${id}/agent.log`, 'session.refused', {
      code: /^(other-chain|older-epoch)$/,
    });
  t.ok(await world.hostOf('h3-2').answers('h3-2'), 'the hold is forgotten, and yet it runs');
  t.equal(await orders(stage, 'h3-2'), 0);
  // People look first, and hold it again, before they let the hosts believe this coordinator.
  await world.admin.call('SetHold', hold);
  for (const id of ['h1', 'h2', 'h3', 'h7']) {
    const { code, stderr } = await servoAgent(stage, id, 'accept-installation', world.leader.installation);
    t.equal(code, 0, stderr);
  }
  const accepted = new Set<string>();
  await release('h2-1');
  await until('h2-1 to be stopped', 4 * patienceMs, async () => {
    const { hosts } = await world.admin.call<{ hosts: readonly { id: string; contested?: string }[] }>(
      'ListHosts',
      {
        all: true,
        pageSize: 100,
      },
    );
    for (const { id, contested } of hosts)
      if (contested !== undefined && !accepted.has(id)) {
        await world.admin.call('AcceptHost', { host: id, reason: 'the backup was put back by us' });
        accepted.add(id);
      }
    return (await world.hostOf('h2-1').answers('h2-1')) ? undefined : true;
  });
  t.ok(await world.hostOf('h3-2').answers('h3-2'), 'what is held runs on');
});

t.test('after all of it nothing else was touched', async (t) => {
  // Of another spelling, and recreated: neither was released.
  await onlyReleased(t, stage, [...released, 'h1-1']);
  t.ok(await world.hostOf('h1-1').answers('h1-1'));
});
