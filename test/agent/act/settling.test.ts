// What would bring a servo back is taken away before its stop and given back whenever the stop is not completed, also by the
// next process, and also where the engine takes it only later.
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { enrol, hand, orderFor, uid, World, type Hand } from '../support/hand.ts';

/** A servo that its runtime keeps whole. */
function kept(): { world: World; h: Hand } {
  const world = new World();
  world.launch = { by: 'runtime', runtimeId: parseId('runtime id', 'c-1'), before: { policy: 'always' } };
  const h = hand(world);
  enrol(h);
  return { world, h };
}

/** Lets the executor do what is due. */
async function tend({ executor }: Hand): Promise<void> {
  executor.tend();
  await executor.idle();
}

t.test('taken away before the signal, and left away after a stop', async (t) => {
  const { world, h } = kept();
  const signalsWhenTaken: number[] = [];
  world.unsettled = () => void signalsWhenTaken.push(world.signals);
  h.executor.takeOrder(orderFor(world));
  await h.executor.idle();
  t.match(h.receipts, [{ outcome: 'executed' }]);
  t.strictSame(world.settled, ['kept']);
  t.strictSame(signalsWhenTaken, [0]);
  t.match(
    h.journal.view.keptServo(uid)?.intent.launch,
    { before: { policy: 'always' } },
    'the journal has it',
  );
});

t.test('where it cannot be taken away nothing is stopped, and the receipt says why', async (t) => {
  const { world, h } = kept();
  world.unsettled = (state) => (state === 'kept' ? 'the engine does not answer' : undefined);
  h.executor.takeOrder(orderFor(world));
  await h.executor.idle();
  t.match(h.receipts, [
    { outcome: 'refused', code: 'not-settled', message: 'nothing was stopped: the engine does not answer' },
  ]);
  t.equal(world.signals, 0);
  t.strictSame(world.settled, ['kept', 'running']);
});

t.test('given back when the stop is refused, or does not do it', async (t) => {
  for (const kind of ['refused', 'survived'] as const) {
    const { world, h } = kept();
    world.stopping = () => ({ kind, code: 'gone', message: 'm' });
    h.executor.takeOrder(orderFor(world));
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: kind === 'refused' ? 'refused' : 'unknown' }]);
    t.strictSame(world.settled, ['kept', 'running'], kind);
  }
});

t.test('a yes that grew stale meanwhile is no yes, and it is given back', async (t) => {
  const { world, h } = kept();
  world.unsettled = (state) => {
    // The engine took its time.
    if (state === 'kept') world.ms += 60_000;
    return undefined;
  };
  h.executor.takeOrder(orderFor(world));
  await h.executor.idle();
  t.match(h.receipts, [{ outcome: 'refused' }]);
  t.equal(world.signals, 0);
  t.strictSame(world.settled, ['kept', 'running']);
});

t.test(
  'where it cannot be given back the servo stays in the journal, until the engine takes it',
  async (t) => {
    const { world, h } = kept();
    world.stopping = () => ({ kind: 'refused', code: 'gone', message: 'm' });
    world.unsettled = (state) => (state === 'running' ? 'no engine' : undefined);
    h.executor.takeOrder(orderFor(world));
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'unknown', message: 'm; and no engine, which is tried again' }]);
    t.match(h.journal.view.keptServo(uid), { certain: false });
    await tend(h);
    await tend(h);
    t.strictSame(world.settled, ['kept', 'running', 'running', 'running'], 'again and again');
    world.unsettled = () => undefined;
    await tend(h);
    const asked = world.settled.length;
    await tend(h);
    t.equal(world.settled.length, asked, 'and not once it is so');
  },
);

t.test(
  'the next process makes sure of it: kept for what is stopped, given back for what was not',
  async (t) => {
    for (const runs of [false, true]) {
      const { world, h } = kept();
      if (runs) world.stopping = () => ({ kind: 'survived', message: 'm' });
      h.executor.takeOrder(orderFor(world));
      await h.executor.idle();
      world.settled.length = 0;
      const next = hand(world);
      await tend(next);
      await tend(next);
      t.strictSame(world.settled, [runs ? 'running' : 'kept']);
    }
  },
);

t.test(
  'a restore gives back, a start that fails takes away, and one that cannot give back says so',
  async (t) => {
    const stopped = async () => {
      const { world, h } = kept();
      h.executor.takeOrder(orderFor(world));
      await h.executor.idle();
      world.settled.length = 0;
      return { world, h };
    };
    {
      const { world, h } = await stopped();
      t.match(await h.executor.restore(uid, 'test'), { outcome: 'executed' });
      t.strictSame(world.settled, ['running']);
    }
    {
      const { world, h } = await stopped();
      world.failing = { kind: 'failed', code: 'engine', message: 'its root is gone' };
      t.match(await h.executor.restore(uid, 'test'), {
        outcome: 'refused',
        code: 'start-engine',
        message: /^its root is gone; held by/,
      });
      t.strictSame(world.settled, ['kept']);
      t.match(h.journal.view.keptServo(uid), { certain: true }, 'and it can be tried again');
    }
    {
      const { world, h } = await stopped();
      world.unsettled = () => 'no engine';
      t.match(await h.executor.restore(uid, 'test'), {
        outcome: 'unknown',
        code: 'not-settled',
        message: /no engine; restore it again to give that back/,
      });
      world.unsettled = () => undefined;
      t.match(await h.executor.restore(uid, 'test'), { outcome: 'executed', code: 'already-runs' });
      t.strictSame(world.settled.at(-1), 'running');
      t.equal(h.journal.view.keptServo(uid), undefined);
    }
  },
);
