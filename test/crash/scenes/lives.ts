// The life of an order, and what may happen to it: stopped, closed, found by the next start, refused; and the way back.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../scripts/demo/processes.ts';
import { patienceMs, untilEnded, type Ground, type Subject } from '../ground.ts';
import { pidsOf } from '../running.ts';
import { insist, type Play, type Scene } from '../scene.ts';

const bothHosts = ['h1', 'h2'] as const;
const hostOf = (turn: number): string => bothHosts[turn % 2] ?? 'h1';

function bothPrograms(ground: Ground, subject: Subject): Play['programs'] {
  return { coordinator: ground.coordinator, agent: ground.agent(subject.host.id) };
}

/** In the end it is stopped, was executed once, and every other order of it is receipted as what it was. */
export async function stoppedOnce(ground: Ground, subject: Subject): Promise<readonly string[]> {
  await ground.untilStopped(subject);
  await ground.untilNoOrder(subject);
  await ground.settled();
  const wrong = [...(await ground.ledger.balance())];
  const { uid } = subject;
  const receipts = ground.ledger.ordersOf(uid).flatMap((order) => order.receipts);
  const executed = receipts.filter(({ outcome }) => outcome === 'executed').length;
  const unknown = receipts.filter(({ outcome }) => outcome === 'unknown').length;
  if (executed !== 1 && !(executed === 0 && unknown > 0))
    wrong.push(
      `${uid} was stopped ${executed} times: ${receipts.map((r) => `${r.outcome} ${r.code}`).join(', ')}`,
    );
  const pids = pidsOf(subject);
  if (pids.length > 0) wrong.push(`${uid} is called stopped, and runs as ${pids.join(', ')}`);
  ground.quarantined.push(subject);
  return wrong;
}

/** It runs once, answers, and goes on doing so. */
export async function backOnce(ground: Ground, subject: Subject): Promise<readonly string[]> {
  const { uid } = subject;
  await ground.untilServo(subject, 'running', (row) => row.state === 'SERVO_STATE_RUNNING');
  await ground.untilNoOrder(subject);
  await ground.settled(4);
  const wrong = [...(await ground.ledger.balance())];
  const pids = pidsOf(subject);
  if (pids.length !== 1) wrong.push(`${uid} was brought back, and runs ${pids.length} times`);
  else if (!(await answersSoon(subject))) wrong.push(`${uid} was brought back, and does not answer`);
  ground.restored.push(subject);
  return wrong;
}

async function answersSoon({ uid, own }: Subject): Promise<boolean> {
  const answer = until('its answer', patienceMs, async () => ((await own.answers(uid)) ? true : undefined));
  return await answer.catch(() => false);
}

export const stop: Scene = {
  name: 'stop',
  title: 'a project is deleted: released, suspect, orphan, ordered, asked, stopped, receipted',
  own: /^(?!.*(store\.ts:act|approvals|cases=orphan$))/,
  repeated: /witnesses|the time waited/,
  async prepare(ground, turn) {
    const subject = await ground.live(hostOf(turn));
    return {
      programs: bothPrograms(ground, subject),
      async play() {
        await ground.release(subject);
        return await stoppedOnce(ground, subject);
      },
    };
  },
};

export const held: Scene = {
  name: 'held',
  title: 'a held servo becomes an orphan; the hold is released, and it is stopped',
  own: /cases=orphan/,
  async prepare(ground, turn) {
    const subject = await ground.live(hostOf(turn));
    const { admin } = ground.world;
    const { uid } = subject;
    await admin.call('SetHold', { scope: { uid }, reason: 'crash' });
    return {
      programs: bothPrograms(ground, subject),
      async play() {
        await ground.release(subject);
        await ground.untilServo(subject, 'an orphan', (row) => row.verdict === 'VERDICT_ORPHAN');
        await ground.settled();
        const holdOf = async (): Promise<string | number | undefined> => {
          const { holds = [] } = await admin.call<{
            holds?: { id: string | number; scope?: { uid?: string } }[];
          }>('ListHolds', {});
          return holds.find(({ scope }) => scope?.uid === uid)?.id;
        };
        const wrong = await insist(
          'the hold to be released',
          async () => await admin.call('ReleaseHold', { id: await holdOf(), reason: 'crash' }),
          async () => (await holdOf()) === undefined,
        );
        return [...wrong, ...(await stoppedOnce(ground, subject))];
      },
    };
  },
};

