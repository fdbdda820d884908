import t from 'tap';
import { maxAcknowledgedItems } from '@servo-auditor/proto/limits.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Mode } from '../../../../../coordinator/src/domain/operator.ts';
import { nothingFolded, type Act } from '../../../../../coordinator/src/state/port.ts';
import { maxListed } from '../../../../../coordinator/src/state/sqlite/listed.ts';
import {
  cell,
  digest,
  generation,
  h1,
  h2,
  incarnation,
  minute,
  operator,
  readerVersion,
  registry,
  uid,
} from '../../../../support/build.ts';
import {
  aDesk,
  aReceipt,
  caseOf,
  events,
  later,
  limits,
  member,
  order,
  refusedAgainMs,
  start,
  trackOf,
  uidOf,
  unfit,
  type Desk,
} from '../../../../support/store.ts';

const state = async ({ store, fence }: Desk) => await store.readOperatorState(fence());
const lastEntry = async ({ store }: Desk) => (await store.readAudit(0, 1000)).at(-1);
const otherCell = parseId('cell', 'c2');

t.test('every act is written down with who, why, before and after; a refused one is not', async (t) => {
  const desk = await aDesk(t, 'observe');
  const mark = await desk.act({ kind: 'freeze.set' });
  const entry = await lastEntry(desk);
  t.match(entry, { ...mark, by: operator, reason: 'because', event: 'freeze.set', wallMs: start.wallMs });
  t.strictSame(entry?.about, { before: null, after: { by: operator, reason: 'because' } });
  const said = await events(desk.store);
  await unfit(t, desk.act({ kind: 'freeze.set' }), /frozen already, by ada: because; .* servoctl unfreeze/);
  for (const reason of ['', 'x'.repeat(501)])
    await unfit(
      t,
      desk.store.act(desk.fence(), operator, reason, { kind: 'freeze.lifted' }),
      /want 1 to 500/,
    );
  t.strictSame(await events(desk.store), said);
  t.match((await state(desk)).freeze, { by: operator, reason: 'because', since: { wallMs: start.wallMs } });
  await desk.act({ kind: 'freeze.lifted' });
  t.equal((await state(desk)).freeze, undefined);
  await unfit(t, desk.act({ kind: 'freeze.lifted' }), /nothing is frozen/);
});

t.test('holds: numbered for good, in force until they end or are released', async (t) => {
  const desk = await aDesk(t, 'observe');
  const scope = { kind: 'servo', uid } as const;
  const hold = (untilMs?: number): Act => ({ kind: 'hold.set', scope, untilMs });
  await desk.act(hold());
  await desk.act(hold(later(minute).waitMs));
  t.match((await state(desk)).holds, [
    { id: 1, scope, by: operator, reason: 'because', untilMs: undefined },
    { id: 2, untilMs: later(minute).waitMs },
  ]);
  for (const past of [start.waitMs, 0, NaN]) await unfit(t, desk.act(hold(past)), /protects nothing/);
  await desk.act({ kind: 'hold.released', id: 1 });
  t.match((await lastEntry(desk))?.about, { before: { id: 1, scope }, after: null });
  await unfit(t, desk.act({ kind: 'hold.released', id: 1 }), /no hold 1 is in force: .*servoctl holds list/);
  const afterEnd = desk.act({ kind: 'hold.released', id: 2 }, later(minute));
  await unfit(t, afterEnd, /no hold 2 is in force/);
  t.strictSame((await desk.store.readOperatorState(desk.fence(later(minute)))).holds, []);
  await desk.act({ kind: 'hold.released', id: 2 });
  await desk.act(hold());
  t.match((await state(desk)).holds, [{ id: 3 }], 'a number never comes again');
});

