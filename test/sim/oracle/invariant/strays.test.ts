import t from 'tap';
import {
  at,
  bent,
  broken,
  h1,
  h2,
  hour,
  judged,
  madeMs,
  orphan,
  projectOf,
  registry,
  second,
  story,
  without,
} from '../story.ts';

/** The story of a servo that the authority never claimed where it runs. */
const stray = bent(without(story(), 'claim.withdrawn'), 'claim.committed', (e) =>
  e.uid === orphan ? [] : e,
);

const tombstone = (host: typeof h2 | undefined) =>
  at(hour, {
    kind: 'tombstone.committed',
    witness: registry,
    uid: orphan,
    host,
    incarnation: undefined,
    project: projectOf(orphan),
    projectReleased: false,
    version: 2,
  });

t.test('never claimed, no tombstone', (t) => {
  t.match(judged(stray)[0], { invariant: 'I3', message: /which the authority never claimed there/ });
  t.end();
});

t.test('claimed on another host only', (t) => {
  const elsewhere = bent(story(), 'claim.committed', (e) => (e.uid === orphan ? { ...e, host: h2 } : e));
  t.ok(broken(bent(elsewhere, 'claim.withdrawn', (e) => ({ ...e, host: h2 }))).includes('I3'));
  t.end();
});

t.test('claimed by another witness only', (t) => {
  const events = bent(story(), 'claim.committed', (e) =>
    e.uid === orphan && e.witness === registry ? [] : e,
  );
  t.ok(broken(bent(events, 'claim.withdrawn', (e) => (e.witness === registry ? [] : e))).includes('I3'));
  t.end();
});

t.test('claimed before this incarnation existed', (t) => {
  const events = bent(story(), 'servo.created', (e) => (e.uid === orphan ? { ...e, atMs: hour + 1000 } : e));
  t.ok(broken(bent(events, 'inventory.taken', (e) => ({ ...e, atMs: hour + 2000 }))).includes('I3'));
  t.end();
});

t.test('claimed before its host got another name', (t) => {
  const renamed = at(madeMs - second, { kind: 'host.renamed', host: h1, to: h2 });
  const until = story().filter(({ atMs }) => atMs <= madeMs);
  t.notOk(broken([...until, renamed]).includes('I3'));
  const never = stray.filter(({ atMs }) => atMs <= madeMs);
  t.ok(broken([...never, renamed]).includes('I3'), 'and never claimed at all');
  t.end();
});

t.test('a tombstone of exactly it suffices', (t) => {
  t.notOk(broken([...stray, tombstone(undefined)]).includes('I3'));
  t.ok(broken([...stray, tombstone(h2)]).includes('I3'), 'of another host');
  t.end();
});

t.test('two persons may, one may not', (t) => {
  const by = (...byHand: string[]) => bent(stray, 'order.durable', (e) => ({ ...e, byHand }));
  t.notOk(broken(by('ada', 'bo')).includes('I3'));
  t.match(judged(by('ada'))[0]?.message, /with one person’s order \(ada\)/);
  t.ok(broken(by('ada', 'ada')).includes('I3'), 'one person twice');
  t.end();
});
