// The router fails, beside a running coordinator: its last accepted claims stand, what was released is left alone, and it goes
// as soon as the router answers as it should, or an operator accepts what it says.
import t from 'tap';
import { until } from '../../scripts/demo/processes.ts';
import type { Fault } from '../support/front.ts';
import {
  onlyReleased,
  orders,
  patienceMs,
  untilAttention,
  untilLogged,
  untilNoAttention,
  untilRefusedBy,
} from '../support/trouble.ts';
import { aWitnessStage, staysClaimed, witnessRow } from '../support/witness-stage.ts';

t.setTimeout(900_000);
const { stage, front } = await aWitnessStage(t, 8);
const { world } = stage;
const released = ['h1-trial'];

async function release(uid: string): Promise<void> {
  released.push(uid);
  await world.deleteProject(`project-${uid}`);
}

const faults: readonly (readonly [Fault, event: 'witness.failed' | 'witness.waiting', problem: RegExp])[] = [
  ['html', 'witness.failed', /content type text\/html; want application\/json/],
  ['mid-page', 'witness.failed', /broke off|is no JSON/],
  ['repeat', 'witness.failed', /page 2, item \d+: router claims \S+ on h1 twice/],
  ['endless', 'witness.failed', /more than 1000 items; want fewer/],
  ['silent', 'witness.failed', /router.*(was given up|within|longer)/],
  ['empty', 'witness.waiting', /claims/],
];

for (const [i, [fault, event, problem]] of faults.entries())
  t.test(`the router: ${fault}`, async (t) => {
    const uid = `h1-${i + 1}`;
    const seen = event.replace('.', '-');
    front.fault = fault;
    await untilLogged(world.coordinatorLog, event, { witness: 'router', problem });
    await untilAttention(stage, seen, problem);
    await release(uid);
    await staysClaimed(t, stage, uid);
    front.fault = undefined;
    await untilNoAttention(stage, seen);
    await stage.untilStopped(uid);
  });

t.test(
  'an orphan that was ripe before the router broke: the last question is refused, then the snapshot is too old',
  async (t) => {
    const uid = 'h1-7';
    await world.admin.call('SetHold', { scope: { uid }, lastsMs: 8 * 3_600_000 * 24 * 30, reason: 'test' });
    await release(uid);
    await stage.untilServo(uid, 'a held orphan', (row) => row.verdict === 'VERDICT_ORPHAN');
    front.fault = 'html';
    await until('the failure to be seen', patienceMs, async () =>
      (await witnessRow(stage, 'router')).failure === undefined ? undefined : true,
    );
    const { holds } = await world.admin.call<{ holds: readonly { id: string }[] }>('ListHolds', {});
    await world.admin.call('ReleaseHold', { id: holds[0]?.id, reason: 'test' });
    await untilLogged(world.coordinatorLog, 'confirm.refused', { host: 'h1', message: /router/ });
    await untilRefusedBy(stage, uid, 'witness-fresh');
    t.equal((await stage.audit('order.confirmed', uid)).length, 0);
    t.ok(await world.hostOf(uid).answers(uid));
    front.fault = undefined;
    await stage.untilStopped(uid);
  },
);

t.test(
  'another database answers: it waits for as long as nobody accepts it, by the hash of what was seen',
  async (t) => {
    const uid = 'h1-8';
    front.fault = 'other-lineage';
    await untilLogged(world.coordinatorLog, 'witness.waiting', {
      witness: 'router',
      problem: /lineage|database/,
    });
    await release(uid);
    await staysClaimed(t, stage, uid);
    t.equal(await orders(stage, uid), 0);
    const accept = async (hash: string | undefined) =>
      await world.admin.call('AcceptWitness', { witness: 'router', hash, reason: 'moved on purpose' });
    await t.rejects(accept('0123456789abcdef'), /hash|waits/);
    await accept((await witnessRow(stage, 'router')).waiting?.hash);
    await stage.untilStopped(uid);
    t.equal((await witnessRow(stage, 'router')).waiting, undefined);
  },
);

t.test('after all of it nothing else was touched', async (t) => {
  await onlyReleased(t, stage, released);
});
