import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { ClaimChange, Vouched } from '../../../../coordinator/src/state/port.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { sliceRows } from '../../../../coordinator/src/state/sqlite/slices.ts';
import {
  aRelease,
  cell,
  digest,
  generation,
  h1,
  h2,
  incarnation,
  project,
  readerVersion,
  registry,
  router,
} from '../../../support/build.ts';
import { aDesk, aFold, lead, refusal, uidOf, unfit, type Desk } from '../../../support/store.ts';
import { Fenced } from '../../../../coordinator/src/state/port.ts';

const levels = { sinceMs: 5, current: { total: 3 }, previous: { total: 4, 'host:h1': 2 } };

function aChange(more: Partial<ClaimChange> = {}): ClaimChange {
  return {
    witness: registry.id,
    version: 1,
    lineage: 'db-1',
    levels,
    added: [],
    replaced: [],
    tombstonesAdded: [],
    tombstonesRemoved: [],
    ...more,
  };
}
const stone = (n: number, firstReadMs = 10) => ({ uid: uidOf(n), projectReleased: false, firstReadMs });
const remembered = async ({ store }: Desk) => (await store.readMemory()).witnesses[0];

t.test('nothing is remembered at first', async (t) => {
  const { store } = await aDesk(t, 'observe');
  t.strictSame(await store.readMemory(), { releases: [], vouched: [], witnesses: [], hosts: [] });
});

t.test('claims and tombstones come back as they were, by witness', async (t) => {
  const desk = await aDesk(t, 'observe');
  const whole = { uid: uidOf(1), host: h1, incarnation, project, since: 7 };
  const added = [whole, { uid: uidOf(2) }, { uid: uidOf(3), host: h1 }, { uid: uidOf(3), host: h2 }];
  const tombstonesAdded = [
    stone(8),
    { ...stone(9, 20), host: h1, incarnation, project, projectReleased: true },
  ];
  await desk.store.recordSnapshot(desk.fence(), aChange({ added, tombstonesAdded }));
  await desk.store.recordSnapshot(
    desk.fence(),
    aChange({ witness: router.id, version: 9, added: [{ uid: uidOf(2) }] }),
  );
  const { witnesses } = await desk.store.readMemory();
  t.strictSame(witnesses, [
    { witness: registry.id, version: 1, lineage: 'db-1', levels, claims: added, tombstones: tombstonesAdded },
    { witness: router.id, version: 9, lineage: 'db-1', levels, claims: [{ uid: uidOf(2) }], tombstones: [] },
  ]);
});

t.test('what is replaced ends, what is added to it stays, and other witnesses keep theirs', async (t) => {
  const desk = await aDesk(t, 'observe');
  const { store, fence } = desk;
  const before = [
    { uid: uidOf(1), host: h1 },
    { uid: uidOf(1), host: h2 },
    { uid: uidOf(2) },
    { uid: uidOf(3) },
  ];
  await store.recordSnapshot(
    fence(),
    aChange({ added: before, tombstonesAdded: [stone(8, 10), stone(9, 10)] }),
  );
  await store.recordSnapshot(fence(), aChange({ witness: router.id, added: before }));
  await store.recordSnapshot(
    fence(),
    aChange({
      version: 2,
      added: [{ uid: uidOf(1), host: h2 }, { uid: uidOf(4) }],
      replaced: [uidOf(1), uidOf(3)],
      tombstonesAdded: [stone(9, 30), stone(7, 30)],
      tombstonesRemoved: [uidOf(8), uidOf(9)],
    }),
  );
  t.strictSame(await remembered(desk), {
    witness: registry.id,
    version: 2,
    lineage: 'db-1',
    levels,
    claims: [{ uid: uidOf(2) }, { uid: uidOf(1), host: h2 }, { uid: uidOf(4) }],
    tombstones: [stone(9, 30), stone(7, 30)],
  });
  t.strictSame((await store.readMemory()).witnesses[1]?.claims, before);
});

t.test('a change that is made again leaves nothing twice', async (t) => {
  const desk = await aDesk(t, 'observe');
  const change = aChange({
    added: [{ uid: uidOf(1) }, { uid: uidOf(1), host: h1 }],
    tombstonesAdded: [stone(8, 10)],
  });
  await desk.store.recordSnapshot(desk.fence(), change);
  await desk.store.recordSnapshot(desk.fence(), { ...change, tombstonesAdded: [stone(8, 50)] });
  const { claims, tombstones } = (await remembered(desk)) ?? {};
  t.strictSame(claims, change.added);
  t.strictSame(tombstones, [stone(8, 10)], 'first read when it was first read');
});

t.test(
  'broken off in the middle, every servo that was or is claimed still is, and the version is the old one',
  async (t) => {
    const desk = await aDesk(t, 'observe');
    const { store, fence, file } = desk;
    const [old, fresh] = [{ uid: uidOf('old') }, { uid: uidOf('fresh') }];
    const [blue, green] = [
      { uid: uidOf('moved'), host: h1 },
      { uid: uidOf('moved'), host: h2 },
    ];
    await store.recordSnapshot(fence(), aChange({ added: [old, blue, green] }));
    const many = Array.from({ length: 5 * sliceRows }, (_, n) => ({ uid: uidOf(n) }));
    const writing = store.recordSnapshot(
      fence(),
      aChange({ version: 2, added: [fresh, green, ...many], replaced: [old.uid, green.uid] }),
    );
    const other = openSqliteStore({ file, exclusive: false, demo: false });
    t.teardown(async () => await other.close());
    await new Promise(setImmediate);
    await other.lead(parseId('coordinator', 'k2'), 0);
    t.ok((await refusal(writing)) instanceof Fenced);
    const kept = await remembered(desk);
    t.equal(kept?.version, 1);
    const uids = new Set(kept?.claims.map((c) => c.uid));
    t.ok(uids.has(old.uid) && uids.has(fresh.uid));
    t.ok(uids.size < many.length, 'it was broken off');
    t.strictSame(
      kept?.claims.filter((c) => c.uid === green.uid),
      [green],
      'not twice: no coordinator would start again',
    );
  },
);

