// Kill and pause, at each step of an order's life, of real processes: no second stop, no lost receipt, budgets right.
// The router answers the last question late, so that there is a window; a servo that takes its time to end makes another.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { until } from '../../scripts/demo/processes.ts';
import { aStage, rounds, type Stage } from '../support/stage.ts';

/** Longer than the age at which a yes is stale, counted from sending the question. */
const staleMs = 5500;
/** The answer comes so late: time to kill whoever waits for it, and less than a look-up may take (3 s). */
const heldMs = 2500;

t.setTimeout(900_000);
const stage = await aStage(t, {
  h1: ['manifest-directory', {}, {}, { termMs: 1500 }, { termMs: -1 }],
  h2: ['sqlite', {}, { termMs: 1500 }],
  h3: ['labels', {}],
});
const { world } = stage;

/** It is stopped, was executed exactly once, and is charged exactly as often as a yes was given. */
async function stoppedOnce(t: Tester, uid: string, yeses: number): Promise<void> {
  await stage.untilStopped(uid);
  await until(`no open order for ${uid}`, 120_000, async () => {
    const { orders = [] } = await world.admin.call<{ orders?: { uid: string; state: string }[] }>(
      'ListOrders',
      { all: true, pageSize: 1000 },
    );
    return orders.some((o) => o.uid === uid && o.state !== 'ORDER_STATE_CLOSED') ? undefined : true;
  });
  t.equal((await stage.audit('receipt.executed', uid)).length, 1, 'one receipt of a stop');
  t.equal((await stage.audit('order.confirmed', uid)).length, yeses, 'charged once per yes');
  t.equal(await world.hostOf(uid).answers(uid), false);
}
type Tester = Pick<typeof t, 'equal' | 'strictSame' | 'match' | 'ok'>;

async function killAgent(stageOf: Stage, id: string): Promise<void> {
  const host = stageOf.world.hosts.get(id);
  host?.agent?.child.kill('SIGKILL');
  await host?.agent?.ended;
  host?.startAgent(stageOf.world.leader);
}

async function killCoordinator(): Promise<void> {
  world.coordinator.child.kill('SIGKILL');
  await world.coordinator.ended;
  await world.startCoordinator();
}

t.test(
  'the agent is killed between the question and the answer: the order comes again, and is executed once',
  async (t) => {
    await stage.releaseAndHoldQuestion('h1-1', heldMs);
    await killAgent(stage, 'h1');
    await world.slowDown('h1-1', 0);
    await stage.untilStopped('h1-1');
    const yeses = (await stage.audit('order.confirmed', 'h1-1')).length;
    t.ok(yeses <= 2, 'the first yes may have been given into the void, and stays charged');
    await stoppedOnce(t, 'h1-1', yeses);
  },
);

t.test('the coordinator is killed between the question and the answer', async (t) => {
  await stage.releaseAndHoldQuestion('h2-1', heldMs);
  await killCoordinator();
  await world.slowDown('h2-1', 0);
  await stoppedOnce(t, 'h2-1', 1);
});

t.test('an agent that is paused between the question and the act does not act on a stale yes', async (t) => {
  const host = world.hostOf('h1-2');
  t.teardown(() => host.agent?.child.kill('SIGCONT'));
  const yeses = async (): Promise<number> => (await stage.audit('order.confirmed', 'h1-2')).length;
  await world.slowDown('h1-2', 700);
  await world.deleteProject('project-h1-2');
  // On a busy machine a question may be answered No (the host is late); then the next one is waited for.
  await until('a yes for a paused agent', 120_000, async () => {
    const before = await world.asked('h1-2');
    await until('the last question', 120_000, async () =>
      (await world.asked('h1-2')) > before ? true : undefined,
    );
    host.agent?.child.kill('SIGSTOP');
    const given = await until('its answer', 3000, async () => ((await yeses()) > 0 ? true : undefined)).catch(
      () => false,
    );
    if (given) return true;
    host.agent?.child.kill('SIGCONT');
    return undefined;
  });
  t.ok(await host.answers('h1-2'), 'nobody acts while the agent sleeps');
  await sleep(staleMs);
  await world.slowDown('h1-2', 60_000);
  host.agent?.child.kill('SIGCONT');
  await until('its refusal', 120_000, async () =>
    (await stage.audit('receipt.refused', 'h1-2')).length > 0 ? true : undefined,
  );
  t.ok(await host.answers('h1-2'), 'the stale yes was not acted on');
  t.equal((await stage.audit('receipt.executed', 'h1-2')).length, 0);
  await world.slowDown('h1-2', 0);
  await stage.untilStopped('h1-2');
  await stoppedOnce(t, 'h1-2', await yeses());
});

