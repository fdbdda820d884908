// Whatever is asked in whatever order, by leaders that come and go: no budget is ever exceeded, no charge is ever lost, no uid
// ever has two unfinished orders, and the audit chain verifies.
import t from 'tap';
import {
  array,
  assert,
  asyncProperty,
  boolean,
  constant,
  constantFrom,
  nat,
  oneof,
  record,
  type Arbitrary,
} from 'fast-check';
import { join } from 'node:path';
import type { OpenOrder } from '../../../../coordinator/src/domain/order.ts';
import { Fenced, Unfit, type StateStore } from '../../../../coordinator/src/state/port.ts';
import { openSqliteStore } from '../../../../coordinator/src/state/sqlite/store.ts';
import { cell, generation, minute } from '../../../support/build.ts';
import {
  aPlan,
  aReceipt,
  cohorts,
  hostOf,
  later,
  lead,
  order,
  refusedAgainMs,
  start,
  trackOf,
  uidOf,
  type Desk,
} from '../../../support/store.ts';

const windowMs = 10 * minute;
const limitOf = (cohort: string): number => (cohort.startsWith('host:') ? 1 : cohort === 'fleet' ? 4 : 3);

type Step =
  | { readonly do: 'open'; readonly uid: number; readonly host: number }
  | { readonly do: 'ask'; readonly order: number; readonly deposed: boolean }
  | {
      readonly do: 'receipt';
      readonly order: number;
      readonly outcome: 'executed' | 'refused' | 'unexecuted' | 'unknown';
    }
  | { readonly do: 'close'; readonly order: number }
  | { readonly do: 'freeze' | 'reopen' | 'lead' }
  | { readonly do: 'wait'; readonly minutes: number };

const small = nat(5);
/** How many orders ago. */
const anOrderNumber = nat(6);
const aStep: Arbitrary<Step> = oneof(
  { weight: 12, arbitrary: record({ do: constant('open'), uid: small, host: nat(3) }) },
  {
    weight: 14,
    arbitrary: record({ do: constant('ask'), order: anOrderNumber, deposed: boolean() }),
  },
  {
    weight: 4,
    arbitrary: record({
      do: constant('receipt'),
      order: anOrderNumber,
      outcome: constantFrom('executed', 'refused', 'unexecuted', 'unknown'),
    }),
  },
  { weight: 1, arbitrary: record({ do: constant('close'), order: anOrderNumber }) },
  { weight: 2, arbitrary: record({ do: constant('wait'), minutes: nat(6) }) },
  { weight: 1, arbitrary: record({ do: constantFrom('freeze', 'reopen', 'lead') }) },
);

t.test('any sequence of plans, questions, receipts, restarts and changes of leader', async (t) => {
  const dir = t.testdir();
  let run = 0;
  let given = 0;
  const refused = new Set<string>();
  await assert(
    asyncProperty(array(aStep, { minLength: 30, maxLength: 60 }), async (steps) => {
      const world = await World.make(join(dir, `${++run}.db`));
      try {
        for (const step of steps) {
          await world.take(step);
          await world.check();
        }
        const { firstBroken } = await world.store.verifyAudit();
        if (firstBroken !== undefined) throw new Error(`the chain breaks at ${firstBroken}`);
      } finally {
        given += world.given;
        for (const code of world.refused) refused.add(code);
        await world.store.close();
      }
    }),
    { numRuns: 120 },
  );
  t.ok(given > 100, `${given} yeses were given`);
  for (const code of ['budget', 'freeze', 'already-asked', 'closing', 'closed', 'epoch', 'Unfit', 'Fenced'])
    t.ok(refused.has(code), `refused by ${code}`);
});

class World {
  readonly file: string;
  readonly orders: OpenOrder[] = [];
  readonly charged = new Set<string>();
  readonly refused = new Set<string>();
  store: StateStore;
  desk: Desk;
  deposed: Desk | undefined;
  ms = 0;
  given = 0;