t.test('several slices, whole, while everything else goes on', async (t) => {
  const desk = await aDesk(t, 'observe');
  const { store, fence } = desk;
  const added = Array.from({ length: 2 * sliceRows + 1 }, (_, n) => ({ uid: uidOf(n) }));
  const vouchedAdded = added.map(({ uid }): Vouched => ({
    host: h1,
    uid,
    incarnation,
    witnesses: [registry.id, router.id],
  }));
  const releasesAdded = added.map(({ uid }) => aRelease({ uid }));
  const tombstonesAdded = added.map((_, n) => stone(n));
  let turns = 0;
  const counting = setInterval(() => turns++, 0);
  t.teardown(() => clearInterval(counting));
  // At once: each waits for the one before it.
  await Promise.all([
    store.recordSnapshot(fence(), aChange({ added, tombstonesAdded })),
    store.recordFold(fence(), aFold({ vouchedAdded, releasesAdded })),
    store.recordSnapshot(fence(), aChange({ version: 2, replaced: added.slice(1).map((c) => c.uid) })),
  ]);
  const memory = await store.readMemory();
  t.ok(turns > 4, 'the event loop turned meanwhile');
  t.strictSame(memory.witnesses[0]?.claims, [added[0]]);
  t.equal(memory.witnesses[0]?.tombstones.length, tombstonesAdded.length);
  t.same(new Set(memory.vouched.map((v) => v.uid)), new Set(added.map((c) => c.uid)));
  t.equal(memory.vouched.length, added.length);
  t.equal(memory.releases.length, added.length);
  t.strictSame(
    memory.vouched.find((v) => v.uid === uidOf(7)),
    vouchedAdded[7],
  );
});

t.test('a fold: releases and what was vouched for, with the latest word standing', async (t) => {
  const { store, fence } = await aDesk(t, 'observe');
  const vouched = (n: number, witnesses = [registry.id]): Vouched => ({
    host: h1,
    uid: uidOf(n),
    incarnation,
    witnesses,
  });
  const release = (n: number, more = {}) => aRelease({ uid: uidOf(n), ...more });
  await store.recordFold(
    fence(),
    aFold({
      vouchedAdded: [vouched(1), vouched(2)],
      releasesAdded: [
        release(1, { capped: 'no-lookup', kind: 'disappearance', project: undefined }),
        release(2),
      ],
    }),
  );
  const capped = release(1, { capped: 'no-lookup', kind: 'disappearance', project: undefined });
  t.strictSame((await store.readMemory()).releases, [capped, release(2)]);
  await store.recordFold(
    fence(),
    aFold({
      vouchedAdded: [vouched(1, [registry.id, router.id])],
      vouchedRemoved: [vouched(2)],
      releasesAdded: [release(1)],
      releasesRemoved: [release(1), release(2)],
    }),
  );
  const memory = await store.readMemory();
  t.strictSame(memory.vouched, [vouched(1, [registry.id, router.id])]);
  t.strictSame(memory.releases, [release(1)], 'removed and added at once is replaced');
});

t.test('a fold keeps what was heard of a host, and nothing that operators say', async (t) => {
  const desk = await aDesk(t, 'observe');
  const { store, fence, act } = desk;
  await act({ kind: 'host.enrolled', host: h1, cell });
  await act({ kind: 'item.acknowledged', host: h1, path: '/srv/broken.json', contentSha256: digest });
  const heard = {
    host: h1,
    cell: parseId('cell', 'c9'),
    generation,
    readerVersion,
    inheritsFrom: undefined,
    retired: true,
    acknowledged: [],
    journal: { sequence: 4, hash: digest },
    contested: 'its journal went back',
  };
  await store.recordFold(fence(), aFold({ hosts: [heard] }));
  const kept = {
    ...heard,
    cell,
    retired: false,
    acknowledged: [{ path: '/srv/broken.json', contentSha256: digest }],
  };
  t.strictSame((await store.readMemory()).hosts, [kept]);
  const { acknowledged, journal, contested, ...enrolled } = kept;
  t.strictSame((await store.readOperatorState(fence())).hosts, [enrolled]);
  t.ok(acknowledged.length === 1 && journal.sequence === 4 && contested !== undefined);
  await unfit(t, store.recordFold(fence(), aFold({ hosts: [{ ...heard, host: h2 }] })), /h2 is not enrolled/);

  await desk.store.close();
  const again = openSqliteStore({ file: desk.file, exclusive: true, demo: false });
  t.teardown(async () => await again.close());
  await lead(again, desk.file);
  t.strictSame((await again.readMemory()).hosts, [kept], 'after a restart too');
});
