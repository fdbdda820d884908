import t from 'tap';
import { WitnessFailed } from '../../../coordinator/src/witness/port.ts';
import { cell, generation } from '../../support/build.ts';
import { aClaim, FleetUnderTest, hostId, registryProfile, servoUid } from '../../support/fleet.ts';

function begin(f: FleetUnderTest, ...claims: readonly string[]) {
  const builder = f.wait(10).fleet.beginSnapshot(registryProfile.id, f.now);
  for (const claim of claims) builder.claim(aClaim(claim));
  return builder;
}
const meta = (f: FleetUnderTest) => ({
  number: 1,
  startedAt: f.now,
  tookMs: 1,
  version: 1,
  lineage: 'l',
  claims: 0,
});
const claimsOf = (f: FleetUnderTest, uid: string) =>
  f.fleet.book.authoritySeat?.claims.claimsOf(f.fleet.book.tables.uids.find(uid)) ?? [];

t.test('counts: in total, per host, per generation', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a']);
  const builder = begin(f, 'a@h1', 'b@h1', 'c@h9', 'd');
  builder.tombstone({ uid: servoUid('z'), projectReleased: false });
  const finished = await builder.finish();
  t.equal(finished.rows, 5);
  t.equal(finished.claims, 4);
  t.strictSame(finished.levels, {
    total: 4,
    'host:h1': 2,
    'host:h9': 1,
    [`generation:${cell}:${generation}`]: 2,
  });
  await t.rejects(builder.finish(), /finished already/);
});

t.test('a retired host keeps its generation in the counts', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a']);
  f.retire('h1');
  const { levels } = await begin(f, 'a@h1').finish();
  t.equal(levels[`generation:${cell}:${generation}`], 1);
});

t.test('the difference from the last accepted one', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  const first = await begin(f, 'a@h1/p', 'b@h1', 'c@h1', 'd@h1#i1', 'm@h1', 'm@h2').finish();
  t.equal(first.diff.added.length, 6);
  t.strictSame(first.diff.replaced, []);
  first.commit(meta(f));
  const same = await begin(f, 'm@h2', 'm@h1', 'd@h1#i1', 'c@h1', 'b@h1', 'a@h1/p').finish();
  t.strictSame([same.diff.added, same.diff.replaced], [[], []], 'the order says nothing');
  same.commit(meta(f));
  const next = await begin(f, 'a@h1/q', 'b@h2', 'd@h1#i2', 'm@h1', 'n').finish();
  t.strictSame([...next.diff.replaced].toSorted(), ['a', 'b', 'c', 'd', 'm']);
  t.strictSame(next.diff.added.map((c) => `${c.uid} ${c.host} ${c.incarnation} ${c.project}`).toSorted(), [
    'a h1 undefined q',
    'b h2 undefined undefined',
    'd h1 i2 undefined',
    'm h1 undefined undefined',
    'n undefined undefined undefined',
  ]);
  t.strictSame(claimsOf(f, 'b'), [aClaim('b@h1')], 'nothing counts before commit');
  next.commit(meta(f));
  t.strictSame(claimsOf(f, 'b'), [aClaim('b@h2')]);
  t.strictSame(claimsOf(f, 'c'), []);
});

t.test('since when a claim was first read, and the project of the last one', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  const commit = async (...claims: readonly string[]) => (await begin(f, ...claims).finish()).commit(meta(f));
  await commit('a@h1/p', 'b@h1');
  const claims = f.fleet.book.authoritySeat?.claims;
  const number = f.fleet.book.tables.uids.find('a');
  const first = claims?.firstReadMs(number);
  await commit('a@h1/q', 'b@h1');
  t.equal(claims?.firstReadMs(number), first, 'another project is no other claim');
  await commit('a@h2/q');
  t.ok((claims?.firstReadMs(number) ?? 0) > (first ?? 0));
  await commit();
  t.equal(claims?.lastProject(number), 'q');
  t.equal(claims?.firstReadMs(999), Infinity);
});

t.test('a row that contradicts an earlier one', (t) => {
  const f = new FleetUnderTest([registryProfile]);
  t.throws(
    () => begin(f, 'a@h1/p', 'a@h2/q'),
    new WitnessFailed('registry claims a for project p and for project q: want one project per uid'),
  );
  t.throws(() => begin(f, 'a@h1', 'a@h1'), /twice/);
  t.throws(() => begin(f, 'a', 'a'), /on no host twice/);
  t.throws(() => begin(f, 'a@h1#i', 'a@h2', 'a@h1#i'), /twice/);
  t.doesNotThrow(() => begin(f, 'a@h1', 'a@h2', 'a', 'a@h1#i'));
  t.end();
});

t.test('only the latest reading can be committed, and once', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  const first = await begin(f, 'a').finish();
  const second = await begin(f, 'b').finish();
  t.throws(() => first.commit(meta(f)), /another reading/);
  second.commit(meta(f));
  t.throws(() => second.commit(meta(f)), /another reading|committed already/);
  const late = await begin(f, 'c').finish();
  f.fleet.noteHeartbeats(f.now);
  t.throws(() => late.commit(meta(f)), /another reading/, 'a new pass has begun');
  t.throws(() => f.fleet.beginSnapshot('nobody' as typeof registryProfile.id, f.now), /no witness nobody/);
  t.equal(claimsOf(f, 'b').length, 1);
});

t.test(
  'known-live: claimed here, or on no host, in a snapshot that was accepted in this leadership',
  async (t) => {
    const f = new FleetUnderTest([registryProfile]);
    f.report('h1', ['a', 'b', 'c', 'd', 'e']);
    const isLive = () => {
      const view = f.fleet.views.get(hostId('h1'));
      return view?.inventory?.uid.filter((_, row) => f.fleet.isKnownLive(view, row));
    };
    t.strictSame(isLive(), []);
    (await begin(f, 'a@h1', 'b', 'c@h2', 'd@h2', 'd@h1').finish()).commit(meta(f));
    t.strictSame(isLive(), ['a', 'b', 'd']);
    const next = f.restarted();
    next.report('h1', ['a']);
    const view = next.fleet.views.get(hostId('h1'));
    t.equal(view !== undefined && next.fleet.isKnownLive(view, 0), false, 'remembered claims only protect');
  },
);
