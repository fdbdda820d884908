// One look at every host in a pass: how many are fresh, how many servos stand where, how well each generation is recognised.
// Costs something per host, nothing per servo.
import type { CellId, HostId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Match } from '../domain/evidence.ts';
import { openProblems, type HostView } from '../domain/host.ts';
import { cohortName, modeKey, type EnrolledHost } from '../domain/operator.ts';
import type { GenerationFacts } from '../domain/plan.ts';
import type { Book } from './book.ts';
import { missingOn } from './evidence.ts';
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

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** What the hosts of one (cell, generation, reader version) add up to. */
interface Group {
  readonly facts: Mutable<Omit<GenerationFacts, 'swappedHosts'>> & { readonly swappedHosts: HostId[] };
  /** Found on any host, fresh or not: what the two-way match counts. */
  matched: number;
  servos: number;
  live: number;
}

export function takeCensus(
  book: Book,
  enrolled: readonly EnrolledHost[],
  acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>,
  now: Now,
): Census {
  const groups = new Groups();
  const population = new Map<string, number>();
  for (const record of book.records.values()) {
    const { view } = record;
    record.isFresh = view !== undefined && book.isFresh(view, now);
    if (view?.inventory === undefined) continue;
    const group = groups.of(view);
    countHost(group, record, view, book, acknowledged);
    if (!record.isFresh) continue;
    population.set(record.cohort, view.inventory.count);
    group.servos += view.inventory.count;
  }
  const cells = countEnrolled(book, enrolled);
  for (const [cell, { enrolled: all, fresh }] of cells)
    if (fresh > 0 && fresh >= all * book.setting.policy.fleetQuorumShare) book.warm.add(cell);
  return { population, cells, ...groups.sum(population, book.warm) };
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
  group: Group,
  record: HostRecord,
  view: HostView,
  book: Book,
  acknowledged: ReadonlyMap<HostId, ReadonlySet<string>>,
): void {
  const { matched } = record;
  if (matched === undefined) return;
  const { facts } = group;
  const expected = matched.expected + record.missingHostless.length;
  const problems = view.inventory?.problems ?? [];
  const isWhole =
    record.isFresh && view.digestMatches && (problems.length === 0 || openProblems(view).length === 0);
  group.live += matched.live;
  group.matched += matched.found;
  facts.expected += expected;
  if (isWhole) facts.found += matched.found;
  if (expected > 0) {
    facts.hostsExpected++;
    if (isWhole) facts.hostsFound++;
  }
  if (
    record.missingRounds >= book.setting.policy.swapRounds &&
    missingOn(record, acknowledged.get(view.id)).length > 0
  )
    facts.swappedHosts.push(view.id);
}

class Groups {
  // Nested, so that no key is put together per host.
  readonly #byCell = new Map<CellId, Map<string, Map<string, Group>>>();

  of({ cell, generation, readerVersion }: HostView): Group {
    const byReader = inner(inner(this.#byCell, cell), generation);
    let group = byReader.get(readerVersion);
    if (group === undefined) {
      const counts = { expected: 0, found: 0, hostsExpected: 0, hostsFound: 0, swappedHosts: [] };
      group = { facts: { cell, generation, readerVersion, ...counts }, matched: 0, servos: 0, live: 0 };
      byReader.set(readerVersion, group);
    }
    return group;
  }

  sum(
    population: Map<string, number>,
    warm: ReadonlySet<CellId>,
  ): Pick<Census, 'facts' | 'generationMatches' | 'live'> {
    const facts: GenerationFacts[] = [];
    const generationMatches = new Map<string, Match>();
    const live = new Map<string, number>();
    const add = (name: string, servos: number): unknown =>
      population.set(name, (population.get(name) ?? 0) + servos);
    for (const group of this.#all()) {
      const { cell, generation, readerVersion, expected } = group.facts;
      if (warm.has(cell)) facts.push(group.facts);
      const key = modeKey(cell, generation);
      const match = generationMatches.get(key) ?? { expected: 0, found: 0, missing: [], missingRounds: 0 };
      generationMatches.set(key, {
        ...match,
        expected: match.expected + expected,
        found: match.found + group.matched,
      });
      live.set(key, (live.get(key) ?? 0) + group.live);
      add(cohortName({ kind: 'generation', cell, generation }), group.servos);
      add(cohortName({ kind: 'reader', cell, readerVersion }), group.servos);
      add(cohortName({ kind: 'cell', cell }), group.servos);
      add(cohortName({ kind: 'fleet' }), group.servos);
    }
    return { facts, generationMatches, live };
  }

  *#all(): Iterable<Group> {
    for (const byGeneration of this.#byCell.values())
      for (const byReader of byGeneration.values()) yield* byReader.values();
  }
}

function inner<K, V>(map: Map<K, Map<string, V>>, key: K): Map<string, V> {
  let found = map.get(key);
  if (found === undefined) map.set(key, (found = new Map()));
  return found;
}
