// The last question, by table: whatever is not plainly right is a No, each for its own reason alone, and costs nothing.
import t, { type Test } from 'tap';
import { yesBytes } from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId } from '@servo-auditor/proto/ids.ts';
import type { ConfirmReply } from '@servo-auditor/proto/wire.ts';
import type { HoldScope } from '../../../coordinator/src/domain/operator.ts';
import type { OpenOrder } from '../../../coordinator/src/domain/order.ts';
import { cell, generation, h1, h2, incarnation, minute, project } from '../../support/build.ts';
import type { LeadSetting } from '../../support/lead.ts';
import { aNonce } from '../../support/raw-agent.ts';
import { aPlan, orderId } from '../../support/store.ts';
import { aScene, condemned, faultyLookup, lives, type Scene } from './scene.ts';

interface Refusal {
  readonly name: string;
  readonly setting?: Partial<LeadSetting>;
  readonly order?: Partial<OpenOrder>;
  /** What is different now; what it returns is how the question is asked. */
  readonly change: (scene: Scene) => unknown;
  readonly ask?: (scene: Scene) => Promise<ConfirmReply>;
  readonly code: string;
  readonly says: RegExp;
}

const nothing = (): void => undefined;
const both = [condemned, ...lives];
const hold = (scope: HoldScope) => async (scene: Scene) =>
  await scene.act({ kind: 'hold.set', scope, untilMs: undefined });

