import t from 'tap';
import { checks, Oracle } from './oracle.ts';
import { invariants } from './court.ts';
import { at, broken, created, day, h1, hour, judged, orphan, second, story, without } from './story.ts';

t.test('a story in which all is right breaks nothing', (t) => {
  t.same(judged(story()), []);
  t.same(judged(story({ condemns: true })), []);
  t.end();
});

t.test('every invariant has a check', (t) => {
  t.same([...new Set(checks.map(([id]) => id))], [...invariants]);
  t.end();
});

t.test('a violation says what, with its numbers, when, and what led there', (t) => {
  const events = without(story(), 'yes.committed');
  const [violation] = judged(events).filter((v) => v.invariant === 'I10' && v.message.includes('began'));
  t.match(violation?.message, /h1 began order o1, to which no yes was committed/);
  t.equal(violation?.atMs, events.find((e) => e.kind === 'stop.began')?.atMs);
  const chain = violation?.chain.map((e) => e.kind) ?? [];
  t.equal(chain.at(-1), 'stop.began');
  for (const kind of [
    'servo.created',
    'claim.committed',
    'claim.withdrawn',
    'order.durable',
    'question.asked',
  ])
    t.ok(chain.includes(kind as (typeof chain)[number]), kind);
  t.end();
});

t.test('a world that contradicts itself is wrong, and no violation', (t) => {
  const oracle = new Oracle();
  oracle.see(at(second, { kind: 'freeze.set' }));
  t.throws(() => oracle.see(at(0, { kind: 'freeze.lifted' })), /comes after freeze.set/);
  t.throws(
    () => oracle.see(at(hour, { kind: 'servo.gone', host: h1, uid: orphan, incarnation: 'x' as never })),
    /never created s1/,
  );
  oracle.see(created(orphan, hour));
  t.throws(() => oracle.see(created(orphan, hour)), /created before/);
  t.end();
});

t.test('an event costs what those cost who read it, however long the world has run', (t) => {
  const oracle = new Oracle();
  const long = story().flatMap((event) => oracle.see(event));
  t.same(long, []);
  const events = 200_000;
  const began = process.cpuUsage();
  for (let i = 0; i < events; i++)
    oracle.see(at(day + i, { kind: 'order.sent', order: `x${i}` as never, epoch: 1, host: h1 }));
  const { user } = process.cpuUsage(began);
  t.ok(user / events < 100, `${user / events} µs an event`);
  t.end();
});

t.test('figures are measured beside', (t) => {
  const oracle = new Oracle();
  for (const event of story()) oracle.see(event);
  t.match(oracle.figures, { stops: 1, orders: 1, yeses: 1, nearMisses: 0, exposed: 0, undone: 1 });
  t.match(oracle.figures, { trueOrphans: 1, orphansStopped: 1, orphansLeft: 0 });
  t.ok(oracle.figures.maxYesAgeMs > 0 && oracle.figures.maxYesAgeMs < 5 * second);
  t.same(broken(story()), []);
  t.end();
});
