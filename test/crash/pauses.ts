// Programs that are stopped (SIGSTOP) at a write, and go on when what they were about to do is too late: a yes that is stale, an
// order that has expired, a lead that another coordinator has taken.
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { maxYesAgeMs } from '../../agent/src/judge/yes.ts';
import { issueCoordinator } from '../../coordinator/src/pki.ts';
import type { Admin } from '../../scripts/demo/admin.ts';
import { until } from '../../scripts/demo/processes.ts';
import {
  orderLivesMs,
  patienceMs,
  untilEnded,
  waitsForApproval,
  type Ground,
  type Subject,
  type Trapped,
} from './ground.ts';
import { sharedFile, type Moment } from './hooks/trap.ts';
import { pidsOf } from './running.ts';
import { Alone } from './scenes/alone.ts';
import type { ServoRow } from '../support/stage.ts';
import { stoppedOnce } from './scenes/lives.ts';

export interface Pause {
  readonly name: string;
  readonly title: string;
  /** Resolves with what is wrong: nothing, if all is well. */
  readonly play: (ground: Ground, turn: number) => Promise<readonly string[]>;
}

/** Longer than any yes or order lives, by the machine's own haste. */
const laterMs = 500;
const intent = 'act/stop-order.ts:executeStop';
const sqlite = 'state/sqlite';

interface Place {
  readonly place: string;
  readonly moment: Moment;
  readonly occurrence?: number;
}

/** Releases a servo, and waits until the program has been stopped there. */
async function stopAt(ground: Ground, subject: Subject, trapped: Trapped, where: Place): Promise<void> {
  const trap = ground.trap(trapped, { occurrence: 1, ...where, deed: 'pause' });
  await ground.release(subject);
  if (await ground.whileApproving(subject, trap.closed(patienceMs))) return;
  trap.clear();
  throw new Error(`the ${trapped.name} did not come to ${where.place}`);
}

function goOn({ program }: Trapped): void {
  program()?.child.kill('SIGCONT');
}

/** What is too late when the program goes on: the yes that an order had got, or the order before it was asked about. */
type Lapse = 'yes' | 'order' | 'nothing';

function lapsed(ground: Ground, { uid }: Subject, what: Lapse): readonly string[] {
  if (what === 'nothing') return [];
  const [first] = ground.ledger.ordersOf(uid).filter(({ yeses }) => what === 'order' || yeses > 0);
  return first?.receipts[0]?.outcome === 'executed'
    ? [`${first.order} was executed after its ${what} had lapsed`]
    : [];
}

function agentPause(name: string, title: string, where: Place, forMs: number, lapses: Lapse): Pause {
  return {
    name,
    title,
    async play(ground) {
      const subject = await ground.live('h1');
      const agent = ground.agent('h1');
      await stopAt(ground, subject, agent, where);
      await sleep(forMs);
      const wrong: string[] = [];
      if (lapses !== 'nothing' && pidsOf(subject).length !== 1)
        wrong.push(`${subject.uid} was stopped while its agent slept`);
      goOn(agent);
      wrong.push(...(await stoppedOnce(ground, subject)));
      return [...wrong, ...lapsed(ground, subject, lapses)];
    },
  };
}

function coordinatorPause(name: string, title: string, where: Place, lapses: Lapse): Pause {
  return {
    name,
    title,
    async play(ground, turn) {
      const subject = await ground.live('h2');
      const { coordinator } = ground;
      await stopAt(ground, subject, coordinator, where);
      const began = performance.now();
      const wrong = [...(await refusedMeanwhile(ground, turn))];
      await sleep(Math.max(0, orderLivesMs + laterMs - (performance.now() - began)));
      goOn(coordinator);
      wrong.push(...(await stoppedOnce(ground, subject)));
      return [...wrong, ...lapsed(ground, subject, lapses)];
    },
  };
}

