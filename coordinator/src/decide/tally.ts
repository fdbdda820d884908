// How many orphans and stops every cohort has, before anybody is allowed to act: the breakers' reading, and the budgets' books.
import type { Incarnation, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { BreakerMember } from '../domain/operator.ts';
import type { BreakerOpening, RoundContext } from '../domain/plan.ts';
import type { Judgement } from '../domain/verdict.ts';
import type { Steps } from './steps.ts';
import { byUid } from './by-uid.ts';
import { breakerCohorts, breakerLimit, budgetCohorts, budgetLimit, type Placed } from './cohorts.ts';

/** What places an evidence in its cohorts. */
export function placeOf(evidence: Evidence): Placed {
  const { view } = evidence.host;
  return {
    host: view.id,
    cell: view.cell,
    generation: view.generation,
    readerVersion: view.readerVersion,
    project: evidence.release?.project ?? evidence.project,
  };
}

/** Orphans that run and could be stopped: what is already in quarantine counts as the stop that it was. */
export function actionable(judgements: readonly Judgement[]): readonly Judgement[] {
  return judgements.filter((j) => j.verdict === 'orphan' && j.evidence.state === 'running');
}

const memberKey = (uid: ServoUid, incarnation: Incarnation): string => `${uid} ${incarnation}`;

/** Members of every cohort that has any: orphans, and stops within the window; what an operator exempted does not count. */
function* membersByCohort(
  orphans: readonly Judgement[],
  context: RoundContext,
): Steps<ReadonlyMap<string, ReadonlyMap<string, BreakerMember>>> {
  const { operator, policy, now } = context;
  const exempt = new Set(operator.exemptions.map((e) => `${e.cohort} ${memberKey(e.uid, e.incarnation)}`));
  const byCohort = new Map<string, Map<string, BreakerMember>>();
  const count = (servo: Placed, projectReleased: boolean, member: BreakerMember): void => {
    const key = memberKey(member.uid, member.incarnation);
    for (const cohort of breakerCohorts(servo, projectReleased)) {
      if (exempt.size > 0 && exempt.has(`${cohort} ${key}`)) continue;
      const members = byCohort.get(cohort);
      if (members === undefined) byCohort.set(cohort, new Map([[key, member]]));
      else members.set(key, member);
    }
  };
  for (const { evidence } of orphans) {
    yield;
    const { uid, incarnation, host, release } = evidence;
    count(placeOf(evidence), release?.projectReleased ?? false, { uid, incarnation, host: host.view.id });
  }
  const since = now.waitMs - policy.breakerWindowMs;
  for (const charge of operator.charges) {
    const { uid, incarnation, host } = charge;
    if (charge.action === 'stop' && charge.atMs > since)
      count(charge, charge.projectReleased, { uid, incarnation, host });
  }
  return byCohort;
}

/** The cohorts whose breaker must be open now, each with the list that made it so. */
export function* breakersInSteps(
  judgements: readonly Judgement[],
  context: RoundContext,
): Steps<readonly BreakerOpening[]> {
  const openings: BreakerOpening[] = [];
  for (const [cohort, members] of yield* membersByCohort(actionable(judgements), context)) {
    const population = context.population.get(cohort) ?? 0;
    const limit = breakerLimit(cohort, population, context.policy);
    if (members.size <= limit) continue;
    openings.push({
      cohort,
      message: `${members.size} orphans and stops among ${population} servos of ${cohort}, more than ${limit}`,
      members: [...members.values()].toSorted(byUid),
    });
  }
  return openings;
}

/** Stops that each cohort has used up in the budget window; grows as a plan takes entries. */
export class BudgetBook {
  readonly #used = new Map<string, number>();
  readonly #context: RoundContext;

  constructor(context: RoundContext) {
    this.#context = context;
    const since = context.now.waitMs - context.policy.budgetWindowMs;
    const charged = new Set<string>();
    for (const charge of context.operator.charges) {
      if (charge.action !== 'stop') continue;
      charged.add(charge.order);
      if (charge.atMs > since) this.take(charge);
    }
    // An order that has no yes yet is not charged, but it may be at any moment.
    for (const order of context.operator.openOrders)
      if (order.action === 'stop' && order.state !== 'closed' && !charged.has(order.id)) this.take(order);
  }

  /** Counts one more stop. */
  take(servo: Placed): void {
    for (const cohort of budgetCohorts(servo)) this.#used.set(cohort, (this.#used.get(cohort) ?? 0) + 1);
  }

  /** The first cohort that has no room for one more, with its numbers. */
  full(
    servo: Placed,
  ): { readonly cohort: string; readonly used: number; readonly limit: number } | undefined {
    for (const cohort of budgetCohorts(servo)) {
      const used = this.#used.get(cohort) ?? 0;
      const limit = budgetLimit(cohort, this.#context.population.get(cohort) ?? 0, this.#context.policy);
      if (used >= limit) return { cohort, used, limit };
    }
    return undefined;
  }
}
