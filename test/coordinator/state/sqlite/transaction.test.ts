import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { Fenced, type StateStore } from '../../../../coordinator/src/state/port.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { h1, incarnation, minute, registry, uid } from '../../../support/build.ts';
import {
  aDesk,
  aFold,
  aPlan,
  aReceipt,
  events,
  later,
  lead,
  limits,
  member,
  order,
  refusal,
  refusedAgainMs,
  start,
  trackOf,
  type Desk,
} from '../../../support/store.ts';

t.test('a deposed leader is fenced in everything, and nothing of it is kept', async (t) => {
  const old = await aDesk(t);
  const open = order(old, 1);
  const possible = order(old, 2);
  await old.plan([open, possible]);
  await old.store.giveYes(old.fence(), possible.id, limits(possible));
  const other = openSqliteStore({ file: old.file, exclusive: false, demo: false });
  t.teardown(async () => await other.close());
  const leader = await lead(other, old.file);
  const before = await other.readOperatorState(leader.fence());
  const said = await events(other);

  const { store, fence } = old;
  const attempts: Readonly<Record<string, () => Promise<unknown>>> = {
    readOperatorState: () => store.readOperatorState(fence()),
    recordFold: () =>
      store.recordFold(fence(), aFold({ vouchedAdded: [{ host: h1, uid, incarnation, witnesses: [] }] })),
    recordSnapshot: () => store.recordSnapshot(fence(), aSnapshot),
    openPlan: () => old.plan([order(old, 3)]),
    'openPlan without a change': () => old.plan([]),
    giveYes: () => store.giveYes(fence(), open.id, limits(open)),
    recordReceipt: () => store.recordReceipt(fence(), aReceipt(possible, 'executed'), refusedAgainMs),
    closeOrders: () => store.closeOrders(fence(), [open.id], 'late'),
    openRestores: () =>
      store.openRestores(fence(), [], [{ cohorts: ['fleet'], member: member(1), message: 'wrong' }]),
    act: () => old.act({ kind: 'freeze.set' }),
  };
  for (const [name, attempt] of Object.entries(attempts))
    t.ok((await refusal(attempt())) instanceof Fenced, name);

  t.strictSame(await other.readOperatorState(leader.fence()), before);
  t.strictSame(await other.readMemory(), { releases: [], vouched: [], witnesses: [], hosts: [] });
  t.strictSame(await events(other), said);
});

const aSnapshot: Parameters<StateStore['recordSnapshot']>[1] = {
  witness: registry.id,
  version: 1,
  lineage: 'db',
  levels: { sinceMs: 0, current: {}, previous: {} },
  added: [{ uid }],
  replaced: [],
  tombstonesAdded: [],
  tombstonesRemoved: [],
};

t.test('before anybody leads, everything is fenced', async (t) => {
  const { file, store } = await aDesk(t, 'observe');
  await store.close();
  const fresh = openSqliteStore({ file: `${file}.new`, exclusive: true, demo: false });
  t.teardown(async () => await fresh.close());
  const fence = { epoch: 1 as Desk['epoch'], now: start };
  t.ok((await refusal(fresh.readOperatorState(fence))) instanceof Fenced);
  t.ok((await refusal(fresh.openPlan(fence, aPlan()))) instanceof Fenced);
});

t.test('the wait that is kept only grows, and without other changes once a minute', async (t) => {
  const { store, plan, file } = await aDesk(t);
  const waited = async (): Promise<number> => {
    const other = openSqliteStore({ file, exclusive: false, demo: false });
    const { waitedMs, epoch } = await other.lead(parseId('coordinator', 'k2'), 0);
    t.ok(epoch > 1);
    await other.close();
    return waitedMs;
  };
  await plan([], later(59_000));
  await plan([], later(minute + 1));
  t.equal(await waited(), later(minute + 1).waitMs);
  const again = await lead(store, file);
  await again.plan([], later(0), { tracks: [trackOf({ message: 'moved' })] });
  t.equal(await waited(), later(minute + 1).waitMs);
});
