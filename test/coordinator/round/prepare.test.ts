import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { WitnessFailed } from '../../../coordinator/src/witness/port.ts';
import { evidenceOf } from '../../../coordinator/src/round/prepare.ts';
import { cell, generation, hour, minute, otherReader, policy } from '../../support/build.ts';
import {
  evidenceIn,
  FleetUnderTest,
  hostId,
  registryProfile,
  routerProfile,
  servoUid,
} from '../../support/fleet.ts';

const says = (e: { voices: readonly { says: string }[] }): string[] => e.voices.map((v) => v.says);

t.test('a claimed servo needs no evidence; an unknown one is heard by nobody', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b', 'stray']);
  const prepared = await f.round(['a@h1', 'b']);
  t.strictSame(
    prepared.evidences.map((e) => e.uid),
    ['stray'],
  );
  const stray = evidenceIn(prepared, 'stray');
  t.strictSame(says(stray), ['nothing', 'nothing']);
  t.equal(stray.known, false);
  t.equal(stray.release, undefined);
  t.equal(stray.roundCount, 1);
  t.equal(prepared.live.get(`${cell}:${generation}`), 2);
  t.strictSame(prepared.cells.get(cell)?.fresh, 1);
  t.equal(prepared.population.get('fleet'), 3);
  t.equal(prepared.population.get('host:h1'), 3);
});

t.test('a disappearance: vouched, then claimed no more, and looked up', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b']);
  await f.round(['a@h1/p', 'b@h1/p']);
  f.wait(minute);
  const prepared = await f.round(['b@h1/p']);
  const a = evidenceIn(prepared, 'a');
  t.match(a.release, { kind: 'disappearance', capped: undefined, project: 'p', projectReleased: false });
  t.strictSame(says(a), ['released', 'released']);
  t.equal(a.known, true);
  t.strictSame(f.lookedUp, ['a']);
  t.equal(a.roundCount, 1);
  t.equal(prepared.change.releasesAdded.length, 1);
  f.wait(minute);
  const next = evidenceIn(await f.round(['b@h1/p']), 'a');
  t.equal(next.roundCount, 2);
  t.equal(next.release?.firstReadMs, a.release?.firstReadMs);
  t.strictSame(f.lookedUp, ['a'], 'asked once');
  t.equal(new Set(next.rounds.map((r) => r.heartbeat)).size, 2);
});

t.test('a claim by any witness ends release and rounds', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  await f.round(['a@h1']);
  await f.round([]);
  t.equal(evidenceIn(await f.round([]), 'a').roundCount, 2);
  const claimed = await f.round([], [], ['a']);
  t.strictSame(claimed.evidences, []);
  t.equal(claimed.change.releasesRemoved.length, 1);
  const again = evidenceIn(await f.round([]), 'a');
  t.equal(again.roundCount, 1);
  t.ok(again.release);
});

t.test('a look-up that cannot tell keeps it capped; one that says claimed means no release', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  await f.round(['a@h1']);
  f.lookup = () => Promise.reject(new WitnessFailed('time-out'));
  t.equal(evidenceIn(await f.round([]), 'a').release?.capped, 'no-lookup');
  f.lookup = (uid) => Promise.resolve({ claims: [{ uid, host: hostId('h1') }], version: 1, lineage: 'l' });
  const denied = await f.round([]);
  t.equal(evidenceIn(denied, 'a').release, undefined);
  t.strictSame(says(evidenceIn(denied, 'a')), ['nothing', 'released']);
  t.equal(denied.change.releasesRemoved.length, 1);
  f.lookup = () => Promise.resolve({ claims: [], version: 1, lineage: 'l' });
  const a = evidenceIn(await f.round([]), 'a');
  t.equal(a.release?.capped, undefined);
  t.equal(a.roundCount, 0, 'rounds count from the release on');
  f.lookup = undefined;
  const other = new FleetUnderTest();
  other.lookup = undefined;
  other.report('h1', ['a']);
  await other.round(['a@h1']);
  t.equal(evidenceIn(await other.round([]), 'a').release?.capped, 'no-lookup');
});

t.test('tombstones: exact, of another incarnation, older than the servo', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b', 'c', 'd']);
  const stones = ['a#a-i1/p', 'b#other', 'c@h2', 'd'];
  const prepared = await f.round([], stones);
  t.match(evidenceIn(prepared, 'a').release, { kind: 'tombstone', capped: undefined, project: 'p' });
  t.equal(evidenceIn(prepared, 'b').release, undefined);
  t.equal(evidenceIn(prepared, 'c').release, undefined);
  t.equal(evidenceIn(prepared, 'd').release?.capped, undefined, 'first read after it was seen');
  f.wait(minute);
  f.report('h1', ['a', 'b', 'c', { uid: 'd', incarnation: 'd-i2' }]);
  const later = await f.round([], stones);
  t.equal(evidenceIn(later, 'd').release?.capped, 'tombstone-older');
  t.strictSame(
    later.change.releasesRemoved.map((r) => r.incarnation),
    ['d-i1'],
  );
});

