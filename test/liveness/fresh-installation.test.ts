// A fresh installation on a platform with old orphans: the registry holds their tombstones, and nobody ever saw them claimed.
import t from 'tap';
import { aCell, day, hour, type Cell } from '../support/cell/cell.ts';
import { allStopped } from './support.ts';

const orphans = ['h1-left', 'h2-left'];

function leftBehind(cell: Cell): void {
  for (const uid of orphans) {
    const host = uid.slice(0, 2);
    cell.platform.registry.claim(`${uid}-p`, uid, host);
    cell.platform.registry.deleteProject(`${uid}-p`);
    cell.host(host).start(uid, `${uid}-p`);
  }
}

t.test('they are shown as orphans; an approver is the second vote', async (t) => {
  const cell = await aCell(t);
  leftBehind(cell);
  await cell.spend(day, hour);
  // By itself: they are orphans, and nothing is certified.
  for (const uid of orphans) {
    t.equal(cell.explain(uid).verdict, 'orphan');
    t.same(cell.explain(uid).cap, ['quorum'], 'only one source ever knew it');
    t.same(cell.explain(uid).blocked, ['generation-certified', 'mode']);
  }
  await cell.spend(8 * day);
  t.same(cell.stopped(), []);

  // The generation is certified by one of these very orphans.
  await cell.confirmOrphan('h1-left');
  await cell.rounds(1);
  await cell.promote('enforce');
  await cell.spend(2 * hour, hour);
  for (const uid of orphans) t.same(cell.explain(uid).blocked, ['mode'], 'enforce does not lift the cap');
  t.match(cell.explain('h1-left').lifts['mode'], /servoctl plans show c1, then approve it/);
  t.equal(await cell.approve(), 2);
  await allStopped(t, cell, orphans, day);
});

t.test('propose is enough, after a day', async (t) => {
  const cell = await aCell(t);
  leftBehind(cell);
  await cell.spend(26 * hour, hour);
  await cell.confirmOrphan('h1-left');
  await cell.rounds(1);
  await cell.promote('propose');
  await cell.rounds(1);
  t.equal(await cell.approve(), 2);
  await allStopped(t, cell, orphans, day);
});
