import t from 'tap';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import type { WorldEvent } from '../../event.ts';
import {
  at,
  bent,
  c1,
  claimed,
  created,
  generation,
  h1,
  h2,
  hour,
  inventory,
  judged,
  live,
  lookups,
  made,
  madeMs,
  minute,
  orphan,
  projectOf,
  router,
  second,
  servoOf,
  story,
  withdrawn,
  without,
  registry,
} from '../story.ts';

const says = (events: readonly WorldEvent[]) =>
  judged(events)
    .filter((v) => v.invariant === 'I9')
    .map((v) => v.message);
const added = (...more: readonly WorldEvent[]) => says([...story(), ...more]);

t.test('an incomplete inventory, unless every item was acknowledged', (t) => {
  const incomplete = { ...inventory(madeMs - second), problems: 1 } as WorldEvent;
  t.match(added(incomplete), [/latest inventory of h1 has 1 problem\(s\), of which 0 were acknowledged/]);
  const acknowledged = at(hour, {
    kind: 'operator.acted',
    act: 'item.acknowledged',
    about: 'h1 /store/x.json',
  });
  t.same(added(incomplete, acknowledged), []);
  t.match(added({ ...incomplete, problems: 2 } as WorldEvent, acknowledged), [/2 problem\(s\), of which 1/]);
  t.end();
});

t.test('a contested host, until somebody accepts it; a retired one', (t) => {
  const contested = at(hour, { kind: 'host.contested', host: h1, why: 'two sessions' });
  t.match(added(contested), [/h1 is contested/]);
  t.same(added(contested, at(2 * hour, { kind: 'operator.acted', act: 'host.accepted', about: 'h1' })), []);
  t.match(added(at(hour, { kind: 'host.retired', host: h1 })), [/h1 is not enrolled/]);
  t.end();
});

const k2 = parseId('coordinator', 'k2');
const found = (atMs: number, epoch = 1) =>
  at(atMs, { kind: 'contest.found', host: h1, epoch, why: 'two sessions' });
const contest = (events: readonly WorldEvent[]) => says(events).filter((m) => m.includes('found contested'));
/** The story, with more in its places. */
const among = (...more: readonly WorldEvent[]) => [...story(), ...more].toSorted((a, b) => a.atMs - b.atMs);

t.test('what a leader found binds it before it is written, for its orders and for its yes', (t) => {
  t.equal(contest(among(found(hour))).length, 2);
  t.match(contest(among(found(madeMs + 1))), [/the yes to order o1: h1 was found contested/]);
  const asked = story().find((e) => e.kind === 'question.asked')?.atMs ?? NaN;
  t.same(contest(among(found(asked + 1))), [], 'found after the question, nobody can know it for its answer');
  const accepted = at(2 * hour, { kind: 'operator.acted', act: 'host.accepted', about: 'h1' });
  t.same(contest(among(found(hour), accepted)), []);
  t.equal(contest(among(found(hour), accepted, found(2 * hour + 1))).length, 2, 'and again');
  t.end();
});

t.test('what a leader found binds the next one, unless it ended before it can have written it', (t) => {
  const next = (endedMs: number, ...more: readonly WorldEvent[]) =>
    contest(
      bent(
        among(
          ...more,
          at(endedMs, { kind: 'coordinator.crashed', coordinator: parseId('coordinator', 'k1') }),
          at(hour + minute, { kind: 'lead.taken', coordinator: k2, cells: [c1], epoch: 2 }),
        ),
        'order.durable',
        (e) => ({ ...e, epoch: 2 }),
      ),
    ).filter((m) => !m.startsWith('the yes'));
  t.same(next(hour + 4 * second, found(hour)), []);
  t.equal(next(hour + 6 * second, found(hour)).length, 1);
  t.same(next(hour + 6 * second, found(hour + 2 * minute)), [], 'a deposed one binds nobody else');
  t.end();
});

t.test('a host that was renamed is another one to whoever contested it', (t) => {
  const contested = at(hour, { kind: 'host.contested', host: h2, why: 'two sessions' });
  const there = at(0, { kind: 'host.enrolled', host: h2, cell: c1, generation });
  const name = parseId('host', 'h3');
  const renamed = at(2 * hour, { kind: 'host.renamed', host: h2, to: name });
  const order = { ...made(), host: name };
  const of = (...more: readonly WorldEvent[]) =>
    added(there, contested, ...more).filter((m) => m.includes('contested'));
  t.equal(of({ ...order, host: h2 }).length, 1);
  t.same(of(renamed, order), []);
  t.end();
});

