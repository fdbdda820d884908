import t from 'tap';
import { parseId, type HostId } from '@servo-auditor/proto/ids.ts';
import { defaultSetting } from '../setting.ts';
import type { WorldEvent } from '../../event.ts';
import {
  at,
  beginning,
  c1,
  created,
  generation,
  h1,
  h2,
  hour,
  judged,
  made,
  minute,
  passed,
  second,
  servoOf,
} from '../story.ts';

const start = 3 * hour;
const c2 = parseId('cell', 'c2');
const hostOf = (n: number) => parseId('host', `x${n}`);
const uidOf = (n: number) => parseId('servo uid', `u${n}`);
const orderOf = (n: number) => parseId('order', `x${n}`);
const says = (events: readonly WorldEvent[]) =>
  judged([...beginning(), ...events])
    .filter((v) => v.invariant === 'I6')
    .map((v) => v.message);

/** A stop that was confirmed on a host, by number. */
function stop(n: number, atMs: number, host: HostId, cell = c1, of = generation): readonly WorldEvent[] {
  const order = orderOf(n);
  return [
    at(0, { kind: 'host.enrolled', host, cell, generation: of }),
    { ...made(atMs, order, uidOf(n)), host, cell, generation: of },
    at(atMs + 1, { kind: 'yes.committed', order, epoch: 1 }),
  ];
}
/** The same, and its host begins it. */
const begun = (n: number, atMs: number, host: HostId) => [
  created(uidOf(n), 1, host),
  ...stop(n, atMs, host),
  at(atMs + 2, { kind: 'stop.began' as const, order: orderOf(n), ...servoOf(uidOf(n), host) }),
];

t.test('a host: one in ten minutes', (t) => {
  t.same(says([...stop(1, start, h1), ...stop(2, start + 10 * minute, h1)]), []);
  t.match(says([...stop(1, start, h1), ...stop(2, start + 9 * minute, h1)]), [
    /host:h1 has 2 stops that were or may have been executed within 540.0 s, at most 1 per 10.0 min/,
  ]);
  t.end();
});

t.test('a yes that comes after its agent has refused the order stops nothing', (t) => {
  const refused = (atMs: number) =>
    at(atMs, { kind: 'journal.durable', host: h1, order: orderOf(1), entry: 'outcome' });
  const [enrolled, order, yes] = stop(1, start, h1) as [WorldEvent, WorldEvent, WorldEvent];
  const next = stop(2, start + minute, h1);
  t.same(says([enrolled, order, refused(start + 1), yes, ...next]), []);
  t.equal(
    says([enrolled, order, yes, refused(start + 1), ...next]).length,
    1,
    'as far as anybody could know',
  );
  t.end();
});

t.test('every window counts, not only those that begin on the full ten minutes', (t) => {
  const times = [0, 6 * minute, 12 * minute];
  t.equal(says(times.flatMap((by, n) => stop(n, start + by, h1))).length, 2);
  t.end();
});

t.test('a generation, a cell, the fleet', (t) => {
  const many = (count: number, cell: (n: number) => typeof c1, of: (n: number) => typeof generation) =>
    says(
      Array.from({ length: count }, (_, n) => stop(n, start + n * second, hostOf(n), cell(n), of(n))).flat(),
    );
  t.same(
    many(
      5,
      () => c1,
      () => generation,
    ),
    [],
  );
  t.match(
    many(
      6,
      () => c1,
      () => generation,
    ),
    [/generation:c1:sqlite\/process has 6 stops/],
  );
  const several = (n: number) => parseId('generation', `g${n % 4}/process`);
  t.same(
    many(10, () => c1, several),
    [],
  );
  t.match(
    many(11, () => c1, several),
    [/cell:c1 has 11 stops .* at most 10/],
  );
  const cells = (n: number) => parseId('cell', `c${n % 10}`);
  t.same(many(50, cells, several), []);
  t.match(many(51, cells, several).join('\n'), /fleet has 51 stops .* at most 50/);
  t.end();
});

