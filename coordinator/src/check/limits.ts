// The plan as a whole stays within what may be stopped at once: no servo twice, no open breaker, every budget.
import type { CellId } from '@servo-auditor/proto/ids.ts';
import type { Plan } from '../domain/plan.ts';
import type { RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

interface Stop {
  readonly id: string;
  readonly host: string;
  readonly cell: CellId;
  readonly generation: string;
}

/** A planned stop, with what else a breaker may watch. */
interface Planned extends Stop {
  readonly reader: string;
  readonly project: string | undefined;
}

export function checkLimits(plan: Plan, raw: RawEvidence, report: Report): void {
  const { operator, policy, cells, stalledMs, now, population } = raw.context;
  if (plan.entries.length === 0) return;
  const uids = new Set(plan.entries.map((e) => e.evidence.uid));
  if (uids.size !== plan.entries.length) report('limits', 'a uid stands twice in the plan');
  for (const order of operator.openOrders)
    if (order.state !== 'closed' && uids.has(order.uid))
      report('limits', `${order.uid} has the unfinished order ${order.id}`);
  for (const past of operator.cases)
    if (
      past.state === 'quarantined' &&
      plan.entries.some(({ evidence: e }) => e.uid === past.uid && e.incarnation === past.incarnation)
    )
      report('limits', `${past.uid} is in quarantine already`);
  const hosts = cells.get(plan.cell);
  if (hosts === undefined || hosts.fresh < hosts.enrolled * policy.fleetQuorumShare)
    report('limits', `${hosts?.fresh ?? 0} of ${hosts?.enrolled ?? 0} hosts are fresh`);
  if (stalledMs > policy.stallMs) report('limits', `the coordinator stalled for ${stalledMs} ms`);

  const planned: Planned[] = plan.entries.map(({ evidence }) => ({
    id: evidence.uid,
    host: evidence.host.view.id,
    cell: evidence.host.view.cell,
    generation: evidence.host.view.generation,
    reader: evidence.host.view.readerVersion,
    project:
      evidence.release?.projectReleased === true
        ? undefined
        : (evidence.release?.project ?? evidence.project),
  }));
  // A breaker that opens with this very plan counts as one that was open before.
  for (const breaker of [...operator.breakers, ...plan.openings]) {
    const caught = planned.find((s) => watchedBy(s).includes(breaker.cohort));
    if (caught !== undefined) report('breaker', `${breaker.cohort} is open, and ${caught.id} is in it`);
  }
  const charges = operator.charges.filter(
    (c) => c.action === 'stop' && c.atMs > now.waitMs - policy.budgetWindowMs,
  );
  const known = new Set(operator.charges.map((c) => c.order));
  const pending = operator.openOrders.filter(
    (o) => o.action === 'stop' && o.state !== 'closed' && !known.has(o.id),
  );
  const used = new Map<string, number>();
  for (const stop of [...planned, ...[...charges, ...pending].map((c) => ({ ...c, id: c.uid }))])
    for (const cohort of cohortsOf(stop)) used.set(cohort, (used.get(cohort) ?? 0) + 1);
  const touched = new Set(planned.flatMap(cohortsOf));
  for (const cohort of touched) {
    const servos = population.get(cohort) ?? 0;
    const limit = cohort.startsWith('host:')
      ? policy.budgetHost
      : cohort.startsWith('generation:')
        ? policy.budgetGeneration
        : cohort.startsWith('cell:')
          ? Math.max(policy.budgetCellCount, Math.floor(policy.budgetCellShare * servos))
          : policy.budgetFleet;
    if ((used.get(cohort) ?? 0) > limit)
      report('budget', `${cohort} would have ${used.get(cohort)} stops, more than ${limit}`);
  }
}

function cohortsOf({ host, cell, generation }: Stop): readonly string[] {
  return [`host:${host}`, `generation:${cell}:${generation}`, `cell:${cell}`, 'fleet'];
}

/** Names of all cohorts whose breaker would void this stop. A project counts while it has no tombstone of its own. */
function watchedBy(stop: Planned): readonly string[] {
  const names = [...cohortsOf(stop), `reader:${stop.cell}:${stop.reader}`];
  return stop.project === undefined ? names : [...names, `project:${stop.project}`];
}