t.test('a name that a host has given up: known to nobody as long as its last heartbeat is fresh', (t) => {
  const name = parseId('host', 'h3');
  const renamed = (atMs: number) => at(atMs, { kind: 'host.renamed', host: h1, to: name });
  const until = story().filter(({ atMs }) => atMs <= madeMs);
  const of = (...more: readonly WorldEvent[]) => says([...more, ...until]);
  t.same(of(renamed(madeMs - 20 * second)), []);
  t.match(of(renamed(madeMs - minute)), [/no host is called h1 since/]);
  const retired = at(madeMs - second, { kind: 'host.retired', host: h1 });
  t.match(of(renamed(madeMs - 20 * second), retired), [/h1 is not enrolled/]);
  t.end();
});

t.test('a witness without a fresh snapshot', (t) => {
  const none = bent(story(), 'witness.read', (e) =>
    e.witness === router ? { ...e, outcome: 'failed' as const } : e,
  );
  t.match(says(none), [/no snapshot of router was ever accepted/]);
  const old = bent(story(), 'witness.read', (e) =>
    e.witness === router && e.number === 62 ? { ...e, outcome: 'waiting' as const } : e,
  );
  t.match(says(old), [/the last accepted snapshot of router is 599.9 s old, at most 120/]);
  const coordinator = parseId('coordinator', 'k1');
  const still = (untilMs: number) => [
    at(madeMs - 9 * minute, { kind: 'coordinator.paused' as const, coordinator }),
    at(untilMs, { kind: 'coordinator.resumed' as const, coordinator }),
  ];
  const among = (untilMs: number) => says([...old, ...still(untilMs)].toSorted((a, b) => a.atMs - b.atMs));
  t.same(among(madeMs - 2), [], 'it stood still while it wrote the order');
  t.equal(among(madeMs - 10).length, 1, 'it went on before, and could look');
  t.end();
});

t.test('a snapshot that takes long may be older, up to a ceiling', (t) => {
  const slow = (tookMs: number) =>
    bent(story(), 'witness.read', (e) => (e.number === 62 ? { ...e, beganMs: e.atMs - tookMs } : e));
  t.same(says(slow(4 * minute)), []);
  t.match(says(slow(31 * minute)), [/is 31.9 min old|is 32.0 min old/]);
  t.end();
});

t.test('a look-up that failed, that claimed, that nobody made', (t) => {
  const answer = (to: 'failed' | 'claimed') =>
    says(
      bent(story(), 'lookup.answered', (e) => (e.witness === router ? { ...e, answer: to, hosts: [h1] } : e)),
    );
  t.match(answer('failed'), [/router could not tell about s1/]);
  t.match(answer('claimed'), [/router answered that s1 is claimed/]);
  t.match(says(bent(story(), 'lookup.answered', (e) => (e.witness === router ? [] : e))), [
    /router was not asked about s1/,
  ]);
  const before = [...story().filter((e) => e.kind !== 'lookup.answered'), ...lookups(madeMs + 500)];
  t.match(says(before).join('\n'), /registry was not asked/, 'asked before the question');
  t.end();
});

t.test('controls that were not called claimed, or were too few', (t) => {
  const controls = (to: 'failed' | 'not-claimed') =>
    says(bent(story(), 'lookup.answered', (e) => (e.control ? { ...e, answer: to } : e)));
  t.match(controls('not-claimed')[0], /the control k1 was not called claimed/);
  t.match(controls('failed')[0], /the control k1 was not answered/);
  t.match(says(bent(story(), 'lookup.answered', (e) => (e.control && e.uid === 'k3' ? [] : e))), [
    /2 control\(s\) were asked for, at least 3/,
  ]);
  t.end();
});

t.test('a servo that its host could not vouch for', (t) => {
  const servo = servoOf(orphan);
  t.match(added(at(hour, { kind: 'servo.contradicted', ...servo, contradicted: true })), [
    /store and runtime disagree/,
  ]);
  t.match(added(at(hour, { kind: 'servo.used', ...servo, used: true })), [/which has been in use for/]);
  t.same(
    added(
      at(hour, { kind: 'servo.used', ...servo, used: true }),
      at(hour + minute, { kind: 'servo.used', ...servo, used: false }),
    ),
    [],
  );
  const made = (change: { keepable?: boolean; measurable?: boolean }) =>
    bent(story(), 'servo.created', (e) => (e.uid === orphan ? { ...e, ...change } : e));
  t.match(says(made({ keepable: false })), [/which cannot be kept or started again/]);
  t.match(says(made({ measurable: false })), [/which nobody approved/]);
  t.same(says(bent(made({ measurable: false }), 'order.durable', (e) => ({ ...e, approved: true }))), []);
  t.end();
});

t.test('a host that never showed an inventory', (t) => {
  t.match(says(without(story(), 'inventory.taken')).join('\n'), /h1 never showed an inventory/);
  t.end();
});

