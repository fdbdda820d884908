// The host is fresh, read whole under this epoch, and holds exactly the servo that the entry names.
import type { HostView } from '../domain/host.ts';
import type { PlanEntry } from '../domain/plan.ts';
import type { RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

const contradictionNone = 0;
const stateRunning = 0;
const activityActive = 0;
const activityMeasuring = 2;

/** Row of the servo in the host's inventory; undefined, with a finding, when it is not there. */
export function checkHost(
  { evidence }: PlanEntry,
  view: HostView,
  raw: RawEvidence,
  report: Report,
): number | undefined {
  const { inventory, heartbeat } = view;
  const { policy, now, epoch } = raw.context;
  if (inventory === undefined || heartbeat === undefined) {
    report('host', `${view.id} has sent no inventory`);
    return undefined;
  }
  if (view.epoch !== epoch) report('host', `${view.id} was read under epoch ${view.epoch}, not ${epoch}`);
  if (view.contested !== undefined) report('host', `${view.id} is contested: ${view.contested}`);
  if (!view.digestMatches) report('host', `the last heartbeat of ${view.id} vouches for another inventory`);
  const limit = policy.heartbeatIntervalMs * policy.hostFreshIntervals;
  const asked = heartbeat.askedAt;
  const elapsed = [now.monoMs - asked.monoMs, now.bootMs - asked.bootMs, now.wallMs - asked.wallMs];
  if (asked.bootId !== now.bootId || elapsed.some((ms) => ms > limit))
    report('host', `${view.id} has not answered for more than ${limit} ms`);
  for (const problem of inventory.problems)
    if (!view.acknowledged.some((a) => a.path === problem.path && a.contentSha256 === problem.contentSha256))
      report('host', `${view.id} could not read ${problem.path}`);
  const row = evidence.row;
  if (inventory.uid[row] !== evidence.uid || inventory.incarnation[row] !== evidence.incarnation) {
    report('servo', `row ${row} of ${view.id} is not ${evidence.uid} in incarnation ${evidence.incarnation}`);
    return undefined;
  }
  if (inventory.uid.filter((uid) => uid === evidence.uid).length !== 1)
    report('servo', 'its uid stands twice on the host');
  if (inventory.contradiction[row] !== contradictionNone)
    report('servo', 'store and runtime disagree about it');
  if (inventory.state[row] !== stateRunning) report('servo', 'it does not run');
  const activity = inventory.activity[row];
  if (activity === activityActive || activity === activityMeasuring)
    report('servo', 'it was not quiet for the whole window');
  const seenMs = view.firstSeenMs[row];
  if (seenMs === undefined || !(now.waitMs - seenMs >= policy.graceSeenMs))
    report('servo', 'it was first seen too short a time ago');
  return row;
}
