import t from 'tap';
import {
  at,
  bent,
  broken,
  h1,
  judged,
  madeMs,
  order1,
  orphan,
  projectOf,
  registry,
  second,
  story,
  without,
} from '../story.ts';

t.test('a condemn record before the stop, and nothing between', (t) => {
  t.same(broken(story({ condemns: true })), []);
  t.end();
});

t.test('no record', (t) => {
  const [violation] = judged(without(story({ condemns: true }), 'condemned'));
  t.match(violation, { invariant: 'I1', message: /no record that it was condemned/ });
  t.end();
});

t.test('absolved before it was stopped', (t) => {
  const absolved = at(madeMs + second + 255, { kind: 'absolved', order: order1, uid: orphan });
  t.match(judged([...story({ condemns: true }), absolved])[0]?.message, /absolved/);
  t.end();
});

t.test('a claim that commits between record and stop', (t) => {
  const claim = (atMs: number) =>
    at(atMs, {
      kind: 'claim.committed',
      witness: registry,
      uid: orphan,
      host: h1,
      incarnation: undefined,
      project: projectOf(orphan),
      version: 3,
    });
  t.match(
    judged([...story({ condemns: true }), claim(madeMs + second + 200)])[0]?.message,
    /committed 80 ms after it was condemned/,
  );
  t.same(
    broken([...story({ condemns: false }), claim(madeMs + second + 200)]),
    [],
    'without condemn: exposure',
  );
  t.same(
    broken(bent(story({ condemns: true }), 'world.ended', (e) => [claim(e.atMs), e])),
    [],
    'after the stop',
  );
  t.end();
});
