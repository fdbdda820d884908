// Site Reliability Engineering (Google), ch. 7.
//   believed -> true   the set left to do is empty -> empty meant everything
//   world              three certified hosts, a plan that was approved and carried out to its end
//   fault              the completed batch is retried: its approval, the close of its breakers, its restore; lists and selectors
//                      that are empty
//   outcome            each is an error; nothing is stopped, started or lifted by it
//   refuses            validation: on the wire, in the admin's calls, in hard state
import t from 'tap';
import { Malformed } from '@servo-auditor/proto/decode.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import * as requests from '../../proto/src/admin/requests.ts';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { onlyTrueOrphans, stillStops } from './support.ts';

t.test('a completed batch is retried', async (t) => {
  const cell = await aCell(t, { witnesses: 'registry' });
  cell.delete('h1-p1');
  await cell.spend(8 * day);
  await cell.confirmOrphan('h1-s1');
  await cell.rounds(1);
  await cell.promote('enforce');
  await cell.spend(2 * hour, 10 * minute);
  const { plans } = await cell.admin.ListPlans({ cell: cell.id }, cell.operator);
  const hash = plans[0]?.hash;
  if (hash === undefined) throw new Error('nothing waits for an approval');
  const approval = { cell: cell.id, hash, reason: 'looked at each' };
  await cell.admin.ApprovePlan(approval, cell.operator);
  await onlyTrueOrphans(t, cell, ['h1-s1'], day);
  await cell.spend(26 * hour, hour);

  const { admin, operator, coordinator } = cell;
  const { store, fence } = coordinator;
  const before = await store.readOperatorState(fence());
  await t.rejects(admin.ApprovePlan(approval, operator), /nothing in c1 waits for an approval/);
  await t.rejects(
    admin.CloseBreaker({ cohort: 'cell:c1', hash, reason: 'again' }, operator),
    /no breaker cell:c1 is open/,
  );
  for (const what of [
    { kind: 'plan.approved', cell: cell.id, hash, members: [] },
    { kind: 'plan.rejected', cell: cell.id, hash, members: [], holdUntilMs: Number.MAX_SAFE_INTEGER },
    { kind: 'restore.ordered', orders: [], holdUntilMs: Number.MAX_SAFE_INTEGER },
  ] as const)
    await t.rejects(store.act(fence(), operator.name, 'again', what), /proposes nothing|nothing to restore/);
  const after = await store.readOperatorState(fence());
  t.same(
    [after.holds, after.approvals, after.openOrders],
    [before.holds, before.approvals, before.openOrders],
  );

  cell.delete('h2-p1');
  await cell.spend(3 * hour, 10 * minute);
  t.notOk(cell.stopped().includes('h2-s1'), 'an approval of what is gone approves nothing new');
  await cell.approve();
  await onlyTrueOrphans(t, cell, ['h2-s1'], day);
});

t.test('selectors and lists that are empty are errors on the wire', (t) => {
  const reason = 'x';
  for (const [name, codec, raw] of [
    ['ListServos', requests.listServos, { pageSize: 10 }],
    ['ListHosts', requests.listHosts, { pageSize: 10 }],
    ['ListQuarantine', requests.listQuarantine, { limit: 10 }],
    ['ListPlans', requests.listPlans, {}],
    ['SetHold', requests.setHold, { reason }],
    ['RestoreServo', requests.restoreServo, { reason }],
    ['RestorePlan', requests.restorePlan, { decisionVersion: '0', reason }],
    ['ApprovePlan', requests.approvePlan, { cell: parseId('cell', 'c1'), hash: '', reason }],
  ] as const)
    t.match(
      refusal(() => codec.decode(raw, { parent: undefined, name })),
      /want /,
      name,
    );
  t.end();
});

t.test('a cell in which nothing is left to do', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const before = cell.stopped();
  await cell.spend(3 * day, hour);
  t.equal(await cell.approve(), 0);
  t.same(await cell.closeBreakers(), []);
  t.same(cell.stopped(), before);
  await stillStops(t, cell, 'h2-p1', 'h2-s1');
});

/** What it refuses a message with. Anything else that it throws, or nothing, is a failure. */
function refusal(decode: () => unknown): string {
  try {
    decode();
  } catch (error) {
    if (error instanceof Malformed) return error.message;
    throw error;
  }
  return 'nothing was refused';
}
