// An order's way to its agent and back: delivered again until it is receipted, closed when its life is over, and never chosen anew.
// Hard state is real; the agent's end of the session is a list of what it was told.
import t, { type Test } from 'tap';
import { closeBytes, orderBytes } from '@servo-auditor/proto/canonical.ts';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import type { CoordinatorMessage, Receipt, SignedOrder } from '@servo-auditor/proto/wire.ts';
import type { OpenOrder } from '../../../coordinator/src/domain/order.ts';
import type { Line } from '../../../coordinator/src/session/sessions.ts';
import { bootId, cell, digest, generation, h1, h2, minute, policy } from '../../support/build.ts';
import { aLead, type Lead } from '../../support/lead.ts';
import { aNonce, mark } from '../../support/raw-agent.ts';
import { aPlan, limits, order as orderOf, orderId } from '../../support/store.ts';

const second = 1000;

interface Agent extends Line {
  agentNonce: Line['agentNonce'];
  readonly told: CoordinatorMessage[];
}

function agent(host: HostId = h1): Agent {
  const told: CoordinatorMessage[] = [];
  return {
    host,
    agentNonce: aNonce(),
    told,
    send: (message) => void told.push(message),
    ask: () => undefined,
    end: () => undefined,
  };
}

const kinds = (a: Agent): readonly string[] => a.told.splice(0).map((m) => m.kind);

class Scene {
  readonly lead: Lead;

  constructor(lead: Lead) {
    this.lead = lead;
  }

  get c() {
    return this.lead.coordinator;
  }

  connect(a: Agent): Agent {
    this.c.sessions.add(a);
    this.c.dispatch.redeliver(a.host);
    return a;
  }

  async open(more: Partial<OpenOrder> = {}): Promise<OpenOrder> {
    const order = orderOf({ epoch: this.c.epoch }, 1, { host: h1, ...more });
    this.c.noteDecision(await this.c.store.openPlan(this.c.fence(), aPlan([order])));
    return order;
  }

  /** What a pass does at its end. */
  async tend(): Promise<void> {
    await this.c.dispatch.tend();
  }

  async state(id = orderId(1)): Promise<string | undefined> {
    return (await this.c.store.findOrder(id))?.state;
  }

  receipt(outcome: Receipt['outcome'], id = orderId(1)): Receipt {
    return { orderId: id, outcome, code: 'done', message: 'as told', journal: mark(2) };
  }
}

async function aScene(t: Test): Promise<Scene> {
  const lead = await aLead(t);
  const { fleet, epoch, clock } = lead.coordinator;
  const readerVersion = parseId('reader version', 'a'.repeat(64));
  fleet.connect({ host: h1, cell, generation, readerVersion, bootId, epoch }, clock.now());
  return new Scene(lead);
}

t.test('an order is complete, and signed', async (t) => {
  const scene = await aScene(t);
  const a = scene.connect(agent());
  scene.c.fleet.acknowledge(h1, [{ path: '/srv/a.json', contentSha256: digest }]);
  const order = await scene.open();
  t.strictSame(a.told, [], 'nothing leaves before it is sent');
  scene.c.dispatch.send([order]);
  const [message] = a.told;
  if (message?.kind !== 'order') throw new Error(String(message?.kind));
  const { signature, ...said } = message.order;
  t.match(said, {
    id: order.id,
    installation: scene.c.installation,
    host: h1,
    epoch: scene.c.epoch,
    decision: scene.c.decision(),
    action: 'stop',
    uid: order.uid,
    incarnation: order.incarnation,
    identity: order.identity,
    agentNonce: a.agentNonce,
    livesMs: policy.orderLivesMs,
    acknowledged: [{ path: '/srv/a.json', contentSha256: digest }],
    reason: order.reason,
  });
  t.ok(scene.lead.verify(orderBytes(said), signature));
  t.ok(said.decision.version > 0, 'the decision that made it, at least');
});

