// From pairs to the inventory: measured, in canonical order, with a digest, and within its bounds. Pure.
import { compareServos, inventoryDigest } from '@servo-auditor/proto/canonical.ts';
import type { Generation, ServoUid } from '@servo-auditor/proto/ids.ts';
import { maxProblems, maxServosPerHost } from '@servo-auditor/proto/limits.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Problem, Servo } from '@servo-auditor/proto/wire.ts';
import { activityKey, measure, type ActivityLimits, type ActivityMemory } from './activity.ts';
import type { Inventory, Launch, ServoFacts } from './facts.ts';
import type { Pair } from './pair.ts';
import { problem } from './problem.ts';

export interface InventoryGiven {
  readonly generation: Generation;
  readonly pairs: readonly Pair[];
  readonly problems: readonly Problem[];
  /** When the scan began. */
  readonly began: Now;
  /** When the usage of the objects was read. */
  readonly sampled: Now;
  readonly before: ActivityMemory;
  readonly limits: ActivityLimits;
}

export function makeInventory(given: InventoryGiven): Inventory {
  const activity = new Map<string, ReturnType<typeof measure>['history']>();
  const sorted = given.pairs.toSorted(compareServos);
  const rows = sorted.slice(0, maxServosPerHost).map((row) => factsOf(row, given, activity));
  const facts = new Map<ServoUid, ServoFacts[]>();
  for (const row of rows) {
    const same = facts.get(row.servo.uid);
    if (same === undefined) facts.set(row.servo.uid, [row]);
    else same.push(row);
  }
  const problems = boundProblems([...given.problems, ...tooMany(sorted.length)]);
  const servos = rows.map((row) => row.servo);
  return {
    generation: given.generation,
    servos,
    digest: inventoryDigest(given.generation, servos),
    problems,
    complete: problems.length === 0,
    facts,
    began: given.began,
    activity,
  };
}

/** Same problems, same list: by path, then code. What exceeds the limit is counted in the last one, which nobody can acknowledge. */
export function boundProblems(problems: readonly Problem[]): readonly Problem[] {
  const sorted = problems.toSorted((a, b) => compare(a.path, b.path) || compare(a.code, b.code));
  if (sorted.length <= maxProblems) return sorted;
  const kept = sorted.slice(0, maxProblems - 1);
  const rest = sorted.length - kept.length;
  return [
    ...kept,
    problem(
      'inventory',
      'more-problems',
      `${rest} more problems, beginning with ${sorted[kept.length]?.path ?? ''}; mend the first ones to see them`,
    ),
  ];
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function tooMany(rows: number): readonly Problem[] {
  if (rows <= maxServosPerHost) return [];
  return [
    problem(
      'inventory',
      'too-many',
      `${rows} servos, at most ${maxServosPerHost} are reported; the rest is left out`,
    ),
  ];
}

function factsOf(
  row: Pair,
  given: InventoryGiven,
  activity: Map<string, ReturnType<typeof measure>['history']>,
): ServoFacts {
  const { uid, incarnation, runtimeId, project, state, contradiction, object, record } = row;
  const identity = { uid, incarnation, runtimeId, project, state, contradiction };
  const launch = launchOf(row);
  // Of what does not run nothing can be measured.
  if (object === undefined)
    return { servo: servoOf({ ...identity, activity: 'unknown' }), object, record, launch };
  const key = activityKey(uid, incarnation);
  const { history, measured } = measure(given.before, key, object.usage, given.sampled, given.limits);
  activity.set(key, history);
  return { servo: servoOf({ ...identity, ...measured }), object, record, launch };
}

/** Without entries that are not there: a servo is compared and encoded as it is. */
function servoOf(servo: Servo): Servo {
  const { project, cpuPermille, connections, ...rest } = servo;
  return {
    ...rest,
    ...(project === undefined ? {} : { project }),
    ...(cpuPermille === undefined ? {} : { cpuPermille }),
    ...(connections === undefined ? {} : { connections }),
  };
}

/**
 * What would start it again as it is. The record says how the platform starts it; the rest of its environment, and whatever
 * the record does not say, is what really runs.
 */
function launchOf({ object, record }: Pair): Launch | undefined {
  if (object?.launch !== undefined) return object.launch;
  const argv = record?.argv ?? object?.argv;
  const cwd = record?.cwd ?? object?.cwd;
  const env = object === undefined ? record?.env : { ...record?.env, ...object.labels };
  if (argv === undefined || cwd === undefined || env === undefined) return undefined;
  const as = object?.owner;
  return { argv, cwd, env, ...(as === undefined ? {} : { as }) };
}
