// An order that brings a quarantined servo back, made from its case: for an operator's restore and for an automatic one.
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId, type OrderId } from '@servo-auditor/proto/ids.ts';
import type { Case } from '../domain/case.ts';
import type { HostView } from '../domain/host.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { RoundContext } from '../domain/plan.ts';

export interface OrderIds {
  readonly newOrderId: () => OrderId;
}

export function startOrder(
  { uid, incarnation, project }: Case,
  view: HostView,
  { epoch, now }: Pick<RoundContext, 'epoch' | 'now'>,
  reason: string,
  id: OrderId,
): OpenOrder {
  const row = view.inventory?.uid.indexOf(uid) ?? -1;
  // A servo that the host does not report is named by its case alone; the agent's journal decides.
  const runtimeId = view.inventory?.runtimeId[row] ?? parseId('runtime id', 'none');
  return {
    id,
    epoch,
    action: 'start',
    state: 'open',
    host: view.id,
    cell: view.cell,
    generation: view.generation,
    readerVersion: view.readerVersion,
    bootId: view.bootId,
    uid,
    incarnation,
    project,
    projectReleased: false,
    identity: identityDigest(view.generation, { uid, incarnation, runtimeId }),
    reason,
    madeMs: now.waitMs,
    decisionVersion: 0,
    approved: false,
    rounds: [],
  };
}
