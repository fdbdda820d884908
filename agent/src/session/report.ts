// What to say of a scan: the whole inventory when it is another one than was sent last, else only what changed in it. Pure.
import { maxChangesPerHeartbeat } from '@servo-auditor/proto/limits.ts';
import type { Servo, ServoChange } from '@servo-auditor/proto/wire.ts';
import type { Inventory } from '../scan/scan.ts';

/** What the other side has, as it was sent in this session. */
export type Sent = Pick<Inventory, 'digest' | 'problems' | 'servos'>;

export type Report =
  { readonly kind: 'snapshot' } | { readonly kind: 'heartbeat'; readonly changes: readonly ServoChange[] };

/**
 * @param last what was sent last; undefined at first.
 * @param full the coordinator asked for everything.
 */
export function reportOf(inventory: Inventory, last: Sent | undefined, full: boolean): Report {
  if (full || last === undefined || inventory.digest !== last.digest) return { kind: 'snapshot' };
  if (JSON.stringify(inventory.problems) !== JSON.stringify(last.problems)) return { kind: 'snapshot' };
  const changes: ServoChange[] = [];
  for (const [index, servo] of inventory.servos.entries()) {
    const before = last.servos[index];
    // A heartbeat cannot say these two, and the digest does not cover them.
    if (servo.contradiction !== before?.contradiction || servo.project !== before.project)
      return { kind: 'snapshot' };
    if (servo.state !== before.state || servo.activity !== before.activity)
      changes.push(changeOf(index, servo));
  }
  return changes.length > maxChangesPerHeartbeat ? { kind: 'snapshot' } : { kind: 'heartbeat', changes };
}

function changeOf(index: number, { state, activity, cpuPermille, connections }: Servo): ServoChange {
  return {
    index,
    state,
    activity,
    ...(cpuPermille === undefined ? {} : { cpuPermille }),
    ...(connections === undefined ? {} : { connections }),
  };
}