t.test('only its own host gets it', async (t) => {
  const scene = await aScene(t);
  const other = scene.connect(agent(h2));
  scene.c.dispatch.send([await scene.open()]);
  scene.connect(agent(h2));
  await scene.tend();
  t.strictSame(kinds(other), []);
});

t.test(
  'it is delivered again, in a new session and with each pass, with what is left of its life',
  async (t) => {
    const scene = await aScene(t);
    const first = scene.connect(agent());
    scene.c.dispatch.send([await scene.open()]);
    t.equal(livesOf(first), 120 * second);
    scene.lead.machine.move(30 * second);
    const next = scene.connect(agent());
    t.equal(livesOf(next), 90 * second, 'by the coordinator’s clock');
    t.equal(orderIn(next).agentNonce, next.agentNonce, 'over the nonce of this session');
    next.told.length = 0;
    scene.lead.machine.sleep(30 * second);
    await scene.tend();
    t.equal(livesOf(next), 60 * second, 'time asleep counts');
    t.strictSame(kinds(first).slice(1), [], 'the session of before is not spoken to');
  },
);

t.test('before its first report a session has no nonce to age an order by', async (t) => {
  const scene = await aScene(t);
  scene.c.dispatch.send([await scene.open()]);
  const a = agent();
  a.agentNonce = undefined;
  scene.connect(a);
  await scene.tend();
  t.strictSame(kinds(a), []);
  a.agentNonce = aNonce();
  await scene.tend();
  t.strictSame(kinds(a), ['order'], 'with the next pass');
});

t.test('past its life it is closed, for good, until the receipt comes', async (t) => {
  const scene = await aScene(t);
  const a = scene.connect(agent());
  scene.c.dispatch.send([await scene.open()]);
  a.told.length = 0;
  scene.lead.machine.move(policy.orderLivesMs - second + 1);
  await scene.tend();
  t.strictSame(kinds(a), ['closeOrder'], 'no agent could finish it in less than a second');
  t.equal(await scene.state(), 'open', 'and yet it is not over');
  scene.lead.machine.move(second);
  await scene.tend();
  t.equal(await scene.state(), 'closing');
  const [message] = a.told;
  if (message?.kind !== 'closeOrder') throw new Error(String(message?.kind));
  const { signature, ...said } = message.close;
  t.strictSame(said, { id: orderId(1), installation: scene.c.installation, host: h1, epoch: scene.c.epoch });
  t.ok(scene.lead.verify(closeBytes(said), signature));
  a.told.length = 0;
  await scene.tend();
  t.strictSame(kinds(a), ['closeOrder'], 'asked again with each pass');
  t.strictSame(kinds(scene.connect(agent())), ['closeOrder'], 'and in each session');
  t.equal(await scene.c.dispatch.takeReceipt(h1, scene.receipt('unexecuted')), true);
  t.equal(await scene.state(), 'closed');
  await scene.tend();
  t.strictSame(kinds(a), [], 'over');
});

t.test('an order of an earlier leadership is only to be closed', async (t) => {
  const scene = await aScene(t);
  const order = await scene.open();
  // Of another leadership, or of this one before it forgot: in hard state, and nobody knows when it was made.
  const a = scene.connect(agent());
  await scene.tend();
  t.strictSame(kinds(a), ['closeOrder']);
  t.equal(await scene.state(order.id), 'closing');
});

t.test('an order that has its yes is left alone within its life', async (t) => {
  const scene = await aScene(t);
  const a = scene.connect(agent());
  const order = await scene.open();
  scene.c.dispatch.send([order]);

  await possible(scene, order);
  a.told.length = 0;
  await scene.tend();
  t.strictSame(kinds(a), [], 'the agent is at it');
  t.strictSame(
    kinds(scene.connect(agent())),
    ['closeOrder'],
    'an agent in a new session has lost the yes: it is asked what became of it',
  );
  const again = scene.connect(agent());
  again.told.length = 0;
  scene.lead.machine.move(policy.orderLivesMs);
  await scene.tend();
  t.strictSame(kinds(again), ['closeOrder'], 'past its life it is asked for');
  t.equal(await scene.state(), 'possible', 'and stays possibly executed until it is receipted');
  t.equal(await scene.c.dispatch.takeReceipt(h1, scene.receipt('executed')), true);
  t.equal(await scene.state(), 'closed');
});

