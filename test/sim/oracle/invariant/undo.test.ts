import t from 'tap';
import { at, bent, h1, h2, hour, judged, madeMs, minute, orphan, servoOf, story, without } from '../story.ts';
import type { WorldEvent } from '../../event.ts';

const says = (events: readonly WorldEvent[]) =>
  judged(events)
    .filter((v) => v.invariant === 'I13')
    .map((v) => v.message);
const failed = bent(story(), 'undo.tried', (e) => ({
  ...e,
  done: false,
  why: 'no such entry in the journal',
}));

t.test('a stop that could not be undone', (t) => {
  t.match(says(failed), [/the stop of s1 on h1 could not be undone there: no such entry in the journal/]);
  t.end();
});

t.test('a stop that nobody tried to undo', (t) => {
  t.match(says(without(story(), 'undo.tried')), [/nobody tried to undo the stop of s1/]);
  t.end();
});

t.test('one that runs again, also as the same incarnation', (t) => {
  const again = at(madeMs + minute, {
    kind: 'start.executed',
    order: undefined,
    was: servoOf(orphan).incarnation,
    ...servoOf(orphan),
  });
  t.same(says([...without(story(), 'undo.tried'), again]), []);
  t.end();
});

t.test('what there is nothing left to undo with', (t) => {
  const after = madeMs + 10 * minute;
  const gone: readonly WorldEvent[] = [
    at(after, { kind: 'servo.gone', ...servoOf(orphan) }),
    at(after, { kind: 'host.reimaged', host: h1 }),
    at(after, { kind: 'host.restored', host: h1, toMs: hour }),
  ];
  for (const event of gone) t.same(says([...failed, event]), [], event.kind);
  t.match(says([...failed, at(after, { kind: 'agent.crashed', host: h1 })]), [/could not be undone/]);
  t.end();
});

t.test('a host that is renamed keeps what it stopped; one that is down cannot be tried', (t) => {
  const renamed = at(madeMs + minute, { kind: 'host.renamed', host: h1, to: h2 });
  t.match(says([...without(story(), 'undo.tried'), renamed]), [/nobody tried to undo the stop of s1 on h2/]);
  const crashed = at(madeMs + minute, { kind: 'host.crashed', host: h1 });
  t.same(says([...without(story(), 'undo.tried'), crashed]), []);
  t.end();
});