t.test(
  'the agent is killed between the signal and the receipt: it finds the servo stopped, and says so',
  async (t) => {
    await world.deleteProject('project-h1-3');
    await until('the yes', 120_000, async () =>
      (await stage.audit('order.confirmed', 'h1-3')).length > 0 ? true : undefined,
    );
    await until('the signal', 120_000, async () =>
      (await stage.servos()).length > 0 && (await intentOf('h1', 'h1-3')) ? true : undefined,
    );
    await killAgent(stage, 'h1');
    await stoppedOnce(t, 'h1-3', 1);
  },
);

t.test(
  'killed before SIGKILL came: the servo runs, so nobody can say; charged, closed, and never executed again',
  async (t) => {
    await world.deleteProject('project-h1-4');
    await until('the yes', 120_000, async () =>
      (await stage.audit('order.confirmed', 'h1-4')).length > 0 ? true : undefined,
    );
    await until('the intent', 120_000, async () => ((await intentOf('h1', 'h1-4')) ? true : undefined));
    await killAgent(stage, 'h1');
    await until('its receipt', 120_000, async () =>
      (await stage.audit('receipt.unknown', 'h1-4')).length === 1 ? true : undefined,
    );
    t.equal((await stage.audit('order.confirmed', 'h1-4')).length >= 1, true, 'the charge stays');
  },
);

t.test(
  'the coordinator is killed between the yes and the receipt: the receipt comes to the next leadership',
  async (t) => {
    await world.deleteProject('project-h2-2');
    await until('the yes', 120_000, async () =>
      (await stage.audit('order.confirmed', 'h2-2')).length > 0 ? true : undefined,
    );
    await killCoordinator();
    await stoppedOnce(t, 'h2-2', 1);
  },
);

t.test('restarting the agent leaves a restored servo running, and its incarnation alone', async (t) => {
  const host = world.hostOf('h3-1');
  await world.deleteProject('project-h3-1');
  await stage.untilStopped('h3-1');
  host.forgetPort('h3-1');
  await world.admin.call('RestoreServo', { uid: 'h3-1', reason: 'test' });
  await until('it to answer', 120_000, async () => ((await host.answers('h3-1')) ? true : undefined));
  const { incarnation } = await stage.untilServo(
    'h3-1',
    'running',
    (row) => row.state === 'SERVO_STATE_RUNNING',
  );
  await host.stopAgent();
  t.ok(await host.answers('h3-1'), 'the agent ended, the servo runs on');
  host.startAgent(world.leader);
  await rounds(stage, 3);
  t.equal(
    (await stage.untilServo('h3-1', 'running', (row) => row.state === 'SERVO_STATE_RUNNING')).incarnation,
    incarnation,
  );
});

t.test('after all of it the audit chain is whole, and every servo of a living project answers', async (t) => {
  t.notMatch(await world.admin.call('VerifyAudit', {}), { firstBroken: String });
  for (const host of world.hosts.values())
    for (const { uid } of host.servos.filter((s) => s.uid.includes('stay')))
      t.ok(await host.answers(uid), uid);
});

/** Whether the host's journal holds an intent about this servo: what the agent writes before it acts. */
async function intentOf(host: string, uid: string): Promise<boolean> {
  const { readFile, readdir } = await import('node:fs/promises');
  const dir = `${world.dir}/hosts/${host}/state`;
  for (const name of await readdir(dir)) {
    const text = await readFile(`${dir}/${name}`, 'utf8').catch(() => '');
    if (text.split('\n').some((line) => line.includes('"intent"') && line.includes(`"${uid}"`))) return true;
  }
  return false;
}
