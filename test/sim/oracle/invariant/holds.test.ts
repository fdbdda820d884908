import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { HoldScope } from '../../../../coordinator/src/domain/operator.ts';
import {
  at,
  c1,
  generation,
  h1,
  h2,
  hour,
  judged,
  live,
  madeMs,
  orphan,
  projectOf,
  second,
  story,
} from '../story.ts';
import type { WorldEvent } from '../../event.ts';

const yesMs = madeMs + second + 150;
const says = (...more: readonly WorldEvent[]) =>
  judged([...story(), ...more])
    .filter((v) => v.invariant === 'I7')
    .map((v) => v.message);
const hold = (scope: HoldScope, atMs = yesMs - 1, untilMs?: number) =>
  at(atMs, { kind: 'hold.set', id: 1, scope, untilMs });

t.test('a hold on any scope that was committed before the yes', (t) => {
  const scopes: readonly HoldScope[] = [
    { kind: 'servo', uid: orphan },
    { kind: 'project', project: projectOf(orphan) },
    { kind: 'host', host: h1 },
    { kind: 'generation', cell: c1, generation },
    { kind: 'cell', cell: c1 },
  ];
  for (const scope of scopes)
    t.match(says(hold(scope)), [new RegExp(`hold 1 on its ${scope.kind}`)], scope.kind);
  t.end();
});

t.test('of something else, too late, ended or released', (t) => {
  const other = live[0] ?? orphan;
  t.same(says(hold({ kind: 'servo', uid: other })), []);
  t.same(says(hold({ kind: 'project', project: projectOf(other) })), []);
  t.same(says(hold({ kind: 'host', host: h2 })), []);
  t.same(says(hold({ kind: 'servo', uid: orphan }, yesMs + 1)), [], 'after the yes');
  t.same(says(hold({ kind: 'servo', uid: orphan }, hour, 2 * hour)), [], 'ended');
  t.equal(says(hold({ kind: 'servo', uid: orphan }, hour, 3 * hour)).length, 1, 'not ended');
  // Over 1 h and 20 min, a clock that runs 0.1 % slow when it is set and fast later is 9.6 s early.
  t.same(says(hold({ kind: 'servo', uid: orphan }, hour, yesMs + 9 * second)), [], 'ended on its clock');
  t.equal(says(hold({ kind: 'servo', uid: orphan }, hour, yesMs + 10 * second)).length, 1);
  t.same(
    says(hold({ kind: 'servo', uid: orphan }, hour), at(2 * hour, { kind: 'hold.released', id: 1 })),
    [],
  );
  t.end();
});

t.test('a freeze', (t) => {
  const freeze = at(hour, { kind: 'freeze.set' });
  t.match(says(freeze), [/got its yes .* after the freeze was committed/]);
  t.same(says(freeze, at(2 * hour, { kind: 'freeze.lifted' })), []);
  t.same(says(at(yesMs + 1, { kind: 'freeze.set' })), []);
  t.end();
});

t.test('a hold file that was there before the answer', (t) => {
  const held = (uid: typeof orphan | undefined, atMs: number) =>
    at(atMs, { kind: 'local.held', host: h1, uid });
  t.match(says(held(orphan, madeMs)), [/hold file for s1 was there/]);
  t.match(says(held(undefined, madeMs)), [/hold file for all servos/]);
  t.same(says(held(live[0], madeMs)), []);
  t.same(says(held(orphan, yesMs + 60)), [], 'after the answer');
  t.same(says(held(orphan, hour), at(2 * hour, { kind: 'local.released', host: h1, uid: orphan })), []);
  t.end();
});

t.test('by whatever name its project goes', (t) => {
  const other = parseId('project', 'other');
  const of = (project: typeof other | undefined) =>
    story().map((e) => (e.kind === 'order.durable' ? { ...e, project } : e));
  const found = (events: readonly WorldEvent[]) => judged(events).filter((v) => v.invariant === 'I7').length;
  const its = hold({ kind: 'project', project: projectOf(orphan) });
  t.equal(found([...of(other), its]), 1, 'the one that its host notes');
  t.equal(found([...of(undefined), its]), 1);
  t.equal(
    found([...of(other), hold({ kind: 'project', project: other })]),
    1,
    'the one that the order names',
  );
  t.equal(found([...of(undefined), hold({ kind: 'project', project: other })]), 0);
  t.end();
});
