// Undo, in one command: start orders for quarantined servos, one or all that a decision stopped. No gate is asked; the agent
// judges, and refuses by name what cannot be started.
import {
  Refused,
  type AdminCalls,
  type NotRestored,
  type Operator,
  type ReplyOf,
} from '@servo-auditor/proto/admin.ts';
import type { Case } from '../domain/case.ts';
import { duration } from '../domain/answer.ts';
import type { OpenOrder } from '../domain/order.ts';
import { startOrder } from '../round/start-order.ts';
import { act } from './act.ts';
import type { AdminDeps } from './deps.ts';
import { orderRow } from './rows.ts';
import { knownHost, look, type Scene } from './scene.ts';

export function restoreCalls(deps: AdminDeps): Pick<AdminCalls, 'RestoreServo' | 'RestorePlan'> {
  return {
    async RestoreServo({ uid, host, reason }, by) {
      const scene = await look(deps);
      if (host !== undefined) knownHost(host, scene);
      const kept = quarantined(scene).filter((c) => c.uid === uid);
      const found = kept.filter((c) => host === undefined || c.host === host);
      if (found.length === 0)
        throw new Refused(
          'not-found',
          `${uid} is not in quarantine${host === undefined ? '' : ` on ${host}`}; see: servoctl quarantine list`,
        );
      if (found.length > 1)
        throw new Refused(
          'invalid',
          `${uid} is in quarantine on ${found.map((c) => c.host).join(' and ')}; name one with --host`,
        );
      return await restore(found, reason, by, deps, scene);
    },

    async RestorePlan({ decisionVersion, reason }, by) {
      const scene = await look(deps);
      const found: Case[] = [];
      for (const kept of quarantined(scene)) {
        const order = kept.order === undefined ? undefined : await deps.store.findOrder(kept.order);
        if (order?.decisionVersion === decisionVersion) found.push(kept);
      }
      if (found.length === 0)
        throw new Refused(
          'not-found',
          `decision ${decisionVersion} has nothing in quarantine; see: servoctl quarantine list`,
        );
      return await restore(found, reason, by, deps, scene);
    },
  };
}

function quarantined({ operator }: Scene): readonly Case[] {
  return operator.cases.filter((c) => c.state === 'quarantined');
}

async function restore(
  kept: readonly Case[],
  reason: string,
  by: Operator,
  deps: AdminDeps,
  scene: Scene,
): Promise<ReplyOf<'RestoreServo'>> {
  const orders: OpenOrder[] = [];
  const notRestored: NotRestored[] = [];
  for (const servo of kept) {
    const made = orderFor(servo, `restored by ${by.name}: ${reason}`.slice(0, 500), deps, scene);
    if (typeof made === 'string') notRestored.push({ uid: servo.uid, host: servo.host, message: made });
    else orders.push(made);
  }
  if (orders.length === 0)
    throw new Refused('unfit', notRestored.map((n) => `${n.uid} on ${n.host}: ${n.message}`).join('; '));
  const holdUntilMs = scene.now.waitMs + deps.policy.restoreHoldMs;
  const decision = await act(deps, by, reason, { kind: 'restore.ordered', orders, holdUntilMs });
  deps.send(orders);
  return {
    decision,
    message: `${orders.length} servo(s) are started again, and held for ${duration(deps.policy.restoreHoldMs)}`,
    orders: orders.map((o) => orderRow({ ...o, decisionVersion: decision.version }, scene.now)),
    notRestored,
    next: [
      { command: 'servoctl watch', why: 'see the receipts come' },
      { command: 'servoctl holds list', why: 'the holds that keep them' },
    ],
  };
}

/** The order, or why there is none. */
function orderFor(
  servo: Case,
  reason: string,
  deps: AdminDeps,
  { operator, now }: Scene,
): OpenOrder | string {
  const open = operator.openOrders.find((o) => o.uid === servo.uid && o.state !== 'closed');
  if (open !== undefined)
    return `order ${open.id} to ${open.action} it is not closed yet; see: servoctl orders list`;
  const view = deps.views.get(servo.host);
  if (view === undefined)
    return `its host has not spoken to this coordinator yet; on the host itself: servo-agent restore ${servo.uid}`;
  return startOrder(servo, view, { epoch: deps.epoch, now }, reason, deps.newOrderId());
}