const refusals: readonly Refusal[] = [
  // The question and its order.
  {
    name: 'an order that nobody made',
    change: nothing,
    ask: (s) => s.ask({ orderId: orderId('none') }),
    code: 'unknown-order',
    says: /there is no order o-none/,
  },
  {
    name: 'another host asks',
    change: nothing,
    ask: (s) => s.ask({}, h2),
    code: 'other-host',
    says: /order o-1 is for h1, h2 asked/,
  },
  {
    name: 'a start',
    change: async (s) => {
      const start = { ...s.order, id: orderId('start'), uid: parseId('servo uid', 's9') };
      await s.coordinator.store.openRestores(s.fence(), [{ ...start, action: 'start', rounds: [] }], []);
    },
    ask: (s) => s.ask({ orderId: orderId('start') }),
    code: 'no-question',
    says: /o-start is a start, which needs no yes/,
  },
  {
    name: 'asked under another epoch',
    change: nothing,
    ask: (s) => s.ask({ epoch: parseEpoch(2) }),
    code: 'epoch',
    says: /is of epoch 1, asked under 2; this leadership is 1/,
  },
  {
    name: 'asked in another boot',
    change: nothing,
    ask: (s) => s.ask({ bootId: parseId('boot', 'boot-2') }),
    code: 'boot',
    says: /made for another boot of h1/,
  },
  {
    name: 'an order that is to be closed',
    change: async (s) => await s.coordinator.store.closeOrders(s.fence(), [s.order.id], 'late'),
    code: 'already-asked',
    says: /o-1 is closing/,
  },
  // The host.
  {
    name: 'a host that is not connected',
    order: { host: parseId('host', 'h3') },
    change: nothing,
    ask: (s) => s.ask({}, parseId('host', 'h3')),
    code: 'host',
    says: /h3 has no inventory here/,
  },
  {
    name: 'a host that was booted since',
    change: (s) => s.report(h1, both, parseId('boot', 'boot-2')),
    code: 'boot',
    says: /h1 was booted since/,
  },
  {
    name: 'a host that is no longer fresh',
    change: (s) => s.lead.machine.move(30_001),
    code: 'host',
    says: /h1 last answered 30001 ms ago, more than 30000 ms/,
  },
  {
    name: 'a coordinator that slept',
    change: (s) => s.lead.machine.sleep(30_001),
    code: 'host',
    says: /last answered 30001 ms ago/,
  },
  {
    name: 'a contested host',
    change: (s) => s.coordinator.contest(h1, 'two of them'),
    code: 'host',
    says: /h1 is contested: two of them/,
  },
  {
    name: 'the servo is gone',
    change: (s) => s.report(h1, lives),
    code: 'servo',
    says: /o1 in incarnation o1-i1 is no longer on h1/,
  },
  {
    name: 'the servo was created anew',
    change: (s) => s.report(h1, [{ uid: condemned, incarnation: 'o1-i2' }, ...lives]),
    code: 'servo',
    says: /no longer on h1/,
  },
  {
    name: 'store and runtime disagree about it by now',
    change: (s) => s.report(h1, [{ uid: condemned, contradiction: 'two-uids' }, ...lives]),
    code: 'servo',
    says: /store and runtime of h1 disagree about o1/,
  },
  // The witnesses.
  {
    name: 'the registry claims it by now',
    change: (s) => s.lead.platform.registry.claim('p-new', condemned, h1),
    code: 'claimed',
    says: /registry claims o1 on h1/,
  },
  {
    name: 'the router claims it by now',
    change: (s) => s.lead.platform.router.set({ uid: condemned, host: h1, project: 'p-new' }),
    code: 'claimed',
    says: /router claims o1 on h1/,
  },
  {
    name: 'a claim on another host, where it is not seen',
    change: (s) => s.lead.platform.registry.claim('p-new', condemned, h2),
    code: 'claimed',
    says: /registry claims o1 on h2/,
  },
  {
    name: 'a claim on another host, where it runs, that was not there before',
    change: (s) => {
      s.report(h2, [condemned]);
      s.lead.platform.registry.claim('p-new', condemned, h2);
    },
    code: 'claimed',
    says: /registry claims o1 on h2/,
  },
  {
    name: 'a claim on another host, where it runs, that is not old enough',
    change: async (s) => {
      s.lead.platform.registry.claim('p-new', condemned, h2);
      await s.lead.composed.loop.pass();
      await s.later(59 * minute, { h1: both, h2: [condemned] });
    },
    code: 'claimed',
    says: /registry claims o1 on h2/,
  },
  {
    name: 'an old claim on another host, which was not heard of lately',
    change: async (s) => {
      s.lead.platform.registry.claim('p-new', condemned, h2);
      s.report(h2, [condemned]);
      await s.lead.composed.loop.pass();
      await s.later(61 * minute, { h1: both });
    },
    code: 'claimed',
    says: /registry claims o1 on h2/,
  },
  {
    name: 'a witness whose look-up fails',
    change: (s) => (s.lead.platform.fault = (_path, response) => (response.writeHead(500).end('{}'), true)),
    code: 'witness',
    says: /router cannot tell about o1: .*500/,
  },
  {
    name: 'a witness whose look-up never answers',
    setting: { policy: { witnessLookupMs: 100 } },
    change: (s) => (s.lead.platform.fault = () => true),
    code: 'witness',
    says: /router cannot tell about o1: .*longer than 100 ms/,
  },
  {
    name: 'an authority whose look-up fails for this uid',
    setting: { queries: { lookup: faultyLookup } },
    change: (s) => s.lead.platform.sql(`INSERT INTO fault VALUES ('${condemned}')`),
    code: 'witness',
    says: /registry cannot tell about o1: .*overflow/,
  },
  {
    name: 'a look-up that an older copy answers',
    change: (s) => s.lead.platform.sql('UPDATE registry SET version = 1'),
    code: 'witness|controls',
    says: /version 1 answered; want \d+ or later/,
  },
  {
    name: 'a look-up that another database answers',
    change: (s) => s.lead.platform.sql("UPDATE registry SET lineage = 'other'"),
    code: 'witness|controls',
    says: /lineage "other .* answered; want/,
  },
  {
    name: 'a witness without look-up, and nobody approved',
    setting: { queries: { lookup: undefined } },
    change: nothing,
    code: 'no-lookup',
    says: /registry offers no look-up of a single uid, so o1 needs an approval/,
  },
  {
    name: 'a witness without look-up, approved, whose fresh reading claims it',
    setting: { queries: { lookup: undefined } },
    order: { approved: true },
    change: (s) => s.lead.platform.registry.claim('p-new', condemned, h1),
    code: 'claimed',
    says: /registry claims o1 on h1/,
  },
  {
    name: 'a witness without look-up, approved, that cannot be read',
    setting: { queries: { lookup: undefined } },
    order: { approved: true },
    change: (s) => s.lead.platform.sql('DROP TABLE claim'),
    code: 'witness',
    says: /registry cannot tell about o1/,
  },
  // The controls.
  {
    name: 'a control that the look-up does not call claimed',
    change: (s) =>
      s.lead.platform.sql("UPDATE registry SET version = version + 1; DELETE FROM claim WHERE uid = 's2'"),
    code: 'controls',
    says: /the control s2 on h1 is known to be live, and the look-up does not call it claimed/,
  },
  {
    name: 'an emptied registry',
    change: (s) => s.lead.platform.sql('UPDATE registry SET version = version + 1; DELETE FROM claim'),
    code: 'controls',
    says: /the control s\d on h1 is known to be live/,
  },
  {
    name: 'a control that is claimed on another host only',
    change: (s) => s.lead.platform.sql("UPDATE claim SET host = 'h2' WHERE uid = 's1'"),
    code: 'controls',
    says: /the control s1 on h1/,
  },
  {
    name: 'a control that cannot be looked up',
    setting: { queries: { lookup: faultyLookup } },
    change: (s) => s.lead.platform.sql("INSERT INTO fault VALUES ('s3')"),
    code: 'controls',
    says: /the control s3 could not be looked up: .*overflow/,
  },
  // The operators, after the order was made.
  {
    name: 'a hold on the servo',
    change: hold({ kind: 'servo', uid: condemned }),
    code: 'hold',
    says: /hold 1/,
  },
  { name: 'a hold on the host', change: hold({ kind: 'host', host: h1 }), code: 'hold', says: /hold 1/ },
  {
    name: 'a hold on the generation',
    change: hold({ kind: 'generation', cell, generation }),
    code: 'hold',
    says: /hold 1/,
  },
  { name: 'a hold on the cell', change: hold({ kind: 'cell', cell }), code: 'hold', says: /hold 1/ },
  {
    name: 'a hold on the project that the authority knew',
    order: { project: parseId('project', 'p-authority') },
    change: hold({ kind: 'project', project: parseId('project', 'p-authority') }),
    code: 'hold',
    says: /hold 1/,
  },
  {
    name: 'a hold on the project that the host notes',
    order: { project: parseId('project', 'p-authority') },
    change: hold({ kind: 'project', project }),
    code: 'hold',
    says: /hold 1 on project p1 by ada: because/,
  },
  {
    name: 'a freeze',
    change: (s) => s.act({ kind: 'freeze.set' }),
    code: 'freeze',
    says: /frozen by ada: because/,
  },
  {
    name: 'a mode that was lowered',
    change: (s) => s.act({ kind: 'mode.set', cell, generation, mode: 'observe' }),
    code: 'mode',
    says: /mode observe/,
  },
  {
    name: 'a breaker that opened',
    change: (s) =>
      s.coordinator.store.openPlan(
        s.fence(),
        aPlan([], {
          breakers: [
            { cohort: 'host:h1', message: 'too many', members: [{ uid: condemned, incarnation, host: h1 }] },
          ],
        }),
      ),
    code: 'breaker',
    says: /breaker host:h1 is open/,
  },
];

