// The cohorts that a servo belongs to, and how many orphans and stops each may have.
import type { CellId, Generation, HostId, ProjectId, ReaderVersion } from '@servo-auditor/proto/ids.ts';
import { cohortName, type Cohort } from '../domain/operator.ts';
import { countOrShare, type Policy } from '../domain/policy.ts';

/** What tells a servo's cohorts: of an orphan, of a charge, of an order. */
export interface Placed {
  readonly host: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly project: ProjectId | undefined;
}

/** Names of the cohorts that the breakers watch. A project counts only while it has no tombstone of its own. */
export function breakerCohorts(servo: Placed, projectReleased: boolean): readonly string[] {
  const { host, cell, generation, readerVersion, project } = servo;
  const cohorts: Cohort[] = [
    { kind: 'host', host },
    { kind: 'generation', cell, generation },
    { kind: 'reader', cell, readerVersion },
    { kind: 'cell', cell },
    { kind: 'fleet' },
  ];
  if (project !== undefined && !projectReleased) cohorts.push({ kind: 'project', project });
  return cohorts.map(cohortName);
}

/** Names of the cohorts that have a budget, the smallest first. */
export function budgetCohorts({ host, cell, generation }: Placed): readonly string[] {
  const cohorts: Cohort[] = [
    { kind: 'host', host },
    { kind: 'generation', cell, generation },
    { kind: 'cell', cell },
    { kind: 'fleet' },
  ];
  return cohorts.map(cohortName);
}

type KindOfName = 'host' | 'generation' | 'reader' | 'cell' | 'project' | 'fleet';

/** Kind of a cohort by its name. */
function kindOf(name: string): KindOfName {
  return name.split(':', 1)[0] as KindOfName;
}

/** How many orphans and stops a cohort of so many servos may have before its breaker opens. */
export function breakerLimit(name: string, population: number, policy: Policy): number {
  switch (kindOf(name)) {
    case 'host':
      return countOrShare(policy.breakerHostCount, policy.breakerHostShare, population);
    case 'generation':
    case 'reader':
    case 'cell':
      return countOrShare(policy.breakerCohortCount, policy.breakerCohortShare, population);
    case 'fleet':
      return countOrShare(policy.breakerFleetCount, policy.breakerFleetShare, population);
    case 'project':
      return policy.breakerProjectCount;
  }
}

/** How many stops a cohort may have in a budget window. */
export function budgetLimit(name: string, population: number, policy: Policy): number {
  switch (kindOf(name)) {
    case 'host':
      return policy.budgetHost;
    case 'generation':
      return policy.budgetGeneration;
    case 'cell':
      return countOrShare(policy.budgetCellCount, policy.budgetCellShare, population);
    case 'fleet':
      return policy.budgetFleet;
    case 'reader':
    case 'project':
      throw new Error(`${name} has no budget`);
  }
}
