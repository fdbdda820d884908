// A host is drained: every project on it is deleted or moved away, and every servo stays behind.
import t from 'tap';
import { aCell, day, hour, minute } from '../support/cell/cell.ts';
import { acceptWitnesses, allStopped, projectOf, servosOf } from './support.ts';

t.test(
  'all at once: the witnesses’ shrink is accepted, the breakers are closed, one servo goes a day',
  async (t) => {
    const cell = await aCell(t);
    await cell.certify();
    const before = cell.stopped();
    const orphans = servosOf('h3', 6);
    for (const uid of orphans) cell.delete(projectOf(uid));
    await cell.spend(6 * hour, 20 * minute);
    // By itself: nothing.
    for (const uid of orphans) t.equal(cell.explain(uid).verdict, 'live', 'the last accepted claims stand');
    t.same(cell.stopped(), before);

    t.same(await acceptWitnesses(cell), ['registry', 'router'], 'lifted by: servoctl witnesses accept');
    await cell.spend(3 * hour, 10 * minute);
    for (const uid of orphans) t.same(cell.explain(uid).blocked, ['breaker']);
    t.match(cell.explain('h3-s1').lifts['breaker'], /servoctl breakers show .*, then close it/);
    await cell.closeBreakers();
    await allStopped(t, cell, orphans, 7 * day);
    t.equal(cell.host('h3').servos.size, 0, 'the host is empty');
  },
);

t.test('one a day: it drains by itself, to the last one', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const orphans = servosOf('h3', 6);
  for (const uid of orphans) {
    cell.delete(projectOf(uid));
    await cell.spend(day + hour, hour);
    // The registry's level sinks with the window, so that one a day is no shrink; whoever is told otherwise accepts.
    await acceptWitnesses(cell);
  }
  await allStopped(t, cell, orphans, 2 * day);
});