t.test('an agent that came anew while the yes was on its way is asked what became of it', async (t) => {
  const scene = await aScene(t);
  scene.connect(agent());
  const order = await scene.open();
  scene.c.dispatch.send([order]);
  const anew = agent();
  anew.agentNonce = undefined;
  t.strictSame(kinds(scene.connect(anew)), [], 'it has not reported yet');
  await possible(scene, order);
  anew.agentNonce = aNonce();
  await scene.tend();
  t.strictSame(kinds(anew), ['closeOrder']);
});

t.test('a receipt that is durable is not asked for again', async (t) => {
  const scene = await aScene(t);
  const a = scene.connect(agent());
  scene.c.dispatch.send([await scene.open()]);
  a.told.length = 0;
  t.equal(await scene.c.dispatch.takeReceipt(h1, scene.receipt('refused')), true);
  t.match(scene.lead.events('receipt.refused'), [{ level: 'info', order: 'o-1', host: 'h1', code: 'done' }]);
  scene.connect(agent());
  await scene.tend();
  t.strictSame(kinds(a), []);
  t.equal(
    await scene.c.dispatch.takeReceipt(h1, scene.receipt('refused')),
    true,
    'a second one is known too',
  );
});

t.test('a receipt of an order that nobody knows stays with its host', async (t) => {
  const scene = await aScene(t);
  t.equal(await scene.c.dispatch.takeReceipt(h1, scene.receipt('executed', orderId('lost'))), false);
  t.match(scene.lead.events('receipt.unknown'), [
    { level: 'error', order: 'o-lost', host: 'h1', outcome: 'executed', message: /restored from a backup/ },
  ]);
});

t.test('a receipt from another host than the order’s is not taken', async (t) => {
  const scene = await aScene(t);
  scene.c.dispatch.send([await scene.open()]);
  const taken = await scene.c.dispatch.takeReceipt(h2, scene.receipt('executed')).catch(() => false);
  t.equal(taken, false);
  t.equal(await scene.state(), 'open');
});

async function possible({ c }: Scene, order: OpenOrder): Promise<void> {
  await c.store.openPlan(
    c.fence(),
    aPlan([], {
      tracks: [
        {
          cell,
          generation,
          readerVersion: order.readerVersion,
          since: 0,
          message: '',
          mappingHash: 'm',
          certified: 'enforce',
          confirmedOrphan: undefined,
        },
      ],
    }),
  );
  await c.store.act(c.fence(), 'ada' as never, 'x', { kind: 'mode.set', cell, generation, mode: 'enforce' });
  const answer = await c.store.giveYes(c.fence(), order.id, limits(order, 10, -10 * minute));
  if (!answer.given) throw new Error(answer.message);
}

function orderIn(a: Agent): SignedOrder {
  const message = a.told.at(-1);
  if (message?.kind !== 'order') throw new Error(String(message?.kind));
  return message.order;
}

function livesOf(a: Agent): number {
  return orderIn(a).livesMs;
}

t.test('an order that is sent while hard state is being read is not forgotten', async (t) => {
  const scene = await aScene(t);
  const host = scene.connect(agent());
  const tending = scene.tend();
  const opening = scene.open();
  scene.c.dispatch.send([orderOf({ epoch: scene.c.epoch }, 1, { host: h1 })]);
  await Promise.all([tending, opening]);
  kinds(host);
  scene.c.dispatch.redeliver(h1);
  t.strictSame(kinds(host), ['order']);
});