export const restore: Scene = {
  name: 'restore',
  title: 'an operator restores a servo from quarantine',
  own: /start-order|execute|memory|store\.ts:act |recordReceipt/,
  async prepare(ground, turn) {
    const subject = await ground.kept(hostOf(turn));
    subject.own.forgetPort(subject.uid);
    return {
      programs: bothPrograms(ground, subject),
      async play() {
        const { uid } = subject;
        const asked = async (): Promise<boolean> => {
          const row = (await ground.stage.servos()).find((servo) => servo.uid === uid);
          const open = (await ground.orders()).some((o) => o.uid === uid && o.state !== 'ORDER_STATE_CLOSED');
          return open || row?.state === 'SERVO_STATE_RUNNING';
        };
        const wrong = await insist(
          `a restore of ${uid}`,
          () => ground.world.admin.call('RestoreServo', { uid, reason: 'crash' }),
          asked,
        );
        await insist(
          `${uid} to run`,
          () => ground.world.admin.call('RestoreServo', { uid, reason: 'crash' }),
          async () => {
            if (!(await asked())) return false;
            return pidsOf(subject).length > 0 ? true : await Promise.reject(new Error('not yet'));
          },
        );
        wrong.push(...(await backOnce(ground, subject)));
        // Restored servos that nobody claims are orphans for ever, and many of them open breakers.
        ground.world.registry.claim(subject.project, uid, subject.host.id);
        await ground.world.route(uid, { host: subject.host.id, project: subject.project });
        return wrong;
      },
    };
  },
};

export const reclaimed: Scene = {
  name: 'reclaimed',
  title: 'a claim on a quarantined servo appears: it is restored by itself',
  own: /claims|tombstones|releases|openRestores|recordReceipt|start-order|execute|memory/,
  async prepare(ground, turn) {
    const subject = await ground.kept(hostOf(turn));
    const { uid, project, host, own } = subject;
    own.forgetPort(uid);
    return {
      programs: bothPrograms(ground, subject),
      async play() {
        ground.world.registry.claim(project, uid, host.id);
        await ground.world.route(uid, { host: host.id, project });
        const wrong = await backOnce(ground, subject);
        await ground.untilServo(subject, 'live', (row) => row.verdict === 'VERDICT_LIVE');
        return wrong;
      },
    };
  },
};

export const closed: Scene = {
  name: 'closed',
  title:
    'agent and coordinator are killed before an order arrives: it is closed, and another one stops the servo',
  own: /closed|closing|closeOrders|unexecuted|lead\.ts/,
  async prepare(ground, turn) {
    const subject = await ground.live(hostOf(turn));
    const { coordinator } = ground;
    const agent = ground.agent(subject.host.id);
    const trap = ground.trap(coordinator, {
      place: 'state/sqlite/store.ts:openPlan COMMIT *orders=open [order.opened]',
      moment: 'after',
      occurrence: 1,
      deed: 'kill',
    });
    await ground.release(subject);
    if (!(await ground.whileApproving(subject, trap.closed(patienceMs))))
      throw new Error(`no order was opened for ${subject.uid}`);
    await untilEnded(coordinator);
    agent.program()?.child.kill('SIGKILL');
    await untilEnded(agent);
    return {
      programs: { coordinator, agent },
      async play() {
        await coordinator.start().catch(() => undefined);
        await agent.start();
        return await stoppedOnce(ground, subject);
      },
    };
  },
};

export const found: Scene = {
  name: 'found',
  title:
    'the agent was killed between intent and signal: the next start says unknown, and later it is stopped',
  own: /outcome|acked|receipt\.unknown/,
  async prepare(ground, turn) {
    const subject = await ground.live(hostOf(turn));
    const agent = ground.agent(subject.host.id);
    const trap = ground.trap(agent, {
      place: 'act/stop-order.ts:executeStop sync journal intent',
      moment: 'after',
      occurrence: 1,
      deed: 'kill',
    });
    await ground.release(subject);
    if (!(await ground.whileApproving(subject, trap.closed(patienceMs))))
      throw new Error(`${subject.uid} had no intent`);
    await untilEnded(agent);
    return {
      programs: { coordinator: ground.coordinator, agent },
      async play() {
        await agent.start();
        return await stoppedOnce(ground, subject);
      },
    };
  },
};

export const refused: Scene = {
  name: 'refused',
  title: 'a hold file on the host: the agent refuses, and stops the servo once it is lifted',
  own: /outcome|acked|receipt\.refused/,
  async prepare(ground, turn) {
    const subject = await ground.live(hostOf(turn));
    const hold = join(subject.host.setting.dir, 'state', 'holds', subject.uid);
    writeFileSync(hold, 'crash\n', { mode: 0o600 });
    return {
      programs: bothPrograms(ground, subject),
      async play() {
        await ground.release(subject);
        const refused = until('a refusal', patienceMs, async () => {
          const refusals = await ground.stage.audit('receipt.refused', subject.uid).catch(() => []);
          return refusals.length > 0 ? true : undefined;
        });
        await ground.whileApproving(subject, refused);
        rmSync(hold);
        return await stoppedOnce(ground, subject);
      },
    };
  },
};

export const lives: readonly Scene[] = [stop, held, restore, reclaimed, closed, found, refused];