t.test('each refusal alone', async (t) => {
  for (const { name, setting, order, change, ask, code, says } of refusals)
    await t.test(name, async (t) => {
      const scene = await aScene(t, setting, order);
      await change(scene);
      const reply = await (ask?.(scene) ?? scene.ask());
      t.match(reply, { kind: 'no', no: { code: new RegExp(`^(${code})$`), message: says } });
      t.match(scene.lead.events('confirm.refused'), [
        { level: 'warn', code: new RegExp(code), message: says },
      ]);
      t.strictSame(scene.lead.events('confirm.given'), []);
      await wasNotGiven(t, scene);
    });
});

t.test('a budget that is used up', async (t) => {
  const scene = await aScene(t);
  const before = await scene.open({ id: orderId(2), uid: parseId('servo uid', 's1') });
  const { store } = scene.coordinator;
  const room = new Map(
    ['host:h1', `generation:c1:${generation}`, 'cell:c1', 'fleet'].map((name) => [name, 9]),
  );
  t.match(await store.giveYes(scene.fence(), before.id, { sinceMs: 0, perCohort: room }), { given: true });
  t.match(await scene.ask(), {
    kind: 'no',
    no: { code: 'budget', message: /host:h1 has used 1 of 1 stops per 10 min/ },
  });
  t.equal(await scene.stops(), 1);
  const other = parseId('servo uid', 'o2');
  await scene.later(10 * minute + 1, { h1: [condemned, other, ...lives] });
  t.match(await scene.ask(), { kind: 'no', no: { code: 'already-asked' } }, 'room comes back with time');
  scene.order = await scene.open({ id: orderId(3), uid: other });
  t.match(await scene.ask(), { kind: 'yes' }, 'for another order');
});

t.test('the one yes', async (t) => {
  const scene = await aScene(t);
  const reply = await scene.ask();
  if (reply.kind !== 'yes') throw new Error(reply.no.message);
  const { signature, ...said } = reply.yes;
  t.strictSame(said, {
    orderId: scene.order.id,
    epoch: scene.coordinator.epoch,
    bootId: scene.order.bootId,
    nonce: scene.nonce,
  });
  t.ok(scene.lead.verify(yesBytes(said), signature), 'by the order key, over the nonce that was asked with');
  t.notOk(scene.lead.verify(yesBytes({ ...said, nonce: aNonce() }), signature), 'and over no other');
  t.match(scene.lead.events('confirm.given'), [{ level: 'info', order: scene.order.id, host: 'h1' }]);
  t.equal((await scene.coordinator.store.findOrder(scene.order.id))?.state, 'possible');
  t.equal(await scene.stops(), 1, 'charged');

  for (const nonce of [scene.nonce, aNonce()])
    t.match(await scene.ask({ nonce }), {
      kind: 'no',
      no: { code: 'already-asked', message: /is possible/ },
    });
  t.equal(await scene.stops(), 1, 'once');
});

