// A state file in a directory of its own, led by one coordinator, and small values to put into it.
import { join } from 'node:path';
import { parseId, type Epoch, type HostId } from '@servo-auditor/proto/ids.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Case } from '../../coordinator/src/domain/case.ts';
import { cohortName, type Mode, type Track } from '../../coordinator/src/domain/operator.ts';
import type { OpenOrder, ReceiptOutcome } from '../../coordinator/src/domain/order.ts';
import {
  nothingFolded,
  Unfit,
  type Act,
  type DecisionMark,
  type Fence,
  type FoldChange,
  type PlanChange,
  type ReceiptRecord,
  type StateStore,
  type YesLimits,
} from '../../coordinator/src/state/port.ts';
import { openSqliteStore } from '../../coordinator/src/state/sqlite/store.ts';
import { aTrack, anOrder, at, cell, day, generation, h1, incarnation, minute, operator } from './build.ts';

export const coordinatorId = parseId('coordinator', 'k1');
/** The moment at which things happen unless a test says otherwise, and one that is later by `ms`. */
export const start: Now = at(10 * day);
export const later = (ms: number): Now => at(10 * day + ms);

export const orderId = (n: number | string) => parseId('order', `o-${n}`);
export const uidOf = (n: number | string) => parseId('servo uid', `servo-${n}`);
export const hostOf = (n: number | string) => parseId('host', `h${n}`);

/** What tap's tests offer of temporary directories and cleaning up. */
export interface Tidy {
  testdir(): string;
  teardown(done: () => Promise<void>): void;
}

export interface Desk {
  readonly store: StateStore;
  readonly file: string;
  readonly epoch: Epoch;
  readonly fence: (now?: Now) => Fence;
  readonly act: (what: Act, now?: Now) => Promise<DecisionMark>;
  /** Opens the plan of these orders, each with its case. */
  readonly plan: (
    orders: readonly OpenOrder[],
    now?: Now,
    more?: Partial<PlanChange>,
  ) => Promise<DecisionMark>;
  readonly receipt: (
    order: OpenOrder,
    outcome: ReceiptOutcome,
    now?: Now,
  ) => Promise<{ readonly known: boolean }>;
}

export const refusedAgainMs = 10 * minute;

/** A store that nobody used before, led once; `mode` is what its one generation is in. */
export async function aDesk(t: Tidy, mode: Mode = 'enforce'): Promise<Desk> {
  const file = join(t.testdir(), 'state.db');
  const store = openSqliteStore({ file, exclusive: false, demo: false });
  t.teardown(async () => await store.close());
  const desk = await lead(store, file);
  if (mode !== 'observe') {
    await desk.plan([], start, { tracks: [aTrack] });
    await desk.act({ kind: 'mode.set', cell, generation, mode });
  }
  return desk;
}

/** Takes the lead. */
export async function lead(store: StateStore, file: string): Promise<Desk> {
  const { epoch } = await store.lead(coordinatorId, start.wallMs);
  const fence = (now = start): Fence => ({ epoch, now });
  return {
    store,
    file,
    epoch,
    fence,
    act: async (what, now) => await store.act(fence(now), operator, 'because', what),
    plan: async (orders, now, more) => await store.openPlan(fence(now), aPlan(orders, more)),
    receipt: async (order, outcome, now) =>
      await store.recordReceipt(fence(now), aReceipt(order, outcome), refusedAgainMs),
  };
}

/** The n-th order of this leadership, for a servo of its own on a host of its own unless `more` says otherwise. */
export function order(desk: Pick<Desk, 'epoch'>, n: number, more: Partial<OpenOrder> = {}): OpenOrder {
  return anOrder({ id: orderId(n), uid: uidOf(n), host: hostOf(n), epoch: desk.epoch, ...more });
}

export function aPlan(orders: readonly OpenOrder[] = [], more: Partial<PlanChange> = {}): PlanChange {
  const cases = orders.map((o) => ({ case: caseOf(o), evidence: `{"n":"${o.id}"}` }));
  return { cell, orders, cases, breakers: [], tracks: [], paused: [], ...more };
}

export function caseOf(o: OpenOrder, more: Partial<Case> = {}): Case {
  return {
    uid: o.uid,
    incarnation: o.incarnation,
    host: o.host,
    cell: o.cell,
    generation: o.generation,
    project: o.project,
    state: 'ordered',
    sinceMs: start.waitMs,
    sinceWallMs: start.wallMs,
    order: o.id,
    decidedAtVersion: 500,
    notBeforeMs: undefined,
    message: `order ${o.id}`,
    ...more,
  };
}

export function aReceipt(o: OpenOrder, outcome: ReceiptOutcome, more: Partial<ReceiptRecord> = {}) {
  const receipt: ReceiptRecord = {
    order: o.id,
    host: o.host,
    outcome,
    code: outcome === 'executed' ? 'done' : 'not-quiet',
    message: `it was ${outcome}`,
    incarnation: undefined,
    ...more,
  };
  return receipt;
}

/** Limits of an order: as many stops as `limit` in each of its cohorts since `sinceMs`. */
export function limits(o: OpenOrder, limit = 10, sinceMs = start.waitMs - 10 * minute): YesLimits {
  return { sinceMs, perCohort: new Map(cohorts(o.host).map((name) => [name, limit])) };
}

export function cohorts(host: HostId = h1): readonly string[] {
  return [
    cohortName({ kind: 'host', host }),
    cohortName({ kind: 'generation', cell, generation }),
    cohortName({ kind: 'cell', cell }),
    cohortName({ kind: 'fleet' }),
  ];
}

export function aFold(more: Partial<FoldChange> = {}): FoldChange {
  return { ...nothingFolded, ...more };
}

export function trackOf(more: Partial<Track> = {}): Track {
  return { ...aTrack, ...more };
}

/** One member of a breaker's list. */
export const member = (n: number) => ({ uid: uidOf(n), incarnation, host: hostOf(n) });

/** Names of all audited events, oldest first. */
export async function events(store: StateStore): Promise<readonly string[]> {
  return (await store.readAudit(0, 1000)).map((entry) => entry.event);
}

/** What a promise is rejected with. Throws where it is not. */
export async function refusal(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was refused');
}

/** Asserts that a request did not fit, with a message like `wanted`. */
export async function unfit(t: Checks, promise: Promise<unknown>, wanted: RegExp): Promise<void> {
  const error = await refusal(promise);
  t.ok(error instanceof Unfit, `Unfit: ${error.message}`);
  t.match(error.message, wanted);
}

interface Checks {
  ok(value: unknown, message: string): unknown;
  match(text: string, wanted: RegExp): unknown;
}
