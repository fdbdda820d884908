import t from 'tap';
import { inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { Fleet } from '../../../coordinator/src/fold/fleet.ts';
import { at, digest, epoch, generation, otherReader, policy, readerVersion } from '../../support/build.ts';
import { aServo, FleetUnderTest, hostId, noMemory, registryProfile, servoUid } from '../../support/fleet.ts';

const heartbeat = { number: 1, askedAt: at(900), receivedAt: at(1000) };
const h1 = hostId('h1');

t.test('an inventory whose digest does not match, or that is not canonical, changes nothing', (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  const before = f.fleet.views.get(h1);
  const servos = [aServo({ uid: 'a' }), aServo({ uid: 'b' })];
  const take = (rows: typeof servos, named = inventoryDigest(generation, servos)) =>
    f.fleet.takeSnapshot(h1, { digest: named, problems: [], servos: rows, heartbeat }, f.now);
  t.match(take(servos, digest), {
    ok: false,
    message: /inventory of h1: its digest is [0-9a-f]{64}, d{64} was sent/,
  });
  t.match(take(servos.toReversed()), { ok: false, message: /a is out of place/ });
  t.match(take([...servos, ...servos.slice(1)]), { ok: false, message: /b is out of place/ });
  t.equal(f.fleet.views.get(h1), before);
  t.equal(take(servos).ok, true);
  t.equal(f.fleet.views.get(h1)?.inventory?.count, 2);
  t.end();
});

t.test('a heartbeat vouches for the inventory that is held, or asks for a whole one', (t) => {
  const f = new FleetUnderTest();
  f.connect('h1');
  const beat = (more: object = {}) =>
    f.fleet.takeHeartbeat(h1, {
      digest: f.fleet.views.get(h1)?.inventory?.digest ?? digest,
      count: 2,
      changes: [],
      heartbeat: { ...heartbeat, number: 7 },
      ...more,
    });
  t.equal(beat().full, true, 'none is held');
  f.report('h1', ['a', 'b']);
  t.equal(beat().full, false);
  t.equal(f.fleet.views.get(h1)?.heartbeat?.number, 7);
  t.equal(beat({ changes: [{ index: 1, state: 'quarantined', activity: 'quiet' }] }).full, false);
  t.strictSame([...(f.fleet.views.get(h1)?.inventory?.state ?? [])], [0, 2]);
  t.equal(beat({ count: 3 }).full, true);
  t.equal(f.fleet.views.get(h1)?.digestMatches, false);
  t.equal(beat().full, false);
  t.equal(f.fleet.views.get(h1)?.digestMatches, true);
  t.equal(beat({ digest }).full, true);
  t.equal(beat({ changes: [{ index: 2, state: 'running', activity: 'quiet' }] }).full, true);
  t.end();
});

t.test('a host that never connected cannot speak', (t) => {
  const f = new FleetUnderTest();
  t.throws(
    () => f.fleet.takeHeartbeat(h1, { digest, count: 0, changes: [], heartbeat }),
    /h1 is not connected/,
  );
  t.throws(
    () => f.fleet.takeSnapshot(h1, { digest, problems: [], servos: [], heartbeat }, f.now),
    /not connected/,
  );
  t.end();
});

t.test('a new session of the same boot and reader keeps what is held; of another it does not', (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  const firstSeen = f.fleet.views.get(h1)?.firstSeenMs[0];
  f.wait(50).connect('h1');
  t.ok(f.fleet.views.get(h1)?.inventory);
  f.connect('h1', { bootId: parseId('boot', 'boot-2') });
  t.match(f.fleet.views.get(h1), { inventory: undefined, heartbeat: undefined, digestMatches: false });
  f.report('h1', ['a', 'b']);
  t.strictSame(f.fleet.views.get(h1)?.firstSeenMs[0], firstSeen, 'the incarnation was seen before');
  t.ok((f.fleet.views.get(h1)?.firstSeenMs[1] ?? 0) > (firstSeen ?? 0));
  t.end();
});

t.test('contested and acknowledged stay with the host', (t) => {
  const f = new FleetUnderTest();
  f.fleet.contest(h1, 'journal went back');
  f.fleet.acknowledge(h1, [{ path: '/x', contentSha256: digest }]);
  f.report('h1', ['a']);
  t.match(f.fleet.views.get(h1), { contested: 'journal went back', acknowledged: [{ path: '/x' }] });
  f.fleet.contest(h1, undefined);
  f.fleet.acknowledge(h1, []);
  t.match(f.fleet.views.get(h1), { contested: undefined, acknowledged: [] });
  t.end();
});

t.test('an acknowledged problem makes the inventory count as read', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b']);
  await f.round(['a', 'b']);
  f.report('h1', ['b'], [{ path: '/x', code: 'bad', message: 'bad', contentSha256: digest }]);
  t.strictSame((await f.round(['b'])).change.vouchedRemoved, []);
  f.fleet.acknowledge(h1, [{ path: '/x', contentSha256: digest }]);
  t.equal((await f.round(['b'])).change.vouchedRemoved.length, 1);
});

