import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { boundMs, boundParts } from '../bound.ts';
import { Oracle } from '../oracle.ts';
import { defaultSetting } from '../setting.ts';
import type { WorldEvent } from '../../event.ts';
import {
  at,
  beginning,
  c1,
  executed,
  generation,
  h1,
  hour,
  inventory,
  judged,
  live,
  made,
  minute,
  orphan,
  passed,
  projectOf,
  reader,
  registry,
  router,
  second,
  servoOf,
  withdrawn,
} from '../story.ts';

const bound = boundMs(1, defaultSetting);
const passes = (toMs: number) =>
  Array.from({ length: Math.floor((toMs - 2 * hour) / (10 * minute)) }, (_, n) =>
    passed(2 * hour + n * 10 * minute),
  );
/** A true orphan, and passes in which nothing happens. */
const idle = (toMs = 60 * hour): readonly WorldEvent[] => [
  ...beginning(),
  ...withdrawn(orphan, hour),
  ...passes(toMs),
];
const says = (...more: readonly WorldEvent[]) =>
  judged([...idle(), ...more])
    .filter((v) => v.invariant === 'I12')
    .map((v) => v.message);

t.test('an orphan that nothing stands in the way of, and that is not stopped', (t) => {
  t.match(says(), [
    /s1 on h1 is a true orphan, and nothing stood in its way for .*; .* at most 26.\d h with 1 waiting/,
  ]);
  t.same(judged(idle(2 * hour + bound - minute)), [], 'not before its bound');
  t.end();
});

t.test('the bound is the sum of what may be waited for, and grows with those who wait', (t) => {
  t.ok(bound > 25 * hour && bound < 30 * hour, `${bound / hour} h`);
  t.ok(boundMs(6, defaultSetting) > bound);
  t.ok(boundParts(1, defaultSetting).every((part) => part.ms > 0 && part.why !== ''));
  t.end();
});

t.test('whatever a person must lift stands in its way', (t) => {
  const ways: readonly (readonly [WorldEvent, WorldEvent])[] = [
    [at(hour, { kind: 'freeze.set' }), at(40 * hour, { kind: 'freeze.lifted' })],
    [
      at(hour, { kind: 'hold.set', id: 1, scope: { kind: 'host', host: h1 }, untilMs: undefined }),
      at(40 * hour, { kind: 'hold.released', id: 1 }),
    ],
    [
      at(hour, { kind: 'breaker.opened', cohort: 'fleet' }),
      at(40 * hour, { kind: 'breaker.closed', cohort: 'fleet' }),
    ],
    [
      at(hour, { kind: 'mode.set', cell: c1, generation, mode: 'propose' }),
      at(40 * hour, { kind: 'mode.set', cell: c1, generation, mode: 'enforce' }),
    ],
    [
      at(hour, { kind: 'certified', cell: c1, generation, readerVersion: reader, mode: 'observe' }),
      at(40 * hour, { kind: 'certified', cell: c1, generation, readerVersion: reader, mode: 'enforce' }),
    ],
    [
      at(hour, { kind: 'host.contested', host: h1, why: 'two sessions' }),
      at(40 * hour, { kind: 'operator.acted', act: 'host.accepted', about: 'h1' }),
    ],
    [
      at(hour, { kind: 'local.held', host: h1, uid: undefined }),
      at(40 * hour, { kind: 'local.released', host: h1, uid: undefined }),
    ],
    [
      at(hour, { kind: 'item.broken', host: h1, path: 'x' }),
      at(40 * hour, { kind: 'item.mended', host: h1, path: 'x' }),
    ],
    [at(hour, { kind: 'agent.crashed', host: h1 }), at(40 * hour, { kind: 'agent.started', host: h1 })],
    [
      at(hour, { kind: 'servo.used', ...servoOf(orphan), used: true }),
      at(40 * hour, { kind: 'servo.used', ...servoOf(orphan), used: false }),
    ],
    [
      at(hour, {
        kind: 'fault.began',
        id: 1,
        fault: 'loss',
        subject: { kind: 'everybody' },
        detail: '',
      }),
      at(40 * hour, { kind: 'fault.ended', id: 1, fault: 'loss' }),
    ],
  ];
  for (const [begins, ends] of ways) {
    t.same(says(begins), [], begins.kind);
    t.same(says(begins, ends), [], `${ends.kind}, not long ago`);
    t.equal(
      says({ ...begins, atMs: minute }, { ...ends, atMs: 2 * hour }).length,
      1,
      `${ends.kind}, long ago`,
    );
  }
  t.end();
});

