import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import {
  at,
  bent,
  broken,
  created,
  h2,
  hour,
  judged,
  live,
  madeMs,
  orphan,
  servoOf,
  story,
  without,
} from '../story.ts';

const other = live[0] ?? orphan;

t.test('another servo, another incarnation, another host', (t) => {
  const hit = bent(story(), 'stop.began', (e) => ({ ...e, ...servoOf(other) }));
  t.ok(
    judged(hit).some(
      (v) => v.invariant === 'I2' && /names incarnation i-s1, and i-k1 was hit/.test(v.message),
    ),
  );
  const elsewhere = bent(story(), 'stop.began', (e) => ({ ...e, host: parseId('host', 'h2') }));
  t.ok(broken(elsewhere).includes('I2'));
  t.end();
});

t.test('one that is gone: created anew in the same slot', (t) => {
  const gone = at(madeMs, { kind: 'servo.gone', ...servoOf(orphan) });
  t.match(
    judged([...story(), gone]).find((v) => v.invariant === 'I2')?.message,
    /hit s1 i-s1, which is no longer there/,
  );
  t.end();
});

t.test('one that no inventory ever showed', (t) => {
  t.match(
    judged(without(story(), 'inventory.taken')).find((v) => v.invariant === 'I2')?.message,
    /no inventory showed s1 i-s1 on h1/,
  );
  t.end();
});

t.test('one that is called so neither in truth nor by its host', (t) => {
  const renamed = bent(story(), 'order.durable', (e) => ({ ...e, uid: parseId('servo uid', 'x9') }));
  t.ok(judged(renamed).some((v) => v.invariant === 'I2' && /which is not shown so/.test(v.message)));
  t.end();
});

t.test('each way alone says so', (t) => {
  const says = (events: Parameters<typeof judged>[0]) =>
    judged(events)
      .filter((v) => v.invariant === 'I2')
      .map((v) => v.message);
  const there = created(orphan, 0, h2);
  const elsewhere = bent(story(), 'stop.began', (e) => ({ ...e, host: h2 }));
  t.match(says([there, ...elsewhere]), [/order o1 is for h1, and h2 carried it out/]);
  const late = bent(story(), 'inventory.taken', (e) => ({ ...e, atMs: madeMs + 1 }));
  t.match(says(late), [/no inventory showed s1 i-s1 on h1 before order o1/], 'seen after the order');
  const spelled = at(hour, { kind: 'servo.spelled', ...servoOf(orphan), as: other });
  t.same(says([...story(), spelled]), [], 'called by its true uid');
  t.end();
});
