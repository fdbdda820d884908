// SRE book, ch. 26.
//   believed -> true   the second stage's input is consistent -> it had aged
//   world              three certified hosts
//   fault              reading the router takes twenty minutes; the hosts go on reporting meanwhile
//   outcome            nothing is decided from a registry that was read twenty minutes ago, nor from a claim of the router that
//                      stands beside younger observations
//   refuses            witness-fresh: each witness ages from the start of its own reading
import t from 'tap';
import { aCell, hour, minute, second } from '../support/cell/cell.ts';
import { onlyTrueOrphans } from './support.ts';

t.test('one witness takes twenty minutes', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  const before = cell.stopped();
  cell.delete('h1-p1');
  await cell.rounds(3);
  const slowly = new Set<Promise<void>>();
  cell.platform.fault = (path, response) => {
    if (path !== '/routes') return false;
    const late = (async () => {
      for (let i = 0; i < 120; i++) {
        cell.advance(10 * second);
        await cell.beat();
      }
      response
        .writeHead(200, { 'content-type': 'application/json' })
        .end(JSON.stringify(cell.platform.router.page(null)));
    })();
    slowly.add(late);
    return true;
  };
  for (let i = 0; i < 8; i++) {
    await cell.rounds(1);
    const { refuse, says } = cell.explain('h1-s1');
    t.ok(refuse.includes('witness-fresh'), says['witness-fresh'] ?? refuse.join());
  }
  t.match(cell.explain('h1-s1').says['witness-fresh'], /snapshot of registry is 20 min old/);
  t.notOk(cell.explain('h1-s1').refuse.includes('host-fresh'), 'the hosts are fresh');
  t.same(cell.stopped(), before);
  await Promise.all(slowly);
  cell.platform.fault = () => false;
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
});

t.test('a reading that takes a minute is young enough', async (t) => {
  const cell = await aCell(t);
  await cell.certify();
  cell.platform.fault = (path) => {
    if (path === '/routes') cell.advance(minute);
    return false;
  };
  cell.delete('h1-p1');
  // The hosts say nothing during the reading here, so that they are the ones that are stale.
  await cell.spend(2 * hour, 10 * minute);
  t.same(cell.explain('h1-s1').refuse, ['host-fresh']);
  cell.platform.fault = () => false;
  await onlyTrueOrphans(t, cell, ['h1-s1'], 3 * hour);
});
