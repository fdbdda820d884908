// One look at every host in a pass: how many are fresh, how many servos stand where, how well each generation is recognised.
// Costs something per host, nothing per servo.
import type { CellId, HostId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Match } from '../domain/evidence.ts';
import { openProblems, type HostView } from '../domain/host.ts';
import { cohortName, modeKey, type EnrolledHost } from '../domain/operator.ts';
import type { GenerationFacts } from '../domain/plan.ts';
import type { Book } from './book.ts';
import { missingOn, noMatch } from './evidence.ts';
import type { HostRecord } from './host.ts';

export interface Census {
  /** Servos in the fresh inventories, per cohort name. */
  readonly population: ReadonlyMap<string, number>;
  /** Enrolled hosts and fresh ones, per cell. */
  readonly cells: ReadonlyMap<CellId, { readonly enrolled: number; readonly fresh: number }>;
  /** One per (cell, generation, reader version), of cells that once had their quorum of fresh hosts. */
  readonly facts: readonly GenerationFacts[];
  /** Two-way match per `<cell>:<generation>`. */
  readonly generationMatches: ReadonlyMap<string, Match>;
  /** Servos that are plainly claimed, per `<cell>:<generation>`. */
  readonly live: ReadonlyMap<string, number>;
}

/** What the hosts of one (cell, generation, reader version) add up to. */
interface Sum {
  expected: number;
  /** On fresh hosts whose inventory is whole. */
  found: number;
  hostsExpected: number;
  hostsFound: number;
  readonly swappedHosts: HostId[];
  /** Found on any host: what the two-way match counts. */
  matched: number;
  servos: number;
  live: number;
  hosts: number;
}

export function takeCensus(
  book: Book,
  enrolled: readonly EnrolledHost[],
  acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>,
  now: Now,
): Census {
  const sums = book.groups.map((): Sum => ({
    expected: 0,
    found: 0,
    hostsExpected: 0,
    hostsFound: 0,
    swappedHosts: [],
    matched: 0,
    servos: 0,
    live: 0,
    hosts: 0,
  }));
  const population = new Map<string, number>();
  for (const record of book.records.values()) {
    const { view } = record;
    record.isFresh = view !== undefined && book.isFresh(view, now);
    const sum = sums[record.group];
    if (sum === undefined || view?.inventory === undefined) continue;
    sum.hosts++;
    countHost(sum, record, view, book, acknowledged);
    if (!record.isFresh) continue;
    population.set(record.cohort, view.inventory.count);
    sum.servos += view.inventory.count;
  }
  const cells = countEnrolled(book, enrolled);
  for (const [cell, { enrolled: all, fresh }] of cells)
    if (fresh > 0 && fresh >= all * book.setting.policy.fleetQuorumShare) book.warm.add(cell);
  return { population, cells, ...addUp(book, sums, population) };
}

function countEnrolled(
  book: Book,
  hosts: readonly EnrolledHost[],
): Map<CellId, { enrolled: number; fresh: number }> {
  const cells = new Map<CellId, { enrolled: number; fresh: number }>();
  for (const { host, cell, retired } of hosts) {
    if (retired) continue;
    let count = cells.get(cell);
    if (count === undefined) cells.set(cell, (count = { enrolled: 0, fresh: 0 }));
    count.enrolled++;
    const record = book.records.get(host);
    if (record?.isFresh === true && record.view?.cell === cell) count.fresh++;
  }
  return cells;
}

function countHost(
  sum: Sum,
  record: HostRecord,
  view: HostView,
  book: Book,
  acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>,
): void {
  const { matched } = record;
  if (matched === undefined) return;
  const expected = matched.expected + record.missingHostless.length;
  const problems = view.inventory?.problems ?? [];
  const isWhole =
    record.isFresh && view.digestMatches && (problems.length === 0 || openProblems(view).length === 0);
  sum.live += matched.live;
  sum.matched += matched.found;
  sum.expected += expected;
  if (isWhole) sum.found += matched.found;
  if (expected > 0) {
    sum.hostsExpected++;
    if (isWhole) sum.hostsFound++;
  }
  if (
    record.missingRounds >= book.setting.policy.swapRounds &&
    missingOn(record, acknowledged.get(view.id)).length > 0
  )
    sum.swappedHosts.push(view.id);
}

/** Adds the cohorts above hosts to `population`. */
function addUp(
  book: Book,
  sums: readonly Sum[],
  population: Map<string, number>,
): Pick<Census, 'facts' | 'generationMatches' | 'live'> {
  const facts: GenerationFacts[] = [];
  const generationMatches = new Map<string, Match>();
  const live = new Map<string, number>();
  const add = (name: string, servos: number): unknown =>
    population.set(name, (population.get(name) ?? 0) + servos);
  book.groups.forEach(({ cell, generation, readerVersion }, number) => {
    const sum = sums[number];
    if (sum === undefined || sum.hosts === 0) return;
    const { expected, found, hostsExpected, hostsFound, swappedHosts } = sum;
    if (book.warm.has(cell))
      facts.push({
        cell,
        generation,
        readerVersion,
        expected,
        found,
        hostsExpected,
        hostsFound,
        swappedHosts,
      });
    const key = modeKey(cell, generation);
    const match = generationMatches.get(key) ?? noMatch;
    generationMatches.set(key, {
      ...match,
      expected: match.expected + expected,
      found: match.found + sum.matched,
    });
    live.set(key, (live.get(key) ?? 0) + sum.live);
    add(cohortName({ kind: 'generation', cell, generation }), sum.servos);
    add(cohortName({ kind: 'reader', cell, readerVersion }), sum.servos);
    add(cohortName({ kind: 'cell', cell }), sum.servos);
    add(cohortName({ kind: 'fleet' }), sum.servos);
  });
  return { facts, generationMatches, live };
}