t.test('a claim elsewhere protects until it is borne out there, and old', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  f.report('h2', ['z']);
  await f.round(['a@h1']);
  const moving = evidenceIn(await f.round(['a@h2']), 'a', 'h1');
  t.strictSame(says(moving), ['claims', 'claims']);
  t.equal(moving.release, undefined);
  f.wait(hour + minute);
  t.strictSame(says(evidenceIn(await f.round(['a@h2']), 'a', 'h1')), ['claims', 'claims'], 'not seen there');
  f.report('h2', ['a', 'z']);
  const moved = await f.round(['a@h2']);
  t.strictSame(says(evidenceIn(moved, 'a', 'h1')), ['released', 'released']);
  t.equal(evidenceIn(moved, 'a', 'h1').release?.kind, 'disappearance');
  t.equal(evidenceIn(moved, 'a', 'h1').release?.capped, undefined);
  f.report('h2', ['a', 'z'], [{ path: '/x', code: 'bad', message: 'bad' }]);
  const doubtful = await f.round(['a@h2']);
  t.strictSame(says(evidenceIn(doubtful, 'a', 'h1')), ['claims', 'claims'], 'no longer a whole inventory');
  t.equal(evidenceIn(doubtful, 'a', 'h1').roundCount, 0);
  t.equal(doubtful.change.releasesRemoved.length, 1);
});

t.test('a project deleted while the coordinator was down becomes a release', async (t) => {
  const before = new FleetUnderTest();
  before.report('h1', ['a', 'b']);
  await before.round(['a@h1/p', 'b@h1/p']);
  const f = before.restarted();
  f.report('h1', ['a', 'b', 'new']);
  const first = await f.prepare();
  t.strictSame(
    first.evidences.map((e) => e.uid),
    ['new'],
    'remembered claims protect until the first snapshot',
  );
  const prepared = await f.round(['b@h1/p']);
  t.match(evidenceIn(prepared, 'a').release, { kind: 'disappearance', capped: undefined, project: 'p' });
  t.equal(evidenceIn(prepared, 'new').release, undefined);
  t.equal(evidenceIn(prepared, 'new').known, false);
  const again = f.restarted();
  again.report('h1', ['a', 'b']);
  const later = await again.round(['b@h1/p']);
  t.equal(
    evidenceIn(later, 'a').release?.firstReadMs,
    evidenceIn(prepared, 'a').release?.firstReadMs,
    'a release is hard state',
  );
  t.equal(evidenceIn(later, 'a').roundCount, 1, 'rounds are not');
});

t.test('a tombstone that came while the coordinator was down stands by itself', async (t) => {
  const before = new FleetUnderTest();
  before.report('h1', ['a']);
  await before.round(['a@h1']);
  const f = before.restarted();
  await f.read(registryProfile, [], ['a']);
  f.report('h1', ['a']);
  t.match(evidenceIn(await f.round([], ['a']), 'a').release, { kind: 'tombstone', capped: undefined });
});

t.test('an incarnation is vouched for only by a reading that began after it was seen', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a']);
  f.fleet.noteHeartbeats(f.now);
  const builder = f.fleet.beginSnapshot(registryProfile.id, f.now);
  f.wait(10);
  f.report('h1', ['a', { uid: 'b', incarnation: 'b-i1' }]);
  for (const uid of ['a', 'b']) builder.claim({ uid: servoUid(uid), host: hostId('h1') });
  (await builder.finish()).commit({
    number: 1,
    startedAt: f.now,
    tookMs: 1,
    version: 1,
    lineage: 'l',
    claims: 2,
  });
  const prepared = await f.prepare();
  t.strictSame(
    prepared.change.vouchedAdded.map((v) => v.uid),
    ['a'],
  );
  const next = await f.round(['a@h1', 'b@h1']);
  t.strictSame(
    next.change.vouchedAdded.map((v) => v.uid),
    ['b'],
    'the next reading does, although nothing changed',
  );
});

