import t from 'tap';
import { Oracle } from '../oracle.ts';
import type { WorldEvent } from '../../event.ts';
import {
  at,
  bent,
  broken,
  h1,
  h2,
  hour,
  inventory,
  judged,
  madeMs,
  minute,
  order1,
  orphan,
  projectOf,
  registry,
  router,
  second,
  story,
  without,
} from '../story.ts';

const claimAgain = (atMs: number, witness = registry, host: typeof h1 | undefined = h1): WorldEvent =>
  at(atMs, {
    kind: 'claim.committed',
    witness,
    uid: orphan,
    host,
    incarnation: undefined,
    project: projectOf(orphan),
    version: 3,
  });
const begunMs = madeMs + second + 260;

t.test('a claim that stood all through a snapshot of a cited round', (t) => {
  // As when a registry is claimed again, and a stale replica answers.
  for (const witness of [registry, router])
    t.ok(broken([...story(), claimAgain(2 * hour + minute, witness)]).includes('I1'), witness);
  t.match(
    judged([...story(), claimAgain(2 * hour + minute)])[0]?.message,
    /claimed s1 on h1 .* all through snapshot \d+ .* of the round of heartbeat 5/,
  );
  t.ok(broken([...story(), claimAgain(2 * hour + minute, registry, undefined)]).includes('I1'), 'no host');
  t.end();
});

t.test('a claim that its witness kept to itself, and that is over when the order is made', (t) => {
  const fault = { id: 1, fault: 'witness-truncated' } as const;
  const lie = (of: typeof registry, toMs: number): readonly WorldEvent[] => [
    at(2 * hour, { kind: 'fault.began', ...fault, subject: { kind: 'witness', witness: of }, detail: '' }),
    at(toMs, { kind: 'fault.ended', ...fault }),
  ];
  const ended = at(2 * hour + 11 * minute, {
    kind: 'claim.withdrawn',
    witness: router,
    uid: orphan,
    host: h1,
    version: 4,
    how: 'released',
  });
  const all = [...story(), claimAgain(2 * hour + minute, router)];
  const breaks = (...more: readonly WorldEvent[]) => broken([...all, ...more]).includes('I1');
  t.notOk(breaks(ended, ...lie(router, 2 * hour + 12 * minute)));
  t.ok(breaks(ended), 'it did not lie');
  t.ok(breaks(ended, ...lie(registry, 2 * hour + 12 * minute)), 'another one lied');
  t.ok(breaks(ended, ...lie(router, 2 * hour + minute)), 'it lied before');
  t.ok(breaks(...lie(router, 2 * hour + 12 * minute)), 'it is not over');
  t.end();
});

t.test('a claim that only began or ended within a snapshot need not be in it', (t) => {
  const events = bent(story(), 'claim.withdrawn', (e) => ({ ...e, atMs: 2 * hour + 300 }));
  t.notOk(judged(events).some((v) => v.invariant === 'I1'));
  t.end();
});

t.test(
  'a claim on another host protects until the servo was seen there and the claim is an hour old',
  (t) => {
    const moved = claimAgain(hour + minute, registry, h2);
    const there = at(0, {
      kind: 'host.enrolled',
      host: h2,
      cell: 'c1' as never,
      generation: 'sqlite/process' as never,
    });
    t.ok(broken([there, ...story(), moved]).includes('I1'), 'not seen there');
    const seen = inventory(hour + 2 * minute, [orphan], h2);
    t.ok(broken([there, ...story(), moved, seen]).includes('I1'), 'too young');
    const old = claimAgain(minute, registry, h2);
    t.notOk(
      broken([there, ...story(), old, inventory(2 * minute, [orphan], h2)]).includes('I1'),
      'moved for good',
    );
    t.end();
  },
);

