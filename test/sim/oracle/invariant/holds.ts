// I7: a hold or a freeze that is committed before the last confirm prevents the stop; so does a hold file on the host that is there
// before the agent has its answer.
import type { ProjectId } from '@servo-auditor/proto/ids.ts';
import type { TrueOrder } from '../book/orders.ts';
import { time, type Invariant } from '../court.ts';
import type { Ledger } from '../ledger.ts';

export const holds: Invariant = ({ ledger, found, setting }) => ({
  'yes.committed': ({ order: id, atMs }) => {
    const order = ledger.orders.find(id);
    if (order === undefined) return;
    const { uid, host, cell, generation } = order.made;
    const about = { order: id, host, uid };
    const frozenMs = ledger.operators.frozenSinceMs;
    if (frozenMs !== undefined)
      found('I7', `order ${id} got its yes ${time(atMs - frozenMs)} after the freeze was committed`, about);
    const projects = projectsOf(order, ledger);
    for (const named of ledger.uidsOf(order)) {
      const hold = ledger.operators.holdOn(
        { uid: named, host, cell, generation, projects },
        atMs,
        setting.drift,
      );
      if (hold === undefined) continue;
      found(
        'I7',
        `order ${id} got its yes ${time(atMs - hold.sinceMs)} after hold ${hold.id} on its ${hold.scope.kind} was committed`,
        about,
      );
    }
  },
  'stop.began': ({ order: id, host, uid, atMs }) => {
    const order = ledger.orders.find(id);
    const held = ledger.hosts.find(host)?.held;
    if (order === undefined || held === undefined) return;
    const answeredMs = order.yesHeardMs ?? atMs;
    for (const name of [undefined, order.made.uid, uid]) {
      const sinceMs = held.get(name);
      if (sinceMs === undefined || sinceMs >= answeredMs) continue;
      found(
        'I7',
        `${uid} was stopped on ${host}, where a hold file ${name === undefined ? 'for all servos' : `for ${name}`} was there ${time(answeredMs - sinceMs)} before the answer`,
        { order: id, host, uid },
      );
      return;
    }
  },
});

/** By whatever name somebody may have held its project: the host's, the order's, the authority's. */
function projectsOf(order: TrueOrder, ledger: Ledger): readonly ProjectId[] {
  const projects = new Set<ProjectId>();
  const { project, uid } = order.made;
  if (project !== undefined) projects.add(project);
  const truth = ledger.subject(order);
  if (truth !== undefined && truth.uid === uid) projects.add(truth.project);
  return [...projects];
}