t.test('approving and rejecting a plan', async (t) => {
  const desk = await aDesk(t, 'observe');
  const members = [1, 2].map((n) => ({ uid: uidOf(n), incarnation }));
  const approve: Act = { kind: 'plan.approved', cell, hash: digest, members };
  await desk.act(approve);
  await desk.plan([], start, { paused: [{ uid: uidOf(1), incarnation, byMs: 5 }] });
  t.match((await state(desk)).approvals, [
    {
      uid: uidOf(1),
      incarnation,
      by: operator,
      reason: 'because',
      pausedMs: 5,
      at: { monoMs: start.monoMs },
    },
    { uid: uidOf(2), pausedMs: 0 },
  ]);
  await desk.act({ ...approve, members: members.slice(0, 1) }, later(minute));
  t.match((await state(desk)).approvals[0], { pausedMs: 0, at: { monoMs: later(minute).monoMs } }, 'anew');
  const reject: Act = {
    kind: 'plan.rejected',
    cell,
    hash: digest,
    members,
    holdUntilMs: later(minute).waitMs,
  };
  await desk.act(reject);
  t.match(await state(desk), {
    approvals: [],
    holds: members.map((m) => ({
      scope: { kind: 'servo', uid: m.uid },
      reason: 'rejected: because',
      by: operator,
    })),
  });
  t.strictSame((await state(desk)).approvals, []);
  t.match((await lastEntry(desk))?.about, {
    cell,
    hash: digest,
    count: 2,
    members,
    firstHold: 1,
    lastHold: 2,
  });
  for (const act of [approve, reject])
    await unfit(t, desk.act({ ...act, members: [] }), /proposes nothing: see servoctl plans/);
  await unfit(t, desk.act({ ...reject, holdUntilMs: start.waitMs }), /protects nothing/);
});

t.test('a long list is audited by its hash, its length and its beginning', async (t) => {
  const desk = await aDesk(t, 'observe');
  const members = Array.from({ length: maxListed + 1 }, (_, n) => ({ uid: uidOf(n), incarnation }));
  await desk.act({ kind: 'plan.approved', cell, hash: digest, members });
  const about = (await lastEntry(desk))?.about;
  t.match(about, { count: maxListed + 1, hash: digest });
  t.strictSame(about?.['members'], members.slice(0, maxListed));
  t.equal((await state(desk)).approvals.length, maxListed + 1);
});

t.test('promotion needs certification in that very place, demotion needs nothing', async (t) => {
  const allowed: Readonly<Record<Mode, readonly Mode[]>> = {
    observe: ['observe'],
    propose: ['observe', 'propose'],
    enforce: ['observe', 'propose', 'enforce'],
  };
  for (const certified of ['observe', 'propose', 'enforce'] as const)
    await t.test(`certified for ${certified}`, async (t) => {
      const desk = await aDesk(t, 'observe');
      const set = (mode: Mode): Act => ({ kind: 'mode.set', cell, generation, mode });
      await desk.plan([], start, {
        tracks: [trackOf({ certified }), trackOf({ cell: otherCell, certified: 'enforce' })],
      });
      for (const mode of ['observe', 'propose', 'enforce'] as const) {
        await desk.act(set('observe'));
        if (allowed[certified].includes(mode)) {
          await desk.act(set(mode));
          t.equal((await state(desk)).modes.get(`${cell}:${generation}`), mode);
        } else
          await unfit(
            t,
            desk.act(set(mode)),
            new RegExp(`certified for ${certified} at most, not for ${mode}`),
          );
      }
    });
  const desk = await aDesk(t, 'enforce');
  await desk.plan([], start, { tracks: [trackOf({ certified: 'observe', mappingHash: 'edited' })] });
  await desk.act({ kind: 'mode.set', cell, generation, mode: 'propose' });
  t.match(
    (await lastEntry(desk))?.about,
    { before: 'enforce', after: 'propose' },
    'a step down is no promotion',
  );
  await unfit(
    t,
    desk.act({ kind: 'mode.set', cell, generation, mode: 'enforce' }),
    /certified for observe at most/,
  );
  await desk.act({ kind: 'mode.set', cell, generation, mode: 'observe' });
});

