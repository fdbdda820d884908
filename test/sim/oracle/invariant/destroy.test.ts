import t from 'tap';
import {
  at,
  claimed,
  day,
  h1,
  hour,
  judged,
  madeMs,
  order1,
  orphan,
  servoOf,
  story,
  without,
} from '../story.ts';
import type { WorldEvent } from '../../event.ts';

const allowed = at(0, { kind: 'host.allowsDestroy', host: h1 });
const destroyed = (atMs: number) => at(atMs, { kind: 'destroy.executed', order: order1, ...servoOf(orphan) });
const good: readonly WorldEvent[] = [...story(), allowed, destroyed(madeMs + 15 * day)];
const says = (events: readonly WorldEvent[]) =>
  judged(events)
    .filter((v) => v.invariant === 'I14')
    .map((v) => v.message);

t.test('after the whole minimum, unclaimed, unheld, and where it is allowed', (t) => {
  t.same(says(good), []);
  t.end();
});

t.test('too early, or never quarantined', (t) => {
  t.match(says([...story(), allowed, destroyed(madeMs + 13 * day)]), [
    /was destroyed 312.0 h after its stop/,
  ]);
  t.match(says(without(good, 'stop.executed')), [/was not quarantined there/]);
  t.end();
});

t.test('where it is not allowed', (t) => {
  t.match(says(without(good, 'host.allowsDestroy')), [/which does not allow it/]);
  t.end();
});

t.test('claimed, or held', (t) => {
  t.match(says([...good, ...claimed(orphan, 4 * hour)]).join('\n'), /while registry claims it/);
  const held = at(4 * hour, {
    kind: 'hold.set',
    id: 1,
    scope: { kind: 'servo', uid: orphan },
    untilMs: undefined,
  });
  t.match(says([...good, held]), [/while it was held/]);
  t.match(says([...good, at(4 * hour, { kind: 'local.held', host: h1, uid: orphan })]), [
    /while it was held/,
  ]);
  t.end();
});