/** A second coordinator over the state of one that only sleeps does not start, and says why. */
async function refusedMeanwhile(ground: Ground, turn: number): Promise<readonly string[]> {
  const second = new Alone(ground, turn, { state: join(ground.world.dir, 'state.db') });
  const started = await second.trapped.start().then(
    () => true,
    () => false,
  );
  if (started) second.trapped.program()?.child.kill('SIGKILL');
  await untilEnded(second.trapped);
  const said = readFileSync(second.log, 'utf8');
  return started || !said.includes('in use by another process')
    ? [`a second coordinator was not refused: ${said.slice(-200)}`]
    : [];
}

function takeover(name: string, where: Place): Pause {
  return {
    name,
    title: 'another coordinator takes the lead meanwhile, and does all of it: the one that wakes is fenced',
    async play(ground, turn) {
      const { world, coordinator } = ground;
      const shared = sharedFile(world.coordinatorConfig);
      writeFileSync(shared, '');
      await restart(coordinator);
      await ground.settled();
      const subject = await ground.live('h1');
      await stopAt(ground, subject, coordinator, where);
      const second = await secondOf(ground, turn);
      await second.trapped.start();
      const admin = second.admin();
      const wrong: string[] = [];
      try {
        await callAt(ground, second.port);
        await untilQuarantined(ground, admin, subject);
        goOn(coordinator);
        await untilEnded(coordinator);
        const { exitCode } = world.coordinator.child;
        if (exitCode !== 1) wrong.push(`the deposed coordinator ended with ${exitCode}`);
        if (!readFileSync(world.coordinatorLog, 'utf8').includes('leads under epoch'))
          wrong.push('the deposed coordinator does not say why it ended');
        wrong.push(...(await wroteAfterwards(admin)));
      } finally {
        admin.close();
        second.trapped.program()?.child.kill('SIGTERM');
        await untilEnded(second.trapped);
        rmSync(shared, { force: true });
      }
      await coordinator.start();
      await callAt(ground);
      return [...wrong, ...(await stoppedOnce(ground, subject))];
    },
  };
}

async function restart(trapped: Trapped): Promise<void> {
  trapped.program()?.child.kill('SIGTERM');
  await untilEnded(trapped);
  await trapped.start();
}

async function secondOf(ground: Ground, turn: number): Promise<Alone> {
  const { dir } = ground.world;
  const id = `coordinator-of-${turn}`;
  const tls = await issueCoordinator(join(dir, 'pki'), parseId('coordinator', id), [
    'localhost',
    '127.0.0.1',
  ]);
  const second = new Alone(ground, turn, { id, tls, state: join(dir, 'state.db') });
  writeFileSync(sharedFile(second.trapped.configFile), '');
  return second;
}

/** Kills all agents, and starts them for the coordinator at this port. Absent: the world's own. */
async function callAt({ world }: Ground, port?: number): Promise<void> {
  for (const host of world.hosts.values()) {
    host.agent?.child.kill('SIGKILL');
    await host.agent?.ended;
    host.startAgent(port === undefined ? world.leader : { ...world.leader, address: `localhost:${port}` });
  }
}

/** The one that sleeps may not have written yet what it had seen: what that caps, an operator approves. */
async function untilQuarantined(ground: Ground, admin: Admin, subject: Subject): Promise<void> {
  await until(`${subject.uid} to be stopped by the other coordinator`, patienceMs, async () => {
    const { servos = [] } = await admin
      .call<{ servos?: readonly ServoRow[] }>('ListServos', { all: true, pageSize: 1000 })
      .catch(() => ({ servos: [] }));
    const row = servos.find(({ uid }) => uid === subject.uid);
    if (row?.state === 'SERVO_STATE_QUARANTINED') return true;
    if (row !== undefined && waitsForApproval(row)) await ground.approve(subject, admin);
    return undefined;
  });
}

/** Whatever stands in the chain behind the last change of leader by somebody else than that leader, or an operator. */
async function wroteAfterwards(admin: Admin): Promise<readonly string[]> {
  const entries = await admin.stream<{ event: string; by: string }>('ExportAudit', { afterVersion: 0 });
  const took = entries.findLastIndex(({ event }) => event === 'leader.took');
  const leader = entries[took]?.by;
  return entries
    .slice(took)
    .filter(({ by }) => by.startsWith('coordinator:') && by !== leader)
    .map(({ event, by }) => `${by} wrote ${event} after ${leader} had taken the lead`);
}