t.test('only a true orphan, of what is to be certified, is confirmed', async (t) => {
  const desk = await aDesk(t, 'observe');
  const what = { kind: 'orphan.confirmed', cell, generation, readerVersion, uid, incarnation } as const;
  await unfit(t, desk.act(what), /has earned nothing with reader aaaaaaaaaaaa yet: wait for a round/);
  await desk.plan([], start, { tracks: [trackOf({ confirmedOrphan: undefined })] });
  await unfit(t, desk.act(what), /servo-1 \(inc-1\) has no case in sqlite\/process of c1/);
  const put = async (more: object) => {
    const made = caseOf(order(desk, 1), { order: undefined, ...more });
    await desk.plan([], start, { cases: [{ case: made, evidence: '{}' }] });
  };
  for (const ended of ['suspect', 'over'] as const) {
    await put({ state: ended });
    await unfit(t, desk.act(what), new RegExp(`is ${ended}, not an orphan: see servoctl explain servo-1`));
  }
  await put({ state: 'orphan', cell: otherCell });
  await unfit(t, desk.act(what), /has no case in/);
  await put({ state: 'orphan' });
  await desk.act(what);
  t.strictSame((await state(desk)).tracks[0]?.confirmedOrphan, { uid, incarnation, by: operator });
  t.match((await lastEntry(desk))?.about, { before: null, after: { uid, incarnation, by: operator } });
});

