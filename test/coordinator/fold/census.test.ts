import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { takeCensus } from '../../../coordinator/src/fold/census.ts';
import { cell, generation, minute, otherReader, readerVersion } from '../../support/build.ts';
import { FleetUnderTest, hostId } from '../../support/fleet.ts';

const enrolled = (...hosts: readonly string[]) =>
  hosts.map((host) => ({
    host: hostId(host),
    cell,
    generation,
    readerVersion,
    inheritsFrom: undefined,
    retired: false,
  }));

t.test('enrolled hosts that never came count, retired ones do not', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  const { book } = f.fleet;
  const all = [...enrolled('h1', 'h2'), ...enrolled('h3').map((h) => ({ ...h, retired: true }))];
  t.strictSame(takeCensus(book, all, new Map(), f.now).cells.get(cell), {
    enrolled: 2,
    fresh: 1,
  });
  t.strictSame(takeCensus(book, [], new Map(), f.now).cells.get(cell), undefined);
});

t.test('readers are counted apart; what is not fresh is expected, and not found', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a', 'b']);
  f.connect('h2', { readerVersion: otherReader });
  f.report('h2', ['c']);
  const fresh = await f.round(['a@h1', 'b@h1', 'c@h2']);
  t.match(
    fresh.facts.toSorted((x, y) => y.expected - x.expected),
    [
      { readerVersion, expected: 2, found: 2, hostsExpected: 1, hostsFound: 1 },
      { readerVersion: otherReader, expected: 1, found: 1, hostsExpected: 1, hostsFound: 1 },
    ],
  );
  t.match(fresh.generationMatches.get(`${cell}:${generation}`), { expected: 3, found: 3 });
  t.equal(fresh.population.get(`reader:${cell}:${otherReader}`), 1);
  f.wait(minute).beat('h2');
  const stale = await f.prepare();
  t.match(
    stale.facts.find((x) => x.readerVersion === readerVersion),
    { expected: 2, found: 0, hostsExpected: 1, hostsFound: 0 },
  );
  t.equal(stale.population.get('fleet'), 1);
  t.equal(stale.population.has('host:h1'), false);
  t.match(stale.generationMatches.get(`${cell}:${generation}`), { found: 3 });
});

t.test('before a cell once had its quorum of hosts, it says nothing about readers', async (t) => {
  const f = new FleetUnderTest();
  f.report('h1', ['a']);
  const { book } = f.fleet;
  const census = () => takeCensus(book, enrolled('h1', 'h2', 'h3'), new Map(), f.now).facts.length;
  t.equal(census(), 0);
  f.report('h2', ['b']);
  t.equal(census(), 1);
  f.retire('h2');
  t.equal(census(), 1, 'from then on it does');
  f.connect('h4', { cell: parseId('cell', 'c2') });
  f.report('h4', ['z']);
  t.equal(census(), 1);
});