const yesMs = maxYesAgeMs + laterMs;
const orderMs = orderLivesMs + laterMs;

export const pauses: readonly Pause[] = [
  agentPause(
    'agent-intent',
    'the agent has its yes, and sleeps before its intent',
    { place: `${intent} write journal intent`, moment: 'before' },
    yesMs,
    'yes',
  ),
  agentPause(
    'agent-sync',
    'the agent sleeps before its intent is durable',
    { place: `${intent} sync journal intent`, moment: 'before' },
    yesMs,
    'yes',
  ),
  agentPause(
    'agent-act',
    'the agent sleeps between its intent and the signal',
    { place: `${intent} sync journal intent`, moment: 'after' },
    yesMs,
    'yes',
  ),
  agentPause(
    'agent-order',
    'the agent sleeps with an order until that has expired',
    { place: 'act/memory.ts:keep write journal seen', moment: 'before' },
    orderMs,
    'order',
  ),
  agentPause(
    'agent-outcome',
    'the agent has acted, and sleeps before it writes so',
    { place: 'act/execute.ts: write journal outcome', moment: 'before' },
    orderMs,
    'nothing',
  ),
  coordinatorPause(
    'release',
    'the coordinator sleeps before it writes a release',
    { place: `${sqlite}/fold.ts:writeSteps COMMIT releases`, moment: 'before' },
    'nothing',
  ),
  coordinatorPause(
    'order',
    'the coordinator sleeps before it writes an order',
    {
      place: `${sqlite}/store.ts:openPlan COMMIT *orders=open [order.opened]`,
      moment: 'before',
    },
    'nothing',
  ),
  coordinatorPause(
    'order-sent',
    'the coordinator sleeps with an order that it has written',
    { place: `${sqlite}/store.ts:openPlan COMMIT *orders=open [order.opened]`, moment: 'after' },
    'nothing',
  ),
  coordinatorPause(
    'yes',
    'the coordinator sleeps before it writes its yes',
    { place: `${sqlite}/store.ts:giveYes COMMIT charges,orders [order.confirmed]`, moment: 'before' },
    'yes',
  ),
  coordinatorPause(
    'yes-sent',
    'the coordinator sleeps with a yes that it has written',
    { place: `${sqlite}/store.ts:giveYes COMMIT charges,orders [order.confirmed]`, moment: 'after' },
    'yes',
  ),
  coordinatorPause(
    'receipt',
    'the coordinator sleeps before it writes a receipt',
    {
      place: `${sqlite}/store.ts:recordReceipt COMMIT cases=quarantined,orders [receipt.executed]`,
      moment: 'before',
    },
    'nothing',
  ),
  coordinatorPause(
    'receipt-acked',
    'the coordinator sleeps with a receipt that it has written',
    {
      place: `${sqlite}/store.ts:recordReceipt COMMIT cases=quarantined,orders [receipt.executed]`,
      moment: 'after',
    },
    'nothing',
  ),
  takeover('deposed-claims', { place: `${sqlite}/snapshot.ts:inSlices BEGIN`, moment: 'before' }),
  takeover('deposed-release', { place: `${sqlite}/fold.ts:writeSteps BEGIN`, moment: 'before' }),
  ...[1, 2, 3, 4].map((n) =>
    takeover(`deposed-plan-${n}`, {
      place: `${sqlite}/store.ts:openPlan BEGIN`,
      moment: 'before',
      occurrence: n,
    }),
  ),
  takeover('deposed-yes', { place: `${sqlite}/store.ts:giveYes BEGIN`, moment: 'before' }),
  takeover('deposed-receipt', { place: `${sqlite}/store.ts:recordReceipt BEGIN`, moment: 'before' }),
];

export function pauseNamed(name: string): Pause {
  const pause = pauses.find((p) => p.name === name);
  if (pause === undefined)
    throw new Error(`no pause ${name}; there are ${pauses.map((p) => p.name).join(', ')}`);
  return pause;
}