t.test('a breaker is closed for the list that was seen, and exactly its members count no more', async (t) => {
  const desk = await aDesk(t, 'observe');
  const open = async (...numbers: number[]) => {
    const members = numbers.map(member);
    await desk.plan([], start, { breakers: [{ cohort: 'host:h1', message: 'too many', members }] });
    return (await desk.store.openBreakers())[0]?.hash ?? digest;
  };
  const seen = await open(1, 2);
  const close = (hash = seen, cohort = 'host:h1') => desk.act({ kind: 'breaker.closed', cohort, hash });
  await open(1, 2, 3);
  await unfit(
    t,
    close(),
    /the list of breaker host:h1 is another by now \(3 servos, hash .*servoctl breakers show host:h1/,
  );
  await unfit(t, close(seen, 'cell:c1'), /no breaker cell:c1 is open; open are: host:h1/);
  t.strictSame((await state(desk)).exemptions, []);
  await close(await open(2, 1));
  const { breakers, exemptions } = await state(desk);
  t.strictSame(breakers, []);
  t.strictSame(
    exemptions,
    [1, 2].map((n) => ({ cohort: 'host:h1', uid: uidOf(n), incarnation })),
  );
  await unfit(t, close(), /no breaker host:h1 is open; open are: none/);
  await open(1, 4);
  t.equal(
    (await events(desk.store)).filter((e) => e === 'breaker.opened').length,
    2,
    'opened anew is audited anew',
  );
});

t.test('hosts: enrolled, retired, enrolled again, accepted', async (t) => {
  const desk = await aDesk(t, 'observe');
  const { act } = desk;
  for (const kind of ['host.retired', 'host.accepted'] as const)
    await unfit(t, act({ kind, host: h1, before: '' }), /h1 is not enrolled: .*servoctl hosts enrol/);
  await act({ kind: 'host.enrolled', host: h1, cell });
  await unfit(t, act({ kind: 'host.enrolled', host: h1, cell }), /enrolled in c1 already/);
  await unfit(
    t,
    act({ kind: 'host.enrolled', host: h1, cell: otherCell }),
    /enrolled in c1: retire it there first/,
  );
  await desk.store.recordFold(desk.fence(), {
    ...nothingFolded,
    hosts: [
      {
        ...(await state(desk)).hosts[0]!,
        acknowledged: [],
        journal: { sequence: 9, hash: digest },
        contested: 'its journal went back',
      },
    ],
  });
  await act({ kind: 'host.accepted', host: h1, before: 'its journal went back' });
  t.match((await lastEntry(desk))?.about, {
    before: { contested: 'its journal went back', journal: { sequence: 9 } },
  });
  t.equal((await desk.store.readMemory()).hosts[0]?.journal, undefined);
  t.equal((await desk.store.readMemory()).hosts[0]?.contested, undefined);
  await act({ kind: 'host.retired', host: h1 });
  t.match((await state(desk)).hosts, [{ host: h1, cell, retired: true }]);
  await unfit(t, act({ kind: 'host.retired', host: h1 }), /retired already/);
  await act({ kind: 'host.enrolled', host: h1, cell: otherCell });
  t.match((await state(desk)).hosts, [{ host: h1, cell: otherCell, retired: false }]);
});

t.test(
  'retiring a host closes its orders, keeps their charges, and a late receipt still counts',
  async (t) => {
    const desk = await aDesk(t);
    const [open, possible, other] = [
      order(desk, 1, { host: h1 }),
      order(desk, 2, { host: h1 }),
      order(desk, 3),
    ];
    await desk.plan([open, possible, other]);
    await desk.store.giveYes(desk.fence(), possible.id, limits(possible));
    await desk.act({ kind: 'host.enrolled', host: h1, cell });
    await desk.act({ kind: 'host.retired', host: h1 });
    t.match((await lastEntry(desk))?.about, { after: { retired: true, closed: [open.id, possible.id] } });
    const { openOrders, charges } = await state(desk);
    t.strictSame(
      openOrders.map((o) => o.id),
      [other.id],
    );
    t.strictSame(
      charges.map((c) => c.order),
      [possible.id],
    );
    t.match(await desk.store.giveYes(desk.fence(), open.id, limits(open)), { given: false, code: 'closed' });
    t.match(await desk.store.findCases({ uid: possible.uid, limit: 1 }), [
      { state: 'over', message: /h1 was retired before it receipted order o-2/ },
    ]);
    const late = async () =>
      await desk.store.recordReceipt(desk.fence(), aReceipt(possible, 'executed'), refusedAgainMs);
    t.strictSame(await late(), { known: true });
    t.match(await desk.store.findCases({ uid: possible.uid, limit: 1 }), [{ state: 'quarantined' }]);
    const said = await events(desk.store);
    await late();
    t.strictSame(await events(desk.store), said);
  },
);

t.test('broken and missing things are acknowledged one by one, on hosts that there are', async (t) => {
  const desk = await aDesk(t, 'observe');
  const { act, store } = desk;
  const item = (n: number, contentSha256 = digest): Act => ({
    kind: 'item.acknowledged',
    host: h1,
    path: `/srv/${n}.json`,
    contentSha256,
  });
  const missing: Act = { kind: 'missing.acknowledged', host: h1, uid };
  for (const what of [item(1), missing]) await unfit(t, act(what), /h1 is not enrolled/);
  await act({ kind: 'host.enrolled', host: h1, cell });
  await act({ kind: 'host.enrolled', host: h2, cell });
  for (let n = 1; n <= maxAcknowledgedItems; n++) await act(item(n));
  await unfit(t, act(item(1)), /acknowledged already, with this content/);
  await unfit(t, act(item(0)), /has 100 acknowledged items, at most 100/);
  await unfit(
    t,
    act({ kind: 'item.acknowledged', host: h2, path: '', contentSha256: digest }),
    /want 1 to 1024/,
  );
  const other = parseId('digest', 'e'.repeat(64));
  await act(item(1, other));
  const hosts = (await store.readMemory()).hosts;
  t.equal(hosts[0]?.acknowledged.length, maxAcknowledgedItems);
  t.strictSame(hosts[0]?.acknowledged.find((a) => a.path === '/srv/1.json')?.contentSha256, other);
  t.strictSame(hosts[1]?.acknowledged, []);
  await act(missing);
  t.strictSame((await state(desk)).acknowledgedMissing, [{ host: h1, uid }]);
  await unfit(t, act(missing), /servo-1 is missing on h1 is acknowledged already/);
});

t.test('that a witness was accepted is written down', async (t) => {
  const desk = await aDesk(t, 'observe');
  await desk.act({ kind: 'witness.accepted', witness: registry.id, hash: 'seen' });
  t.match(await lastEntry(desk), {
    event: 'witness.accepted',
    about: { witness: registry.id, hash: 'seen' },
  });
});
