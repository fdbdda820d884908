// A finished and checked plan, as the one transaction that makes it durable. It only writes down; it chooses nothing.
import { identityDigest } from '@servo-auditor/proto/canonical.ts';
import { parseId, type HostId, type OrderId } from '@servo-auditor/proto/ids.ts';
import type { Case, CaseState } from '../domain/case.ts';
import type { HostView } from '../domain/host.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { Plan, PlanEntry, RoundContext } from '../domain/plan.ts';
import type { Track } from '../domain/operator.ts';
import { servoStates } from '../domain/servo.ts';
import type { ActionRow, Judgement } from '../domain/verdict.ts';
import type { PlanChange } from '../state/port.ts';
import { recordOf } from './record.ts';

export interface Written {
  readonly plan: Plan;
  /** Of the plan's cell. */
  readonly judgements: readonly Judgement[];
  readonly tracks: readonly Track[];
  readonly context: RoundContext;
  readonly views: ReadonlyMap<HostId, HostView>;
  /** Version of the authority's accepted data. */
  readonly authorityVersion: number | undefined;
  /** Fresh random order ids, as many as asked for. */
  readonly newOrderId: () => OrderId;
  /** How long the plan's paused approvals waited since the last pass, in milliseconds. */
  readonly pausedMs: number;
}

/** What the plan changes in hard state. */
export function changeOf(written: Written): PlanChange {
  const { plan, tracks, context, pausedMs } = written;
  const orders = plan.entries.map((entry) => orderOf(entry, written));
  const before = new Map(context.operator.tracks.map((t) => [trackKey(t), JSON.stringify(t)]));
  return {
    cell: plan.cell,
    orders,
    cases: casesOf(written, orders),
    breakers: plan.openings,
    tracks: tracks.filter((t) => t.cell === plan.cell && before.get(trackKey(t)) !== JSON.stringify(t)),
    paused: pausedMs > 0 ? plan.paused.map((p) => ({ ...p, byMs: pausedMs })) : [],
  };
}

function trackKey({ cell, generation, readerVersion }: Track): string {
  return `${cell} ${generation} ${readerVersion}`;
}

function orderOf({ evidence, rounds, approved }: PlanEntry, { context, newOrderId }: Written): OpenOrder {
  const { view } = evidence.host;
  const { uid, incarnation, runtimeId } = evidence;
  return {
    id: newOrderId(),
    epoch: context.epoch,
    action: 'stop',
    state: 'open',
    host: view.id,
    cell: view.cell,
    generation: view.generation,
    readerVersion: view.readerVersion,
    bootId: view.bootId,
    uid,
    incarnation,
    project: evidence.release?.project ?? evidence.project,
    projectReleased: evidence.release?.projectReleased ?? false,
    identity: identityDigest(view.generation, { uid, incarnation, runtimeId }),
    reason: `orphan: ${evidence.release?.kind ?? 'release'} of project ${evidence.release?.project ?? evidence.project ?? 'unknown'}`,
    madeMs: context.now.waitMs,
    decisionVersion: 0,
    approved,
    rounds,
  };
}

function casesOf(written: Written, orders: readonly OpenOrder[]): PlanChange['cases'] {
  const { plan, judgements, context } = written;
  const known = new Map(context.operator.cases.map((c) => [`${c.uid} ${c.incarnation}`, c]));
  const rows = new Map<unknown, ActionRow>();
  for (const { evidence, row } of [...plan.entries, ...plan.blocked]) rows.set(evidence, row);
  const ordered = new Map(orders.map((o) => [`${o.uid} ${o.incarnation}`, o]));
  const moved: { case: Case; evidence: string }[] = [];
  const seen = new Set<string>();
  for (const judgement of judgements) {
    const { uid, incarnation } = judgement.evidence;
    const key = `${uid} ${incarnation}`;
    if (judgement.verdict !== 'suspect' && judgement.verdict !== 'orphan') continue;
    seen.add(key);
    const before = known.get(key);
    const order = ordered.get(key);
    // From the order on, only receipts move a case.
    if (before?.state === 'ordered' || before?.state === 'quarantined') continue;
    const state: CaseState = order === undefined ? judgement.verdict : 'ordered';
    if (before?.state === state) continue;
    moved.push({
      case: caseOf(judgement, state, before, order, written),
      evidence: recordOf(judgement, rows.get(judgement.evidence)),
    });
  }
  for (const c of known.values())
    if (
      c.cell === plan.cell &&
      (c.state === 'suspect' || c.state === 'orphan') &&
      !seen.has(`${c.uid} ${c.incarnation}`)
    )
      moved.push({ case: over(c, context), evidence: '{}' });
  for (const c of known.values())
    if (c.cell === plan.cell && c.state === 'quarantined' && runsAgain(c, written))
      moved.push({
        case: { ...over(c, context), message: 'runs again: restored on its host' },
        evidence: '{}',
      });
  return moved;
}

/** A quarantined servo that runs as another incarnation was restored on its host, by somebody who asked nobody here. */
function runsAgain({ uid, incarnation, host }: Case, { views, context: { operator } }: Written): boolean {
  const inventory = views.get(host)?.inventory;
  const row = inventory?.uid.indexOf(uid) ?? -1;
  if (
    inventory === undefined ||
    row < 0 ||
    operator.openOrders.some((o) => o.uid === uid && o.state !== 'closed')
  )
    return false;
  const runs = inventory.state[row] === servoStates.indexOf('running') && inventory.contradiction[row] === 0;
  return runs && inventory.incarnation[row] !== incarnation;
}

function caseOf(
  { evidence }: Judgement,
  state: CaseState,
  before: Case | undefined,
  order: OpenOrder | undefined,
  { context, authorityVersion }: Written,
): Case {
  const { view } = evidence.host;
  return {
    uid: evidence.uid,
    incarnation: evidence.incarnation,
    host: view.id,
    cell: view.cell,
    generation: view.generation,
    project: evidence.release?.project ?? evidence.project,
    state,
    sinceMs: context.now.waitMs,
    sinceWallMs: context.now.wallMs,
    order: order?.id ?? before?.order,
    decidedAtVersion: order === undefined ? before?.decidedAtVersion : authorityVersion,
    notBeforeMs: before?.notBeforeMs,
    message: order === undefined ? (before?.message ?? '') : `order ${order.id}`,
  };
}

function over(before: Case, { now }: RoundContext): Case {
  return {
    ...before,
    state: 'over',
    sinceMs: now.waitMs,
    sinceWallMs: now.wallMs,
    message: 'claimed again, or gone by itself',
  };
}

/** An order's id from random bytes. */
export function orderIdFrom(bytes: Uint8Array): OrderId {
  return parseId('order', `o-${Buffer.from(bytes).toString('hex')}`);
}