t.test('no round of evidence without all that it needs', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['s']);
  const count = async (): Promise<number> => evidenceIn(await f.prepare(), 's').roundCount;
  f.fleet.noteHeartbeats(f.now);
  await f.read(registryProfile, []);
  t.equal(await count(), 0, 'one witness was not read');
  await f.read(routerProfile, []);
  t.equal(await count(), 1);
  t.equal(await count(), 1, 'the same heartbeat counts once');
  f.beat();
  f.fleet.noteHeartbeats(f.now);
  t.equal(await count(), 1, 'the readings began before it');
  await f.read(registryProfile, []);
  await f.read(routerProfile, []);
  t.equal(await count(), 2);
  f.wait(policy.heartbeatIntervalMs * policy.hostFreshIntervals + 1000);
  f.fleet.noteHeartbeats(f.now);
  await f.read(registryProfile, []);
  await f.read(routerProfile, []);
  t.equal(await count(), 2, 'not fresh when it was noted');
  f.report('h1', ['s'], [{ path: '/x', code: 'bad', message: 'bad' }]);
  t.equal(evidenceIn(await f.round([]), 's').roundCount, 2, 'not whole');
  f.report('h1', ['s']);
  t.equal(evidenceIn(await f.round([]), 's').roundCount, 3);
  f.fleet.contest(hostId('h1'), 'two agents');
  t.equal(evidenceIn(await f.round([]), 's').roundCount, 0, 'contested');
});

t.test('a replica must show later data in every round', async (t) => {
  const replica = { ...routerProfile, reads: 'replica' as const };
  const f = new FleetUnderTest([registryProfile, replica]);
  f.report('h1', ['s']);
  const round = async (version: number): Promise<number> => {
    f.beat();
    f.fleet.noteHeartbeats(f.now);
    await f.read(registryProfile, []);
    await f.read(replica, [], [], version);
    return evidenceIn(await f.prepare(), 's').roundCount;
  };
  t.equal(await round(7), 1);
  t.equal(await round(7), 1);
  t.equal(await round(8), 2);
});

t.test('a new incarnation and a new boot start again', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['s', 'k']);
  await f.round([]);
  t.equal(evidenceIn(await f.round([]), 's').roundCount, 2);
  f.report('h1', [{ uid: 's', incarnation: 's-i2' }, 'k']);
  const prepared = await f.round([]);
  t.equal(evidenceIn(prepared, 's').roundCount, 1);
  t.equal(evidenceIn(prepared, 'k').roundCount, 3);
  f.connect('h1', { bootId: parseId('boot', 'boot-2') });
  t.strictSame((await f.round([])).evidences, [], 'nothing is known of it before its inventory');
  f.report('h1', ['k']);
  t.equal(evidenceIn(await f.round([]), 'k').roundCount, 1);
});

t.test('many rounds: the first and the newest few are kept', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['s']);
  for (let i = 0; i < 9; i++) await f.round([]);
  const { rounds, roundCount } = evidenceIn(await f.round([]), 's');
  t.equal(roundCount, 10);
  t.equal(rounds.length, policy.evidenceRounds + 1);
  t.strictSame(
    rounds.map((r) => r.heartbeat),
    [2, 9, 10, 11],
  );
});

t.test('match: found, missing by name, acknowledged, and for how many rounds', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', { uid: 'b', contradiction: 'no-object' }, 'renamed']);
  const { host } = evidenceIn(await f.round(['a@h1', 'b@h1', 'c@h1']), 'renamed');
  t.match(host.match, { expected: 3, found: 1, missing: ['c'], missingRounds: 1 });
  t.match(host.generationMatch, { expected: 3, found: 1 });
  const second = await f.round(['a@h1', 'b@h1', 'c@h1']);
  t.equal(evidenceIn(second, 'renamed').host.match.missingRounds, 2);
  t.match(second.facts, [{ expected: 3, found: 1, hostsExpected: 1, hostsFound: 1, swappedHosts: ['h1'] }]);
  f.acknowledgedMissing.push({ host: hostId('h1'), uid: servoUid('c') });
  const third = await f.round(['a@h1', 'b@h1', 'c@h1']);
  t.match(evidenceIn(third, 'renamed').host.match, { missing: [], missingRounds: 0 });
  t.strictSame(third.facts[0]?.swappedHosts, []);
});

t.test('when a host last missed a servo for long enough is remembered', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'old']);
  await f.round(['a@h1', 'old@h1']);
  // Its new name is claimed, and the host goes on showing the old one.
  const first = evidenceIn(await f.round(['a@h1', 'new@h1']), 'old');
  t.equal(first.host.swappedMs, undefined, 'it may just be starting');
  const swapped = evidenceIn(await f.round(['a@h1', 'new@h1']), 'old');
  t.match(swapped.host.match, { missing: ['new'], missingRounds: 2 });
  t.equal(swapped.host.swappedMs, swapped.rounds.at(-1)?.atMs);
  f.wait(minute);
  // The authority loses the new name for a while.
  const lost = evidenceIn(await f.round(['a@h1']), 'old');
  t.match(lost.host.match, { missing: [], missingRounds: 0 });
  t.equal(lost.host.swappedMs, swapped.host.swappedMs);
  const [again] = evidenceOf(f.fleet, hostId('h1'), servoUid('old'), { now: f.now, witnesses: f.views });
  t.equal(again?.host.swappedMs, lost.host.swappedMs);
});