  private constructor(file: string, store: StateStore, desk: Desk) {
    this.file = file;
    this.store = store;
    this.desk = desk;
  }

  static async make(file: string): Promise<World> {
    const store = openSqliteStore({ file, exclusive: true, demo: false });
    const desk = await lead(store, file);
    await desk.plan([], start, { tracks: [trackOf()] });
    await desk.act({ kind: 'mode.set', cell, generation, mode: 'enforce' });
    return new World(file, store, desk);
  }

  async take(step: Step): Promise<void> {
    try {
      await this.#carryOut(step);
    } catch (error) {
      if (!(error instanceof Unfit || error instanceof Fenced)) throw error;
      this.refused.add(error.constructor.name);
    }
  }

  async #carryOut(step: Step): Promise<void> {
    const { desk, store, orders } = this;
    const fence = desk.fence(later(this.ms));
    switch (step.do) {
      case 'open': {
        const made = order(desk, orders.length, { uid: uidOf(step.uid), host: hostOf(step.host) });
        await store.openPlan(fence, aPlan([made], { cases: [] }));
        orders.push(made);
        return;
      }
      case 'ask': {
        const asked = orders.at(-1 - step.order);
        if (asked === undefined) return;
        const perCohort = new Map(cohorts(asked.host).map((name) => [name, limitOf(name)]));
        const under = step.deposed && this.deposed ? this.deposed.fence(later(this.ms)) : fence;
        const answer = await store.giveYes(under, asked.id, {
          sinceMs: fence.now.waitMs - windowMs,
          perCohort,
        });
        if (answer.given) this.given++;
        else this.refused.add(answer.code);
        return;
      }
      case 'receipt': {
        const ended = orders.at(-1 - step.order);
        const kept = ended && (await store.findOrder(ended.id));
        // An agent executes only with a yes.
        const may = kept?.state === 'possible' || step.outcome === 'refused' || step.outcome === 'unexecuted';
        if (kept && may) await store.recordReceipt(fence, aReceipt(kept, step.outcome), refusedAgainMs);
        return;
      }
      case 'close': {
        const late = orders.at(-1 - step.order);
        if (late) await store.closeOrders(fence, [late.id], 'late');
        return;
      }
      case 'freeze': {
        const { freeze } = await store.readOperatorState(fence);
        await desk.act({ kind: freeze ? 'freeze.lifted' : 'freeze.set' }, later(this.ms));
        return;
      }
      case 'wait':
        this.ms += step.minutes * minute;
        return;
      case 'reopen':
        await store.close();
        this.store = openSqliteStore({ file: this.file, exclusive: true, demo: false });
        break;
      case 'lead':
        break;
    }
    this.deposed = desk;
    this.desk = await lead(this.store, this.file);
  }

  async check(): Promise<void> {
    const state = await this.store.readOperatorState(this.desk.fence(later(this.ms)));
    const now = new Set<string>(state.charges.map((c) => c.order));
    for (const id of this.charged) if (!now.has(id)) throw new Error(`the charge of ${id} is gone`);
    for (const id of now) this.charged.add(id);
    for (const end of state.charges) {
      const inWindow = state.charges.filter((c) => c.atMs <= end.atMs && c.atMs > end.atMs - windowMs);
      for (const cohort of cohorts(end.host)) {
        const stops = inWindow.filter((c) => cohorts(c.host).includes(cohort)).length;
        if (stops > limitOf(cohort)) throw new Error(`${cohort} had ${stops} stops in a window`);
      }
    }
    const uids = state.openOrders.map((o) => o.uid);
    if (new Set(uids).size !== uids.length) throw new Error(`two unfinished orders: ${uids.join(' ')}`);
    for (const o of state.openOrders)
      if ((o.state === 'possible') !== now.has(o.id))
        throw new Error(`${o.id} is ${o.state}: charged or not?`);
  }
}