t.test('a retired host is forgotten, with all that was durable of it', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b']);
  f.report('h2', ['b']);
  await f.round(['a@h1', 'b@h1', 'b@h2']);
  await f.round(['b@h1', 'b@h2']);
  f.retire('h1');
  t.equal(f.fleet.views.has(h1), false);
  t.strictSame(f.fleet.releases(), []);
  t.equal(f.fleet.runsElsewhere(hostId('h2'), servoUid('b')), false);
  const { change } = await f.round(['b@h2']);
  t.strictSame(change.vouchedRemoved.map((v) => v.uid).toSorted(), ['a', 'b']);
  t.equal(change.releasesRemoved.length, 1);
  f.fleet.retire(hostId('h9'));
});

t.test('a uid elsewhere', (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  t.equal(f.fleet.runsElsewhere(h1, servoUid('a')), false);
  f.report('h2', ['a']);
  t.equal(f.fleet.runsElsewhere(h1, servoUid('a')), true);
  t.equal(f.fleet.runsElsewhere(h1, servoUid('never')), false);
  t.end();
});

t.test('what an earlier leadership knew of a host’s reader', (t) => {
  const memory = {
    ...noMemory,
    hosts: [
      {
        host: h1,
        cell: parseId('cell', 'c1'),
        generation,
        readerVersion,
        inheritsFrom: otherReader,
        retired: false,
        acknowledged: [{ path: '/y', contentSha256: digest }],
        journal: undefined,
        contested: undefined,
      },
    ],
  };
  const f = new FleetUnderTest([registryProfile], memory);
  f.connect('h1');
  t.match(f.fleet.views.get(h1), { inheritsFrom: otherReader, acknowledged: [{ path: '/y' }] });
  const other = new FleetUnderTest([registryProfile], memory);
  other.connect('h1', { readerVersion: otherReader });
  t.equal(other.fleet.views.get(h1)?.inheritsFrom, undefined);
  t.end();
});

t.test('what could not be made durable comes again', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  const { change } = await f.round(['a']);
  t.equal(change.vouchedAdded.length, 1);
  f.fleet.giveBack(change);
  t.strictSame((await f.round(['a'])).change.vouchedAdded, change.vouchedAdded);
});

t.test('more witnesses than bits are refused', (t) => {
  const witnesses = Array.from({ length: 9 }, (_, i) => ({
    ...registryProfile,
    id: parseId('witness', `w${i}`),
    authority: i === 0,
  }));
  t.throws(
    () => new Fleet({ witnesses, policy, epoch, startedMs: 0, memory: noMemory }),
    /9 witnesses are configured: want at most 8/,
  );
  t.end();
});

t.test('numbers of uids that nobody holds are freed, those that somebody holds are not', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['kept', 'gone']);
  await f.round(['kept@h1/p', 'gone@h1/q', 'named@h9']);
  f.report('h1', ['kept']);
  const { uids } = f.fleet.book.tables;
  for (let i = 0; i < 70_000; i++) uids.add(servoUid(`passing-${i}`));
  const prepared = await f.round(['kept@h1/p', 'named@h9']);
  t.ok(uids.find('gone') >= 0, 'claimed until the snapshot without it was accepted');
  t.equal(uids.find('passing-1'), -1);
  t.strictSame(prepared.evidences, []);
  for (let i = 0; i < 70_000; i++) uids.add(servoUid(`passing-${i}`));
  f.report('h1', ['kept', 'new']);
  const next = await f.round(['kept@h1/p', 'named@h9']);
  t.equal(uids.find('gone'), -1);
  t.ok(uids.find('named') >= 0);
  t.strictSame(
    next.evidences.map((e) => e.uid),
    ['new'],
  );
  t.equal(
    f.fleet.book.authoritySeat?.claims.lastProject(uids.find('new')),
    undefined,
    'nothing of who had the number',
  );
});
