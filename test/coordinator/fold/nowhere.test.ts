import t from 'tap';
import { evidenceOf } from '../../../coordinator/src/round/prepare.ts';
import { evidenceIn, FleetUnderTest, hostId, registryProfile, servoUid } from '../../support/fleet.ts';

t.test('an authority that names no hosts, and a servo that it claims and nobody shows', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a', 'old', 'b']);
  f.report('h2', ['c']);
  const renamed = async (uid: string, ...claims: readonly string[]) => {
    const { nowhere, nowhereMs, rounds } = evidenceIn(await f.round(claims), uid);
    return { nowhere, isNow: nowhereMs === rounds.at(-1)?.atMs, ever: nowhereMs !== undefined };
  };
  const none = { nowhere: undefined, isNow: false, ever: false };
  await f.round(['a/p', 'old/p', 'b/q', 'c/r']);
  // It is the next pass that asks: no decision rests on a single one.
  t.strictSame(await renamed('old', 'a/p', 'new/p', 'b/q', 'c/r'), none);
  const found = { nowhere: 'new', isNow: true, ever: true };
  t.strictSame(await renamed('old', 'a/p', 'new/p', 'b/q', 'c/r'), found);
  t.strictSame(await renamed('old', 'a/p', 'new/p', 'c/r'), found);
  t.strictSame(await renamed('b', 'a/p', 'new/p', 'c/r'), none, 'of another project');
  t.strictSame(await renamed('b', 'a/p', 'new', 'c/r'), found, 'of no project: it may be anybody’s');
  t.strictSame(
    await renamed('old', 'a/p', 'c/r'),
    { nowhere: undefined, isNow: false, ever: true },
    'the authority loses it for a while, and when it was seen is remembered',
  );
  t.strictSame(await renamed('old', 'a/p', 'new@h2/p', 'c/r'), {
    nowhere: undefined,
    isNow: false,
    ever: true,
  });
  const [again] = evidenceOf(f.fleet, hostId('h1'), servoUid('old'), { now: f.now, witnesses: f.views });
  t.not(again?.nowhereMs, undefined, 'explained as it was judged');
  await f.round(['a/p', 'old/p', 'c/r']);
  await f.round(['a/p', 'c/r']);
  t.strictSame(await renamed('old', 'a/p', 'c/r'), none, 'any claim ends all of it');
  f.report('h2', ['c', 'new']);
  t.strictSame(await renamed('old', 'a/p', 'new/p', 'c/r'), none, 'a servo that a host shows is none of it');
});

t.test('a tombstone says more than a name that is seen nowhere', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['old']);
  await f.round(['old/p']);
  await f.round(['new/p']);
  t.match(evidenceIn(await f.round(['new/p']), 'old'), { nowhere: 'new' });
  t.match(evidenceIn(await f.round(['new/p'], ['old@h1/p']), 'old'), {
    release: { kind: 'tombstone' },
    nowhere: undefined,
    nowhereMs: undefined,
  });
});

t.test('of several claims of one uid, each of which names a host, none is nowhere', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['old']);
  f.report('h2', []);
  f.report('h3', []);
  await f.round(['old/p']);
  await f.round(['new@h2/p', 'new@h3/p']);
  t.match(evidenceIn(await f.round(['new@h2/p', 'new@h3/p']), 'old'), { nowhere: undefined });
  t.match(evidenceIn(await f.round(['new@h2/p', 'new/p']), 'old'), { nowhere: 'new' });
});

t.test('what the authority has lost, and another source still claims', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'old']);
  await f.round(['a@h1/p', 'old@h1/p']);
  const renamed = ['a@h1/p', 'new@h1/p'];
  await f.round(renamed);
  const lost = await f.round(['a@h1/p'], [], renamed);
  t.match(evidenceIn(lost, 'old'), { nowhere: 'new' });
  t.match(evidenceIn(await f.round(['a@h1/p'], [], ['a@h1/p']), 'old'), { nowhere: undefined });
  f.report('h1', ['a', 'old', 'new']);
  t.match(evidenceIn(await f.round(['a@h1/p'], [], renamed), 'old'), { nowhere: undefined }, 'it is shown');
});

t.test('a claim that came a moment ago, and is missed on the very host', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a', 'old']);
  await f.round(['a@h1/p', 'old@h1/p']);
  for (let i = 0; i < 3; i++) await f.round(['a@h1/p']);
  t.match(
    evidenceIn(await f.round(['a@h1/p', 'new@h1/q']), 'old'),
    { nowhere: undefined },
    'of another project',
  );
  t.match(evidenceIn(await f.round(['a@h1/p', 'new@h1/p']), 'old'), { nowhere: 'new' });
  t.match(evidenceIn(await f.round(['a@h1/p', 'new@h1']), 'old'), { nowhere: 'new' }, 'of no project');
  f.acknowledgedMissing.push({ host: hostId('h1'), uid: servoUid('new') });
  t.match(evidenceIn(await f.round(['a@h1/p', 'new@h1/p']), 'old'), { nowhere: undefined }, 'acknowledged');
});

t.test('since when it is this very one', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a', 'old']);
  await f.round(['a@h1/p', 'old@h1/p']);
  const since = async (...claims: readonly string[]) =>
    evidenceIn(await f.round(['a@h1/p', ...claims]), 'old').nowhereSince?.monoMs;
  t.equal(await since(), undefined);
  const first = await since('new@h1/p');
  t.equal(first, f.now.monoMs);
  t.equal(await since('new@h1/p'), first, 'it stands');
  t.equal(await since(), undefined);
  const again = await since('new@h1/p');
  t.equal(again, f.now.monoMs, 'it went, and came again');
  t.equal(await since('other@h1/p'), f.now.monoMs, 'another one');
  await f.round(['a@h1/p', 'old@h1/p']);
  t.equal(await since(), undefined);
});

t.test('undeleted and renamed between two readings', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a', 'old']);
  await f.round(['a@h1/p', 'old@h1/p']);
  const deleted = ['old@h1/p'];
  for (let i = 0; i < 3; i++) await f.round(['a@h1/p'], deleted);
  t.match(evidenceIn(await f.round(['a@h1/p'], deleted), 'old'), {
    release: { kind: 'tombstone' },
    rounds: { length: 4 },
  });
  const after = evidenceIn(await f.round(['a@h1/p', 'new@h1/p']), 'old');
  t.match(after, { release: { kind: 'disappearance', capped: undefined }, nowhere: 'new' });
  t.equal(after.release?.firstReadMs, f.now.waitMs, 'grace and rounds begin anew');
  t.match(after.rounds, { length: 1 });
});
