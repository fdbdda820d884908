import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { WitnessView } from '../../../coordinator/src/domain/witness.ts';
import { roundOf, snapshotsOf, Tally, type Noted } from '../../../coordinator/src/fold/rounds.ts';
import { aRound, at, bootId, epoch, h1, registry, router } from '../../support/build.ts';

const noted = (number: number, receivedMs: number, more: Partial<Noted> = {}): Noted => ({
  heartbeat: { number, askedAt: at(receivedMs - 10), receivedAt: at(receivedMs) },
  bootId,
  epoch,
  atMs: receivedMs,
  ...more,
});
const read = (number: number, startedMs: number, version = number): readonly WitnessView[] =>
  [registry, router].map((w, i) => ({
    ...w,
    accepted: { number: number + i, startedAt: at(startedMs), tookMs: 1, version, lineage: 'l', claims: 1 },
  }));
const form = (n: Noted, witnesses: readonly WitnessView[], previous?: ReturnType<typeof roundOf>) =>
  roundOf(h1, n, snapshotsOf(witnesses) ?? [], witnesses, previous, 1000);

t.test('an observation, then every witness', (t) => {
  const first = form(noted(1, 100), read(1, 200));
  t.match(first, { host: h1, heartbeat: 1, atMs: 1000, fresh: true, bootId, epoch });
  t.equal(form(noted(1, 100), read(1, 99)), undefined, 'read before');
  t.ok(form(noted(1, 100), read(1, 100)), 'read from then on');
  t.equal(form(noted(1, 300), read(3, 400), first)?.heartbeat, undefined, 'the same heartbeat');
  t.equal(form(noted(2, 300), read(1, 400), first), undefined, 'the same snapshots');
  t.equal(form(noted(2, 300), read(3, 400), first)?.heartbeat, 2);
  t.ok(
    form(noted(1, 300, { bootId: parseId('boot', 'b2') }), read(1, 400, 1), first),
    'another boot starts again',
  );
  t.end();
});

t.test('a replica must have moved; a primary need not', (t) => {
  const first = form(noted(1, 100), read(1, 200, 7));
  t.ok(form(noted(2, 300), read(3, 400, 7), first));
  const replica = (views: readonly WitnessView[]) =>
    views.map((w, i) => (i === 1 ? { ...w, reads: 'replica' as const } : w));
  t.equal(form(noted(2, 300), replica(read(3, 400, 7)), first), undefined);
  t.ok(form(noted(2, 300), replica(read(3, 400, 8)), first));
  t.end();
});

t.test('no snapshots without all of them', (t) => {
  t.equal(snapshotsOf([]), undefined);
  t.equal(snapshotsOf([registry, { ...router, accepted: undefined }]), undefined);
  t.equal(snapshotsOf([registry, router])?.length, 2);
  t.end();
});

t.test('a tally counts only its own rounds', (t) => {
  const tally = new Tally();
  t.strictSame(tally.rounds([]), []);
  const all = [1, 2, 3, 4].map((n) => aRound(n, 4, { atMs: n * 100 }));
  const newest = all.slice(-2);
  tally.countFrom(200);
  for (const round of all) tally.add(round);
  t.equal(tally.count, 3);
  t.strictSame(
    tally.rounds(newest).map((r) => r.atMs),
    [200, 300, 400],
  );
  t.equal(tally.rounds(all.slice(-3)).length, 3);
  t.strictSame(
    tally.rounds(all).map((r) => r.atMs),
    [200, 300, 400],
    'the host’s older rounds are not its own',
  );
  tally.countFrom(200);
  t.equal(tally.count, 3, 'the same beginning changes nothing');
  tally.countFrom(350);
  t.equal(tally.count, 0);
  t.end();
});
