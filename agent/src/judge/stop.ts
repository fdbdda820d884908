// Whether this agent stops a servo: its own judgement, whatever the coordinator thinks. Refuses unless everything holds.
import type { Now } from '@servo-auditor/proto/time.ts';
import {
  refuse,
  type Hold,
  type Judgement,
  type LocalLimits,
  type Refused,
  type Row,
  type Sight,
  type Standing,
  type Terms,
} from './facts.ts';
import { judgeLimits } from './limits.ts';
import { judgeOrder } from './order.ts';

export function judgeStop(
  order: Terms,
  standing: Standing,
  sight: Sight,
  limits: LocalLimits,
  now: Now,
): Judgement {
  const refusal =
    judgeOrder(order, standing, now) ??
    judgeHold(sight.hold) ??
    judgeProblems(order, sight) ??
    judgeServo(order, sight) ??
    judgeLimits(standing.memory.stopsMs, sight.servos, limits, now);
  if (refusal !== undefined) return refusal;
  // Unknown activity is capped at propose: an order for it came by a person's approval.
  const blind = sight.rows.some((row) => row.activity === 'unknown');
  return { kind: 'act', notes: blind ? ['its activity could not be told'] : [] };
}

export function judgeHold(hold: Hold): Refused | undefined {
  switch (hold.kind) {
    case 'none':
      return undefined;
    case 'held':
      return refuse('held', `${hold.file} protects it; to lift that: servo-agent unhold`);
    case 'unreadable':
      return refuse('hold-unreadable', `whether it is held cannot be told: ${hold.message}`);
  }
}

/** Complete, but for items that an operator acknowledged by path and content. */
function judgeProblems(order: Terms, sight: Sight): Refused | undefined {
  const open = sight.problems.filter(
    (problem) =>
      problem.contentSha256 === undefined ||
      !order.acknowledged.some(
        (item) => item.path === problem.path && item.contentSha256 === problem.contentSha256,
      ),
  );
  const [first] = open;
  if (first === undefined) return undefined;
  return refuse(
    'incomplete',
    `${open.length} problems make the inventory incomplete, first ${first.code} at ${first.path}`,
  );
}

function judgeServo(order: Terms, sight: Sight): Refused | undefined {
  const [row, ...others] = sight.rows;
  if (row === undefined) return refuse('no-such-servo', `no servo ${order.uid} is on this host`);
  if (others.length > 0)
    return refuse('contradiction', `${sight.rows.length} rows bear the uid ${order.uid}`);
  if (row.contradiction !== 'none')
    return refuse('contradiction', `store and runtime disagree: ${row.contradiction}`);
  if (row.incarnation !== order.incarnation) {
    return refuse(
      'incarnation',
      `${order.uid} is here as ${row.incarnation}, the order names ${order.incarnation}`,
    );
  }
  if (row.identity !== order.identity)
    return refuse('identity', `the identity of ${order.uid} is ${row.identity}, not ${order.identity}`);
  if (row.state !== 'running') return refuse('not-running', `${order.uid} is ${row.state}, not running`);
  return judgeQuiet(row) ?? judgeKeeping(row, sight);
}

function judgeQuiet(row: Row): Refused | undefined {
  switch (row.activity) {
    case 'quiet':
    case 'unknown':
      return undefined;
    case 'active':
      return refuse(
        'not-quiet',
        `it is in use: ${row.connections ?? 'unknown'} connections, CPU ${row.cpuPermille ?? 'unknown'} thousandths of a core lately`,
      );
    case 'measuring':
      return refuse('not-measured', 'its activity has not been measured over the whole window yet');
  }
}

function judgeKeeping(row: Row, { keepable }: Sight): Refused | undefined {
  if (!row.restorable) {
    return refuse(
      'not-restorable',
      'its command, folder or environment cannot be read, so it could not be started again',
    );
  }
  if (!keepable.keepable) return refuse(`not-keepable-${keepable.code}`, keepable.message);
  return undefined;
}