t.test('a servo that is not truly an orphan', (t) => {
  const claim = (witness: typeof registry) =>
    at(2 * hour, {
      kind: 'claim.committed',
      witness,
      uid: orphan,
      host: h1,
      incarnation: undefined,
      project: projectOf(orphan),
      version: 3,
    });
  t.same(says(claim(router)), [], 'claimed again');
  t.same(says(at(2 * hour, { kind: 'servo.gone', ...servoOf(orphan) })), [], 'gone');
  const renamed = [
    at(20 * hour, { kind: 'servo.gone', ...servoOf(orphan) }),
    at(20 * hour + second, { kind: 'host.renamed', host: h1, to: parseId('host', 'h1-new') }),
  ];
  t.same(says(...renamed), [], 'gone before any pass that could see it, by a name that is over');
  const retired = at(50 * minute, { kind: 'host.retired', host: h1 });
  const back = at(51 * minute, { kind: 'host.enrolled', host: h1, cell: c1, generation });
  t.same(says(retired, back), [], 'never shown while it was claimed, since its host is back');
  const missing = (backMs: number) => says(inventory(2 * minute, live), inventory(backMs));
  t.same(missing(hour - minute), [], 'shown again, and hardly claimed since');
  t.equal(missing(3 * minute).length, 1, 'shown again, and claimed long enough');
  const another = idle().map((e) => (e.kind === 'witness.read' ? { ...e, epoch: 2 } : e));
  t.same(judged(another), [], 'never shown to the leader that read that it was claimed');
  const lies = { kind: 'fault.began' as const, id: 1, fault: 'witness-truncated' as const, detail: '' };
  const lying = says(
    at(minute, { ...lies, subject: { kind: 'witness', witness: registry } }),
    at(hour + minute, { kind: 'fault.ended', id: 1, fault: 'witness-truncated' }),
  );
  t.same(lying, [], 'its authority left some claims out while it was claimed');
  const stale = idle().map((e) => (e.kind === 'witness.read' ? { ...e, version: 0 } : e));
  t.same(judged(stale), [], 'never read as it was while it was claimed');
  t.same(says(at(2 * hour, { kind: 'servo.contradicted', ...servoOf(orphan), contradicted: true })), []);
  t.same(says(at(2 * hour, { kind: 'servo.spelled', ...servoOf(orphan), as: undefined })), []);
  const [first] = live;
  if (first === undefined) throw new Error('no live servo');
  t.same(says(at(2 * hour, { kind: 'servo.gone', ...servoOf(first) })), [], 'its host misses another');
  const known = at(2 * hour, { kind: 'operator.acted', act: 'missing.acknowledged', about: `h1 ${first}` });
  t.equal(
    says(at(hour, { kind: 'servo.gone', ...servoOf(first) }), known).length,
    1,
    'which is acknowledged',
  );
  t.end();
});

t.test('an authority that names no host', (t) => {
  const events = idle().map((e) =>
    e.kind === 'claim.committed' || e.kind === 'claim.withdrawn' ? { ...e, host: undefined } : e,
  );
  const found = judged(events).map((v) => v.message);
  t.match(found, [/s1 on h1 is a true orphan/]);
  const nobody = events.filter((e) => e.kind !== 'claim.committed' || e.uid === orphan);
  t.same(judged(nobody), [], 'and claims nothing else: nothing shows that the host is read right');
  t.end();
});

t.test('one that is stopped in time ends the wait; the next one’s begins there', (t) => {
  const stopMs = 20 * hour;
  const stop = [
    made(stopMs),
    ...executed(stopMs + second),
    at(stopMs + second, { kind: 'yes.committed' as const, order: parseId('order', 'o1'), epoch: 1 }),
  ];
  t.same(says(...stop), []);
  const [next] = live;
  if (next === undefined) throw new Error('no live servo');
  const two = [...stop, ...withdrawn(next, hour)];
  t.match(says(...two), [/k1 on h1 is a true orphan/]);
  t.same(
    says(...two).map((m) => /h1 has stopped nothing for (\S+) h/.exec(m)?.[1]),
    ['26.2'],
  );
  t.end();
});

t.test('a world that ends before the bound says how many it left', (t) => {
  const oracle = new Oracle();
  for (const event of [...idle(4 * hour), at(4 * hour, { kind: 'world.ended', calmMs: hour })].toSorted(
    (a, b) => a.atMs - b.atMs,
  ))
    oracle.see(event);
  t.match(oracle.figures, { trueOrphans: 1, orphansStopped: 0, orphansLeft: 1 });
  t.end();
});

t.test('a stop that may have been executed counts as the host’s last', (t) => {
  const intent = at(20 * hour, {
    kind: 'journal.durable',
    host: h1,
    order: parseId('order', 'o9'),
    entry: 'intent',
  });
  t.match(says(intent), [/h1 has stopped nothing for 26.\d h/]);
  const outcome = at(20 * hour, {
    kind: 'journal.durable',
    host: h1,
    order: parseId('order', 'o9'),
    entry: 'outcome',
  });
  t.match(says(outcome)[0], /for 26.2 h; h1 has stopped nothing for 26.2 h/);
  t.end();
});

t.test('a pass of another cell says nothing of this one', (t) => {
  const other = idle().map((e) => (e.kind === 'pass.ended' ? { ...e, cell: parseId('cell', 'c9') } : e));
  t.same(judged(other), []);
  t.match(
    judged([...other, at(60 * hour, { kind: 'world.ended', calmMs: hour })]).map((v) => v.invariant),
    [],
    'nobody knows since when nothing stood in its way',
  );
  t.end();
});