t.test('an authority that names no hosts expects what was vouched for here', async (t) => {
  const f = new FleetUnderTest([registryProfile]);
  f.report('h1', ['a', 'b', 's']);
  f.report('h2', ['k']);
  const prepared = await f.round(['a', 'b']);
  t.match(evidenceIn(prepared, 's').host.match, { expected: 2, found: 2, missing: [] });
  f.report('h1', ['a', 'renamed', 's']);
  const swapped = await f.round(['a', 'b']);
  t.match(evidenceIn(swapped, 'renamed').host.match, {
    expected: 2,
    found: 1,
    missing: ['b'],
    missingRounds: 1,
  });
  t.strictSame(swapped.change.vouchedRemoved, [], 'still expected here');
  f.report('h2', ['b', 'k']);
  const moved = await f.round(['a', 'b']);
  t.match(evidenceIn(moved, 'renamed').host.match, { expected: 1, found: 1, missing: [] });
  t.strictSame(
    moved.change.vouchedRemoved.map((v) => [v.host, v.uid]),
    [['h1', 'b']],
  );
});

t.test(
  'a servo gone from a whole inventory ends what was known of it, from a broken one it does not',
  async (t) => {
    const f = new FleetUnderTest();
    f.report('h1', ['a', 'b']);
    await f.round(['a@h1', 'b@h1']);
    await f.round(['b@h1']);
    f.report('h1', ['b'], [{ path: '/x', code: 'bad', message: 'bad' }]);
    const broken = await f.round(['b@h1']);
    t.strictSame(broken.change.vouchedRemoved, []);
    t.strictSame(broken.change.releasesRemoved, []);
    f.report('h1', ['a', 'b']);
    t.equal(evidenceIn(await f.round(['b@h1']), 'a').known, true);
    f.report('h1', ['b']);
    const gone = await f.round(['b@h1']);
    t.strictSame(
      gone.change.vouchedRemoved.map((v) => v.uid),
      ['a'],
    );
    t.equal(gone.change.releasesRemoved.length, 1);
    t.strictSame(f.fleet.releases(), []);
  },
);

t.test('what hosts say while a pass is made is the next pass’s', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 's']);
  await f.round(['a@h1']);
  f.lookup = () => {
    f.report('h1', ['s', 't']);
    return Promise.resolve({ claims: [], version: 1, lineage: 'l' });
  };
  const prepared = await f.round([]);
  t.strictSame(
    prepared.evidences.map((e) => [e.uid, e.host.view.inventory?.uid[e.row]]),
    [
      ['a', 'a'],
      ['s', 's'],
    ],
  );
  t.strictSame(f.fleet.releases(), [], 'the servo went meanwhile');
  const next = await f.round([]);
  t.strictSame(
    next.evidences.map((e) => e.uid),
    ['s', 't'],
  );
});

t.test('explain sees live servos too, now', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 's']);
  await f.round(['a@h1', 'gone@h1']);
  const [a] = evidenceOf(f.fleet, hostId('h1'), servoUid('a'), { now: f.now, witnesses: f.views });
  t.strictSame(
    a?.voices.map((v) => v.says),
    ['claims', 'claims'],
  );
  t.equal(a?.host.match.expected, 2);
  t.equal(a?.known, true);
  t.strictSame(evidenceOf(f.fleet, hostId('h1'), servoUid('x'), { now: f.now, witnesses: f.views }), []);
  t.strictSame(evidenceOf(f.fleet, hostId('h9'), servoUid('a'), { now: f.now, witnesses: f.views }), []);
});

t.test('a reader inherits only from an inventory that it equals', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b']);
  f.connect('h1', { readerVersion: otherReader });
  f.report('h1', ['a', 'c']);
  t.equal(f.fleet.views.get(hostId('h1'))?.inheritsFrom, 'a'.repeat(64));
  t.match((await f.round([])).inherited, [{ host: 'h1', inheritsFrom: 'a'.repeat(64) }]);
  f.report('h2', ['a', 'b']);
  f.connect('h2', { readerVersion: otherReader });
  f.report('h2', [{ uid: 'A', incarnation: 'a-i1' }, 'b']);
  t.equal(f.fleet.views.get(hostId('h2'))?.inheritsFrom, undefined);
  f.report('h3', ['a']);
  f.connect('h3', { readerVersion: otherReader });
  f.report('h3', ['c']);
  t.equal(f.fleet.views.get(hostId('h3'))?.inheritsFrom, undefined, 'nothing is in both');
});
