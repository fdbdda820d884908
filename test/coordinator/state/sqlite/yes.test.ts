import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { modeKey, type HoldScope } from '../../../../coordinator/src/domain/operator.ts';
import { cell, generation, h1, minute, project, readerVersion } from '../../../support/build.ts';
import {
  aDesk,
  aPlan,
  cohorts,
  events,
  later,
  lead,
  limits,
  member,
  order,
  orderId,
  refusal,
  start,
  type Desk,
} from '../../../support/store.ts';

const otherCell = parseId('cell', 'c2');
const otherProject = parseId('project', 'p2');

/** One open order on h1. */
async function opened(desk: Desk, more = {}) {
  const one = order(desk, 1, { host: h1, ...more });
  await desk.plan([one]);
  return one;
}

t.test('given once: charged, possibly executed, audited; every further question is told so', async (t) => {
  const desk = await aDesk(t);
  const { store, fence } = desk;
  const one = await opened(desk);
  const answer = await store.giveYes(fence(later(minute)), one.id, limits(one));
  t.match(answer, { given: true, order: { id: one.id, state: 'possible' } });
  t.match(await store.findOrder(one.id), { state: 'possible' });
  const { charges } = await store.readOperatorState(fence());
  t.match(charges, [
    { order: one.id, atMs: later(minute).waitMs, host: h1, uid: one.uid, action: 'stop', project },
  ]);
  t.equal((await events(store)).at(-1), 'order.confirmed');
  const mark = await desk.plan([]);
  t.match(await store.giveYes(fence(), one.id, limits(one)), { given: false, code: 'already-asked' });
  t.strictSame(await desk.plan([]), mark, 'a no is not a decision');
  t.equal((await store.readOperatorState(fence())).charges.length, 1);
});

t.test('no yes for an order that is unknown, closing, closed, a start, or of another epoch', async (t) => {
  const desk = await aDesk(t);
  const { store } = desk;
  const [closing, closed, old] = [order(desk, 1), order(desk, 2), order(desk, 3)];
  await desk.plan([closing, closed, old]);
  await store.closeOrders(desk.fence(), [closing.id], 'not receipted within its life');
  await desk.receipt(closed, 'refused');
  const code = async ({ fence }: Desk, id = old.id) => {
    const answer = await store.giveYes(fence(), id, limits(order(desk, 3)));
    return answer.given ? 'given' : answer.code;
  };
  t.equal(await code(desk, orderId(99)), 'unknown-order');
  t.equal(await code(desk, closing.id), 'closing');
  t.equal(await code(desk, closed.id), 'closed');
  const stopped = order(desk, 4);
  await desk.plan([stopped]);
  await desk.receipt(stopped, 'executed');
  const start = order(desk, 5, { action: 'start', uid: stopped.uid, host: stopped.host });
  await store.openRestores(desk.fence(), [start], []);
  t.equal(await code(desk, start.id), 'no-question');
  const next = await lead(store, desk.file);
  t.equal(await code(next), 'epoch');
});

t.test('every hold on it forbids it, and no other hold does', async (t) => {
  const servo: HoldScope = { kind: 'servo', uid: order({ epoch: 1 as never }, 1).uid };
  const holding: readonly HoldScope[] = [
    servo,
    { kind: 'project', project },
    { kind: 'host', host: h1 },
    { kind: 'generation', cell, generation },
    { kind: 'cell', cell },
  ];
  const elsewhere: readonly HoldScope[] = [
    { kind: 'servo', uid: order({ epoch: 1 as never }, 2).uid },
    { kind: 'project', project: otherProject },
    { kind: 'host', host: parseId('host', 'h9') },
    { kind: 'generation', cell: otherCell, generation },
    { kind: 'generation', cell, generation: parseId('generation', 'labels/process') },
    { kind: 'cell', cell: otherCell },
  ];
  const desk = await aDesk(t);
  const one = await opened(desk);
  const ask = async (now = start) => await desk.store.giveYes(desk.fence(now), one.id, limits(one, 0));
  const hold = async (scope: HoldScope, untilMs?: number) => {
    await desk.act({ kind: 'hold.set', scope, untilMs });
    return (await desk.store.readOperatorState(desk.fence())).holds.at(-1)?.id ?? 0;
  };
  for (const scope of holding) {
    const id = await hold(scope);
    t.match(await ask(), {
      given: false,
      code: 'hold',
      message: new RegExp(`hold ${id} on its ${scope.kind} by ada: because; .*release ${id}`),
    });
    await desk.act({ kind: 'hold.released', id });
  }
  for (const scope of elsewhere) await hold(scope);
  t.match(await ask(), { code: 'budget' }, 'nothing holds it');
  await hold(servo, later(minute).waitMs);
  t.match(await ask(later(minute - 1)), { code: 'hold' });
  t.match(await ask(later(minute)), { code: 'budget' }, 'the hold has ended');
});

