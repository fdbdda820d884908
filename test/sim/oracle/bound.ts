// The stated bound of I12: how long a host that has a true orphan may go without a stop, from when nothing stood in its way, or from
// its last stop. Each part is a number of the policy, so that the bound moves with it; together they are what a report prints.
import { atMostMs, type OracleSetting } from './setting.ts';

export interface BoundPart {
  readonly ms: number;
  readonly why: string;
}

/** @param waiting true orphans of the fleet that wait at the same time. */
export function boundParts(
  waiting: number,
  { policy, agent, backoffMs }: OracleSetting,
): readonly BoundPart[] {
  const { heartbeatIntervalMs, hostFreshIntervals, roundIntervalMs, witnessAgeMs, orderLivesMs } = policy;
  const perWindow = Math.min(policy.budgetGeneration, policy.budgetCellCount, policy.budgetFleet);
  return [
    {
      ms: backoffMs + heartbeatIntervalMs * hostFreshIntervals + witnessAgeMs,
      why: 'agents call again, report, and every witness is read anew',
    },
    {
      ms: Math.max(policy.graceReleasedMs, policy.graceSeenMs, policy.activityWindowMs),
      why: 'grace, and quiet over its window',
    },
    {
      ms: policy.evidenceSpreadMs + (policy.evidenceRounds + 2) * roundIntervalMs,
      why: 'rounds of evidence, counted anew',
    },
    {
      ms: orderLivesMs + policy.refusedAgainMs + 3 * roundIntervalMs,
      why: 'an order of before is closed, and the host is asked again',
    },
    {
      ms: Math.ceil(waiting / perWindow) * (policy.budgetWindowMs + policy.refusedAgainMs),
      why: `budgets: ${waiting} wait, ${perWindow} a window`,
    },
    { ms: agent.longWindowMs + agent.windowMs, why: 'the agent’s own limit' },
  ];
}

export function boundMs(waiting: number, setting: OracleSetting): number {
  const sumMs = boundParts(waiting, setting).reduce((sum, part) => sum + part.ms, 0);
  return atMostMs(sumMs, setting);
}