t.test('a claim that a look-up finds on another host, where the servo runs since long, is no No', (t) => {
  const there = { witness: router, uid: orphan, host: h2 };
  const moved = (atMs: number): readonly WorldEvent[] => [
    at(0, { kind: 'host.enrolled', host: h2, cell: c1, generation }),
    inventory(atMs + second, [orphan], h2),
    at(atMs, {
      kind: 'claim.committed',
      ...there,
      incarnation: undefined,
      project: projectOf(orphan),
      version: 2,
    }),
  ];
  const answered = (...hosts: readonly HostId[]) =>
    bent(story(), 'lookup.answered', (e) =>
      e.witness === router ? { ...e, answer: 'claimed' as const, hosts } : e,
    );
  t.same(says([...answered(h2), ...moved(minute)]), []);
  t.match(says([...answered(h2), ...moved(2 * hour)]), [/router answered that s1 is claimed/], 'too young');
  t.match(says([...answered(h1, h2), ...moved(minute)]), [/router answered/], 'and another here');
  const ended = at(2 * hour, { kind: 'claim.withdrawn', ...there, how: 'released', version: 3 });
  t.same(says([...answered(h2), ...moved(minute), ended]), [], 'a stale answer');
  t.match(says([...answered(h1), ...moved(minute)]), [/router answered/], 'a stale answer of a claim here');
  t.end();
});

t.test('a question that came twice, and a control that failed for one of the two', (t) => {
  const yesMs = story().find((e) => e.kind === 'yes.committed')?.atMs ?? NaN;
  const twice = (atMs: number, isCopy = true) =>
    says(
      bent(story(), 'lookup.answered', (e) =>
        e.control && e.uid === 'k1' ? [...(isCopy ? [e] : []), { ...e, atMs, answer: 'failed' as const }] : e,
      ).toSorted((a, b) => a.atMs - b.atMs),
    );
  t.match(twice(yesMs - 40), [/the control k1 was not answered/], 'the order is void');
  t.same(twice(yesMs - 2), [], 'but it comes too late for a yes that is being committed');
  t.match(
    twice(yesMs - 2, false),
    [/the control k1 was not answered/],
    'and a yes of its own it forbids always',
  );
  t.end();
});

t.test('as many controls as there are servos that are known to be live', (t) => {
  const asked = (...names: readonly string[]) =>
    bent(story(), 'lookup.answered', (e) => (e.control && !names.includes(e.uid) ? [] : e));
  const left = (count: number) => live.slice(count).flatMap((uid) => withdrawn(uid, hour));
  t.match(says([...asked('k1', 'k2'), ...left(3)]), [/2 control\(s\) were asked for, at least 3/]);
  t.same(says([...asked('k1', 'k2'), ...left(2)]), [], 'only two are left');
  t.match(says([...asked('k1'), ...left(2)]), [/1 control\(s\) were asked for, at least 2/]);
  const unseen = bent(asked('k1', 'k2'), 'inventory.taken', (e) => ({
    ...e,
    servos: e.servos.filter((s) => s.uid !== 'k3' && s.uid !== 'k4' && s.uid !== 'k5'),
  }));
  t.same(says(unseen), [], 'only two are seen');
  const others = ['r1', 'r2', 'r3'].map((name) => parseId('servo uid', name));
  const beside = [
    at(0, { kind: 'host.enrolled' as const, host: h2, cell: c1, generation }),
    ...others.flatMap((uid) => [created(uid, 0, h2), ...claimed(uid, 0, h2)]),
    inventory(5 * second, others, h2),
  ];
  t.equal(says([...unseen, ...beside]).length, 1, 'others of the generation help out');
  const retired = at(hour, { kind: 'host.retired', host: h2 });
  t.same(says([...unseen, ...beside, retired]), [], 'unless their host is retired');
  const back = at(hour + minute, { kind: 'host.enrolled' as const, host: h2, cell: c1, generation });
  t.same(says([...unseen, ...beside, retired, back]), [], 'or is back and has shown nothing yet');
  t.equal(says([...unseen, ...beside, retired, back, inventory(hour + 2 * minute, others, h2)]).length, 1);
  const booted = at(hour, { kind: 'host.booted', host: h2, boot: parseId('boot', 'h2-boot-2') });
  t.same(says([...unseen, ...beside, booted]), [], 'or it has booted and shown nothing yet');
  const lying = {
    id: 1,
    fault: 'witness-truncated' as const,
    subject: { kind: 'witness' as const, witness: registry },
    detail: 'it answers half of its rows',
  };
  const lied = [at(0, { kind: 'fault.began' as const, ...lying }), ...asked('k1', 'k2'), ...left(3)];
  t.same(says(lied), [], 'nor may anybody know what the authority keeps to itself');
  const earlier = bent(asked('k1', 'k2'), 'inventory.taken', (e) => ({ ...e, epoch: 0 }));
  t.same(says(earlier), [], 'to this leader nothing was shown');
  t.end();
});