t.test('a freeze, a retired host, an open breaker on any of its cohorts', async (t) => {
  const desk = await aDesk(t);
  const one = await opened(desk, { projectReleased: false });
  const ask = async () => await desk.store.giveYes(desk.fence(), one.id, limits(one, 0));
  await desk.act({ kind: 'freeze.set' });
  t.match(await ask(), {
    given: false,
    code: 'freeze',
    message: /frozen by ada: because; lifted by servoctl unfreeze/,
  });
  await desk.act({ kind: 'freeze.lifted' });
  for (const cohort of [...cohorts(h1), `reader:${cell}:${readerVersion}`, `project:${project}`]) {
    await desk.plan([], start, { breakers: [{ cohort, message: 'too many', members: [member(7)] }] });
    t.match(await ask(), { given: false, code: 'breaker', message: new RegExp(`breaker ${cohort} is open`) });
    const [{ hash } = { hash: one.identity }] = await desk.store.openBreakers();
    await desk.act({ kind: 'breaker.closed', cohort, hash });
  }
  for (const cohort of ['host:h9', 'cell:c2', 'project:p2'])
    await desk.plan([], start, { breakers: [{ cohort, message: 'too many', members: [member(7)] }] });
  t.match(await ask(), { code: 'budget' }, 'breakers of others');
  await desk.act({ kind: 'host.enrolled', host: h1, cell });
  t.match(await ask(), { code: 'budget' });
});

t.test('a released project has no breaker of its own', async (t) => {
  const desk = await aDesk(t);
  const one = await opened(desk, { projectReleased: true });
  const breakers = [{ cohort: `project:${project}`, message: 'too many', members: [member(7)] }];
  await desk.plan([], start, { breakers });
  t.match(await desk.store.giveYes(desk.fence(), one.id, limits(one)), { given: true });
});

t.test('the mode as it is now: observe never, propose with an approval, enforce', async (t) => {
  const given = { observe: [false, false], propose: [false, true], enforce: [true, true] } as const;
  for (const [mode, answers] of Object.entries(given))
    for (const [i, expected] of answers.entries())
      await t.test(`${mode}, ${i === 1 ? '' : 'not '}approved`, async (t) => {
        const desk = await aDesk(t);
        const one = await opened(desk, { approved: i === 1 });
        await desk.act({ kind: 'mode.set', cell, generation, mode: mode as keyof typeof given });
        t.equal(
          (await desk.store.readOperatorState(desk.fence())).modes.get(modeKey(cell, generation)),
          mode,
        );
        const answer = await desk.store.giveYes(desk.fence(), one.id, limits(one));
        t.match(
          answer,
          expected ? { given: true } : { given: false, code: 'mode', message: new RegExp(`in mode ${mode}`) },
        );
      });
});

t.test('every budget is charged and has its limit; charges before the window are over', async (t) => {
  for (const full of cohorts(h1))
    await t.test(full, async (t) => {
      const desk = await aDesk(t);
      const [one, two] = [order(desk, 1, { host: h1 }), order(desk, 2, { host: h1 })];
      await desk.plan([one, two]);
      const perCohort = new Map(cohorts(h1).map((name) => [name, name === full ? 1 : 9]));
      const ask = async (o: typeof one, now = start, sinceMs = start.waitMs - 10 * minute) =>
        await desk.store.giveYes(desk.fence(now), o.id, { sinceMs, perCohort });
      t.match(await ask(one), { given: true });
      t.match(await ask(two), {
        given: false,
        code: 'budget',
        message: new RegExp(`^${full} has used 1 of 1 stops per 10 min`),
      });
      await desk.receipt(one, 'refused');
      t.match(await ask(two), { code: 'budget' }, 'a refusal refunds nothing');
      t.match(await ask(two, later(10 * minute), start.waitMs - 1), { code: 'budget' });
      t.match(await ask(two, later(10 * minute), start.waitMs), { given: true }, 'the window is over');
    });
});

t.test('a restore’s charge is no stop', async (t) => {
  const desk = await aDesk(t);
  const [one, two] = [order(desk, 1, { host: h1 }), order(desk, 2, { host: h1 })];
  await desk.plan([one]);
  await desk.receipt(one, 'unexecuted');
  await desk.store.openRestores(
    desk.fence(),
    [order(desk, 3, { uid: one.uid, host: h1, action: 'start' })],
    [],
  );
  await desk.plan([two]);
  t.match(await desk.store.giveYes(desk.fence(), two.id, limits(two, 1)), { given: true });
});

t.test('limits that are missing, not its own, or no numbers never let it pass', async (t) => {
  const desk = await aDesk(t);
  const one = await opened(desk);
  const ask = (perCohort: ReadonlyMap<string, number>) =>
    desk.store.giveYes(desk.fence(), one.id, { sinceMs: 0, perCohort });
  t.match(await refusal(ask(new Map())), { message: /no limit for host:h1: each of/ });
  for (const missing of cohorts(h1)) {
    const rest = cohorts(h1).filter((name) => name !== missing);
    t.match(await refusal(ask(new Map(rest.map((name) => [name, 9])))), { message: /no limit for/ });
  }
  t.match(await refusal(ask(new Map([...limits(one).perCohort, ['host:h9', 3]]))), {
    message: /is not in host:h9/,
  });
  t.match(await ask(limits(one, NaN).perCohort), { given: false, code: 'budget' });
  t.match(await desk.store.findOrder(one.id), { state: 'open' });
  t.strictSame(aPlan().orders, []);
});
