import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import {
  at,
  bent,
  broken,
  cite,
  claimed,
  digestOf,
  h2,
  hour,
  inventory,
  judged,
  live,
  made,
  madeMs,
  minute,
  orphan,
  registry,
  round,
  story,
  withdrawn,
} from '../story.ts';

/** What I4 says of the story with another order in it. */
const says = (events = story()) =>
  judged(events)
    .filter((v) => v.invariant === 'I4')
    .map((v) => v.message);
const citing = (...numbers: number[]) =>
  says(bent(story(), 'order.durable', () => made(madeMs, undefined, undefined, numbers)));

t.test('too few rounds, or one of them twice', (t) => {
  t.match(citing(5, 6), [/cites 2 rounds of different heartbeats, at least 3/]);
  t.match(citing(4, 6, 6).join('\n'), /cites 2 rounds/);
  t.match(citing(4, 5, 5).join('\n'), /cites heartbeat 5 after heartbeat 5/);
  t.match(citing(5, 4, 6).join('\n'), /cites heartbeat 4 after heartbeat 5/);
  t.end();
});

t.test('a heartbeat that was never heard', (t) => {
  t.match(citing(4, 5, 7)[0], /round of heartbeat 7, which was never heard under epoch 1/);
  t.end();
});

t.test('another boot, another epoch', (t) => {
  const boot = parseId('boot', 'h1-boot-2');
  const other = bent(story(), 'heartbeat.heard', (e) => (e.number === 5 ? { ...e, boot } : e));
  t.match(says(other).join('\n'), /was of boot h1-boot-2, not h1-boot-1/);
  t.match(says(other).join('\n'), /cites rounds of 2 boots/);
  const later = bent(story(), 'order.durable', (e) => ({ ...e, epoch: 2 }));
  t.match(says(later)[0], /is of epoch 2, and cites the round of heartbeat 4 of epoch 1/);
  t.end();
});

t.test('a round that was not fresh', (t) => {
  const stale = (by: number) =>
    says(bent(story(), 'heartbeat.heard', (e) => (e.number === 6 ? { ...e, askedMs: e.askedMs - by } : e)));
  t.same(stale(20_000), []);
  t.match(stale(22_000), [/answered a nonce that was 31.1 s old when the round began, at most 30.0 s/]);
  t.end();
});

t.test(
  'a snapshot that began before its heartbeat, that failed, that two rounds share, that is missing',
  (t) => {
    const early = bent(story(), 'witness.read', (e) =>
      e.number === 61 ? { ...e, beganMs: e.beganMs - 200 } : e,
    );
    t.match(says(early), [/registry was read 100 ms before that heartbeat came/]);
    const failed = bent(story(), 'witness.read', (e) =>
      e.number === 61 ? { ...e, outcome: 'failed' as const } : e,
    );
    t.match(says(failed), [/cites no accepted snapshot of registry/]);
    const shared = bent(story(), 'order.durable', (e) => ({
      ...e,
      rounds: [
        cite(4),
        cite(5),
        { ...cite(6), snapshots: [{ witness: registry, number: 51 }, ...cite(6).snapshots.slice(1)] },
      ],
    }));
    t.match(says(shared).join('\n'), /share snapshot 51 of registry/);
    const missing = bent(story(), 'order.durable', (e) => ({
      ...e,
      rounds: e.rounds.map((r) => ({ ...r, snapshots: r.snapshots.slice(1) })),
    }));
    t.equal(says(missing).length, 3);
    t.end();
  },
);

t.test('rounds that are too close together', (t) => {
  const close = bent(story(), 'order.durable', (e) => ({ ...e, atMs: e.atMs - 12 * minute }));
  t.match(says(close).join('\n'), /never heard|was made .* after its first round/);
  const quick = [
    ...story().filter((e) => e.atMs < 2 * hour),
    ...round(4, 2 * hour),
    ...round(5, 2 * hour + minute),
    ...round(6, 2 * hour + 2 * minute),
    made(2 * hour + 3 * minute),
  ];
  t.match(says(quick), [/was made 179.5 s after its first round, which must be 599.4 s before the last/]);
  t.end();
});

t.test('a heartbeat whose inventory does not hold the servo', (t) => {
  const events = bent(story(), 'heartbeat.heard', (e) =>
    e.number === 5 ? { ...e, digest: digestOf(2) } : e,
  );
  t.match(says(events), [/vouches for no inventory that holds s1 i-s1/]);
  const shown = at(2 * hour + minute, { ...inventory(0, live), atMs: 0, digest: digestOf(2) } as never);
  t.match(says([...events, shown]), [/vouches for no inventory/], 'shown without it');
  t.end();
});

t.test('released too lately, seen too lately', (t) => {
  const late = bent(story(), 'claim.withdrawn', (e) => ({ ...e, atMs: madeMs - 30 * minute }));
  t.match(says(late).join('\n'), /claim of s1 ended 30.0 min before, at least 60.0 min/);
  // Claimed again for a moment, and released again: seen by whoever read meanwhile, and otherwise by nobody.
  const flapped = [
    ...story(),
    ...claimed(orphan, madeMs - 40 * minute),
    ...withdrawn(orphan, madeMs - 38 * minute),
  ];
  t.match(says([...flapped, ...round(9, madeMs - 39 * minute)]).join('\n'), /ended 38.0 min before/);
  t.same(says(flapped), []);
  const seen = bent(story(), 'inventory.taken', (e) => ({ ...e, atMs: madeMs - 5 * minute }));
  t.match(says(seen).join('\n'), /s1 was first seen 300.0 s before/);
  t.end();
});

t.test('by hand, the evidence gates are skipped', (t) => {
  const hand = bent(story(), 'order.durable', (e) => ({ ...e, rounds: [], byHand: ['ada', 'bo'] }));
  t.notOk(broken(hand).includes('I4'));
  t.end();
});

t.test('grace is counted from the authority’s claim of this copy, not from others', (t) => {
  const late = claimed(orphan, madeMs - 40 * minute).filter((e) => 'witness' in e && e.witness !== registry);
  const ended = withdrawn(orphan, madeMs - 39 * minute).filter(
    (e) => 'witness' in e && e.witness !== registry,
  );
  t.same(says([...story(), ...late, ...ended]), []);
  const there = [
    ...claimed(orphan, madeMs - 40 * minute, h2),
    ...withdrawn(orphan, madeMs - 39 * minute, h2),
  ];
  t.same(says([...story(), ...there]), []);
  t.end();
});