t.test('a claim on another host that lapsed where nobody read it is as old as it looks', (t) => {
  const there = at(0, {
    kind: 'host.enrolled',
    host: h2,
    cell: 'c1' as never,
    generation: 'sqlite/process' as never,
  });
  const seen = inventory(2 * minute, [orphan], h2);
  const lapsed = (fromMs: number, toMs: number) => {
    const end = at(fromMs, {
      kind: 'claim.withdrawn',
      witness: registry,
      uid: orphan,
      host: h2,
      version: 2,
      how: 'lost',
    });
    const all = [there, ...story(), claimAgain(minute, registry, h2), seen, end];
    return broken([...all, claimAgain(toMs, registry, h2)]).includes('I1');
  };
  t.notOk(lapsed(2 * hour + minute, 2 * hour + 9 * minute), 'between two readings');
  t.ok(lapsed(2 * hour - minute, 2 * hour + 9 * minute), 'a reading was without it');
  t.end();
});

t.test('a claim that stood all through the last look-up', (t) => {
  const events = [...story(), claimAgain(madeMs + second + 10)];
  t.match(judged(events)[0], { invariant: 'I1', message: /all through its last look-up/ });
  t.end();
});

t.test(
  'a claim after the last look-up is exposure: measured, and no violation within the life of the yes',
  (t) => {
    const oracle = new Oracle();
    const events = [...story(), claimAgain(madeMs + second + 120)].toSorted((a, b) => a.atMs - b.atMs);
    t.same(
      events.flatMap((e) => oracle.see(e)),
      [],
    );
    t.match(oracle.figures, { exposed: 1, maxExposureMs: 150 });
    t.end();
  },
);

t.test('a stop that begins when its yes is too old', (t) => {
  const late = (by: number) =>
    story().map((e) => (e.atMs >= begunMs - 10 && e.atMs < 3 * hour ? { ...e, atMs: e.atMs + by } : e));
  t.same(broken(late(4 * second)), []);
  t.same(broken(late(6 * second)), ['I1']);
  t.match(judged(late(6 * second))[0]?.message, /began 6260 ms after its last question, at most 5005 ms/);
  t.end();
});

t.test('exposure beyond the yes is allowed only for what the agent stood still after its last check', (t) => {
  const slow = (paused: boolean): readonly WorldEvent[] => [
    ...story().map((e) => (e.atMs > begunMs && e.atMs < 3 * hour ? { ...e, atMs: e.atMs + minute } : e)),
    claimAgain(madeMs + second + 240),
    ...(paused
      ? [
          at(begunMs, { kind: 'agent.paused', host: h1 }),
          at(begunMs + minute, { kind: 'agent.resumed', host: h1 }),
        ]
      : []),
  ];
  t.same(broken(slow(true)), []);
  t.same(broken(slow(false)), ['I1']);
  t.end();
});

t.test('a stop without a question, or of an order that nobody made', (t) => {
  t.ok(judged(without(story(), 'question.asked')).some((v) => /without a last question/.test(v.message)));
  t.ok(judged(without(story(), 'order.durable')).some((v) => /which nobody made/.test(v.message)));
  t.end();
});

t.test('a near miss is an order that was made though the servo was claimed; it is counted', (t) => {
  const oracle = new Oracle();
  const events = [...story(), claimAgain(2 * hour + minute)].filter(
    (e) => !('order' in e && e.order === order1) || e.kind === 'order.durable',
  );
  const found = events.toSorted((a, b) => a.atMs - b.atMs).flatMap((e) => oracle.see(e));
  t.notOk(found.some((v) => v.invariant === 'I1'));
  t.equal(oracle.figures.nearMisses, 1);
  t.end();
});

t.test('another witness’s look-up does not answer for this one', (t) => {
  const events = story().filter((e) => !(e.kind === 'lookup.answered' && e.witness === router));
  const claim = claimAgain(madeMs + second + 10, router);
  t.notOk(judged([...events, claim]).some((v) => /all through its last look-up/.test(v.message)));
  t.end();
});