t.test('another coordinator, another epoch, a restart: the same budget', (t) => {
  const lead = at(start + minute, {
    kind: 'lead.taken',
    coordinator: parseId('coordinator', 'k2'),
    cells: [c1],
    epoch: 2,
  });
  t.equal(says([...stop(1, start, h1), lead, ...stop(2, start + 2 * minute, h1)]).length, 1);
  t.end();
});

t.test('a yes that nobody can charge', (t) => {
  t.match(says([at(start, { kind: 'yes.committed', order: orderOf(1), epoch: 1 })]), [
    /charged to no budget/,
  ]);
  t.end();
});

t.test('an agent’s own limit, whatever it is told', (t) => {
  const host = hostOf(1);
  const quick = says([...begun(1, start, host), ...begun(2, start + 9 * minute, host)]);
  t.ok(quick.some((m) => /x1 began 2 stops within 10.0 min, its own limit is 1/.test(m)));
  const slow = [...begun(1, start, host), ...begun(2, start + 23 * hour, host)];
  t.match(says(slow), [/x1 began 2 stops within 24.0 h, its own limit is 1/]);
  t.same(says([...begun(1, start, host), ...begun(2, start + 24 * hour, host)]), []);
  const crowd = Array.from({ length: 38 }, (_, n) => created(uidOf(100 + n), 0, host));
  t.same(says([...crowd, ...slow]), [], '5 % of 40 are two');
  const crashed = at(start + hour, { kind: 'agent.crashed', host });
  t.equal(says([...slow, crashed]).length, 1, 'killed in between');
  t.same(says([...slow, at(start + hour, { kind: 'host.reimaged', host })]), [], 'a new disk');
  t.end();
});

t.test('automatic restores of a cell', (t) => {
  const restore = (n: number, automatic = true): WorldEvent => ({
    ...made(start + n, orderOf(n), uidOf(n)),
    action: 'start',
    automatic,
  });
  const many = (count: number, automatic?: boolean) =>
    Array.from({ length: count }, (_, n) => restore(n, automatic));
  t.same(says(many(20)), []);
  t.match(says(many(21)), [/c1 has 21 automatic restores/]);
  t.same(says(many(100, false)), [], 'those that an operator ordered do not count');
  t.end();
});

t.test('a cell whose share is more than its count', (t) => {
  const policy = { ...defaultSetting.policy, budgetCellCount: 1, budgetCellShare: 0.01 };
  const crowd = (host: HostId) => Array.from({ length: 300 }, (_, n) => created(uidOf(1000 + n), 0, host));
  const stops = [1, 2, 3, 4].flatMap((n) => stop(n, start + n * second, hostOf(n)));
  const found = (events: readonly WorldEvent[]) =>
    judged([...beginning(), ...events], { policy })
      .filter((v) => v.message.startsWith('cell:'))
      .map((v) => v.message);
  t.match(found([...stops, ...crowd(hostOf(1))]), [/cell:c1 has 4 stops .* at most 3/]);
  const elsewhere = at(0, { kind: 'host.enrolled', host: h2, cell: c2, generation });
  t.equal(found([...stops, elsewhere, ...crowd(h2)]).length, 3, 'servos of another cell do not count');
  t.end();
});

t.test('a host that is renamed, or restored, keeps what its disk remembers', (t) => {
  const host = hostOf(1);
  const renamed = hostOf(2);
  const first = begun(1, start, host);
  const another = (to: HostId) =>
    begun(2, start + hour, to).map((e) => (e.kind === 'host.enrolled' ? passed(0) : e));
  const rename = at(start + minute, { kind: 'host.renamed', host, to: renamed });
  const then = another(renamed).map((e) =>
    e.kind === 'servo.created' ? { ...e, atMs: start + 2 * minute } : e,
  );
  t.match(says([...first, rename, ...then]), [/x2 began 2 stops within 24.0 h/]);
  const restored = (toMs: number) => at(start + minute, { kind: 'host.restored' as const, host, toMs });
  t.same(says([...first, restored(hour), ...another(host)]), [], 'to before it');
  t.equal(says([...first, restored(start + second), ...another(host)]).length, 1, 'to after it');
  t.end();
});
