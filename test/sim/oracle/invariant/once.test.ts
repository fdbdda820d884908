import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import {
  at,
  bent,
  broken,
  c1,
  executed,
  h1,
  hour,
  judged,
  madeMs,
  minute,
  order1,
  second,
  story,
} from '../story.ts';

const lead = (atMs: number, epoch: number) =>
  at(atMs, { kind: 'lead.taken', coordinator: parseId('coordinator', 'k2'), cells: [c1], epoch });
const says = (...more: Parameters<typeof judged>[0]) =>
  judged([...story(), ...more])
    .filter((v) => v.invariant === 'I5')
    .map((v) => v.message);

t.test('an order that is executed twice', (t) => {
  t.match(says(...executed(madeMs + hour / 2)), [/order o1 was executed twice on h1, 30.0 min|29.98|1798/]);
  t.end();
});

t.test('a second yes', (t) => {
  t.match(says(at(madeMs + minute, { kind: 'yes.committed', order: order1, epoch: 1 })), [
    /got a second yes/,
  ]);
  t.end();
});

t.test('an epoch below the highest that the host has seen', (t) => {
  const welcomed = at(madeMs + second, { kind: 'agent.welcomed', host: h1, epoch: 2 });
  t.match(says(welcomed), [/executed order o1 of epoch 1, and had seen 2/]);
  t.same(says(at(3 * hour, { kind: 'agent.welcomed', host: h1, epoch: 2 })), [], 'seen after the stop');
  const reimaged = at(madeMs + second + 1, { kind: 'host.reimaged', host: h1 });
  t.same(says(welcomed, reimaged), [], 'a new disk remembers nothing');
  const restored = (toMs: number) => at(madeMs + second + 1, { kind: 'host.restored', host: h1, toMs });
  t.same(says(welcomed, restored(hour)), [], 'nor does one from before');
  t.equal(says(welcomed, restored(madeMs + second)).length, 1, 'but one from after does');
  t.end();
});

t.test('a coordinator that was deposed', (t) => {
  t.match(says(lead(madeMs + second, 2)), [
    /the yes of order o1 was committed under epoch 1, while 2 led c1/,
  ]);
  t.match(says(lead(madeMs - second, 2)).join('\n'), /the intent of order o1 was committed under epoch 1/);
  t.match(says(lead(3 * hour, 1)), [/c1 is led under epoch 1, after 1/]);
  const rewound = at(2 * hour, { kind: 'state.rewound', toVersion: 1 });
  t.same(says(lead(hour, 5), rewound), [], 'an older copy of the state knows only older epochs');
  t.end();
});

t.test('an agent that acts on a question of an earlier process of it', (t) => {
  const crashed = at(madeMs + second + 210, { kind: 'agent.crashed', host: h1 });
  t.match(says(crashed), [/acted on a question that it asked .* before its agent was killed/]);
  t.same(says(at(madeMs, { kind: 'agent.crashed', host: h1 })), []);
  t.end();
});

t.test('a start that is executed twice', (t) => {
  const order = parseId('order', 'o2');
  const start = (n: number) => [
    at(2 * hour + 40 * minute + n, {
      kind: 'servo.created',
      host: h1,
      uid: parseId('servo uid', 's1'),
      incarnation: parseId('incarnation', `again-${n}`),
      project: parseId('project', 'p'),
      measurable: true,
      keepable: true,
    }),
    at(2 * hour + 40 * minute + n, {
      kind: 'start.executed',
      order,
      host: h1,
      uid: parseId('servo uid', 's1'),
      was: parseId('incarnation', n === 1 ? 'i-s1' : `again-${n - 1}`),
      incarnation: parseId('incarnation', `again-${n}`),
    }),
  ];
  t.same(says(...start(1)), []);
  t.match(says(...start(1), ...start(2)), [/order o2 was executed twice/]);
  t.ok(broken(bent(story(), 'order.durable', (e) => ({ ...e, epoch: 0 }))).includes('I5'));
  t.end();
});
