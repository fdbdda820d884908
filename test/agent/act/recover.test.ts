// Killed at any point: no second stop, no lost receipt, no order that hangs.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { realDisk } from '../../../agent/src/act/disk.ts';
import { closeFor, dyingDisk, enrol, hand, orderFor, uid, World } from '../support/hand.ts';

/** Writes and syncs of one executed stop, from the first line to the acknowledged receipt. */
const changesOfOneStop = 2 * 4;

for (let after = 0; after <= changesOfOneStop; after++)
  t.test(`a process that dies at change ${after} of its journal`, async (t) => {
    const world = new World();
    enrol(hand(world));
    const order = orderFor(world, { decision: { version: 9, hash: orderFor(world).decision.hash } });
    const dying = hand(world, dyingDisk(after));
    dying.executor.takeOrder(order);
    await dying.executor.idle();
    try {
      dying.executor.takeAck(order.id);
    } catch {
      // Dead.
    }
    const signalsBefore = world.signals;
    const next = hand(world);
    await next.executor.idle();
    if (signalsBefore > 0) {
      t.ok(next.journal.view.order(order.id), 'an act had its intent on disk');
      t.ok(next.journal.view.keptServo(uid), 'and can be undone');
    }
    // The coordinator closes what got no receipt, after a yes, and redelivers what got none before.
    next.executor.sendReceipts();
    if (world.questions.length > 0) next.executor.takeClose(closeFor(order.id));
    else next.executor.takeOrder(order);
    await next.executor.idle();
    const record = next.journal.view.order(order.id);
    t.ok(record?.acked === true || next.receipts.length > 0, 'there is a receipt');
    t.equal(world.signals <= 1, true, 'never a second stop');
    const outcome = record?.result?.outcome;
    t.equal(outcome === 'executed', world.signals === 1, `${outcome} with ${world.signals} signals`);
    t.equal(world.runs, world.signals === 0);
    t.equal(next.journal.damage, undefined);
  });

t.test('an intent without an outcome', async (t) => {
  const begin = async () => {
    const world = new World();
    const h = hand(world);
    enrol(h);
    const { servo, launch } = world.facts();
    if (launch === undefined) throw new Error('no launch');
    const intent = {
      order: parseId('order', 'o-1'),
      local: false,
      action: 'stop',
      uid,
      incarnation: servo.incarnation,
      runtimeId: servo.runtimeId,
      launch,
      listens: [],
    } as const;
    h.journal.append({ kind: 'intent', intent }, world.ms);
    return { world, intent };
  };
  t.test('of a servo that is gone was executed', async (t) => {
    const { world } = await begin();
    world.runs = false;
    const h = hand(world);
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'executed', code: 'recovered' }]);
    t.match(h.journal.view.keptServo(uid), { certain: true });
  });
  t.test('of a servo that runs is unknown, charged, and never executed again', async (t) => {
    const { world } = await begin();
    const h = hand(world);
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'unknown', code: 'interrupted' }]);
    t.equal(h.journal.view.stopsMs.length, 1);
    h.executor.takeOrder(orderFor(world));
    await h.executor.idle();
    t.equal(world.signals, 0);
  });
  t.test('of which nobody can tell whether it runs is unknown: silence is not absence', async (t) => {
    const { world } = await begin();
    world.runs = false;
    world.tells = false;
    const h = hand(world);
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'unknown', code: 'interrupted', message: /cannot be told/ }]);
    t.match(h.journal.view.keptServo(uid), { certain: false });
  });
  t.test('of a servo that somebody started anew is unknown', async (t) => {
    const { world } = await begin();
    world.pid++;
    const h = hand(world);
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'unknown' }]);
  });
  t.test('is not closed by a close request: its own receipt comes', async (t) => {
    const { world } = await begin();
    world.runs = false;
    const h = hand(world);
    h.executor.takeClose(closeFor(parseId('order', 'o-1')));
    t.strictSame(h.receipts, []);
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'executed' }]);
  });
  t.test('to start a servo: executed where it runs, else unknown and still kept', async (t) => {
    for (const runs of [true, false]) {
      const { world, intent } = await begin();
      world.runs = false;
      const first = hand(world);
      await first.executor.idle();
      first.journal.append(
        { kind: 'intent', intent: { ...intent, order: parseId('order', 'o-2'), action: 'start' } },
        world.ms,
      );
      world.runs = runs;
      const h = hand(world);
      await h.executor.idle();
      t.match(h.receipts, [{ orderId: 'o-2', outcome: runs ? 'executed' : 'unknown' }]);
      t.equal(h.journal.view.keptServo(uid) === undefined, runs);
      t.equal(world.starts, 0);
    }
  });
});

t.test('a question that was out when the process died is never answered to the next one', async (t) => {
  const world = new World();
  const h = hand(world);
  enrol(h);
  const asked = new Promise<void>((resolve) => {
    world.answer = () => {
      resolve();
      return new Promise(() => undefined);
    };
  });
  h.executor.takeOrder(orderFor(world));
  await asked;
  const next = hand(world, realDisk);
  world.answer = () => Promise.resolve({ kind: 'no', no: { code: 'already-asked', message: 'm' } });
  next.executor.takeOrder(orderFor(world));
  await next.executor.idle();
  t.match(next.receipts, [{ outcome: 'refused', code: 'confirm-no' }]);
  t.equal(world.signals, 0);
});