t.test('of many questions at once one gets a yes', async (t) => {
  const scene = await aScene(t);
  const replies = await Promise.all(Array.from({ length: 8 }, () => scene.ask({ nonce: aNonce() })));
  t.equal(replies.filter((r) => r.kind === 'yes').length, 1);
  t.equal(replies.filter((r) => r.kind === 'no' && r.no.code === 'already-asked').length, 7);
  t.equal(await scene.stops(), 1);
});

t.test('an order that got a no is void: later the witness may answer right again', async (t) => {
  const scene = await aScene(t, { queries: { lookup: faultyLookup } });
  scene.lead.platform.sql("INSERT INTO fault VALUES ('s1')");
  t.match(await scene.ask(), { kind: 'no', no: { code: 'controls', message: /s1 could not be looked up/ } });
  scene.lead.platform.sql('DELETE FROM fault');
  t.match(await scene.ask(), { kind: 'no', no: { code: 'already-asked', message: /order o-1 is void/ } });
  t.equal(await scene.stops(), 0);
  const other = parseId('servo uid', 'o2');
  scene.report(h1, [condemned, other, ...lives]);
  scene.order = await scene.open({ id: orderId('2'), uid: other });
  t.match(await scene.ask(), { kind: 'yes' }, 'another order is asked about by itself');
});

t.test('a question that is wrong in itself voids nothing', async (t) => {
  const scene = await aScene(t);
  t.match(await scene.ask({}, h2), { kind: 'no', no: { code: 'other-host' } });
  t.match(await scene.ask({ epoch: parseEpoch(2) }), { kind: 'no', no: { code: 'epoch' } });
  t.match(await scene.ask(), { kind: 'yes' });
});

t.test('a coordinator that was deposed says no', async (t) => {
  const scene = await aScene(t);
  await scene.coordinator.store.lead(parseId('coordinator', 'k2'), 0);
  const reply = await scene.ask();
  t.match(reply, { kind: 'no', no: { code: 'failed' } });
});

t.test('hard state that fails is a no', async (t) => {
  const scene = await aScene(t);
  await scene.coordinator.store.close();
  t.match(await scene.ask(), { kind: 'no', no: { code: 'failed' } });
});

t.test('what looks alike, and is none of a refusal’s business', async (t) => {
  await t.test('a hold that has expired, and one on something else', async (t) => {
    const scene = await aScene(t);
    const soon = scene.coordinator.clock.now().waitMs + 1000;
    await scene.act({ kind: 'hold.set', scope: { kind: 'project', project }, untilMs: soon });
    await hold({ kind: 'host', host: h2 })(scene);
    await scene.later(1000, { h1: both });
    t.match(await scene.ask(), { kind: 'yes' });
  });
  await t.test('a host that answered just within the limit', async (t) => {
    const scene = await aScene(t);
    scene.lead.machine.move(30_000);
    t.match(await scene.ask(), { kind: 'yes' });
  });
  await t.test('a claim on another host that is old, where it is seen running', async (t) => {
    const scene = await aScene(t);
    scene.lead.platform.registry.claim('p-new', condemned, h2);
    scene.report(h2, [condemned]);
    await scene.lead.composed.loop.pass();
    await scene.later(60 * minute + 1, { h1: both, h2: [condemned] });
    t.match(await scene.ask(), { kind: 'yes' });
  });
  await t.test('a witness without look-up, and an approval', async (t) => {
    const scene = await aScene(t, { queries: { lookup: undefined } }, { approved: true });
    t.match(await scene.ask(), { kind: 'yes' });
  });
});

/** Nothing was charged or marked. */
async function wasNotGiven(t: Test, scene: Scene): Promise<void> {
  const { store } = scene.coordinator;
  t.equal((await store.readAudit(0, 1000)).filter((e) => e.event === 'order.confirmed').length, 0);
  const state = (await store.findOrder(scene.order.id))?.state;
  t.ok(state === 'open' || state === 'closing', `the order is ${state}`);
  const stops = (await store.readOperatorState(scene.fence())).charges.filter((c) => c.action === 'stop');
  t.strictSame(stops, [], 'nothing was charged');
}
