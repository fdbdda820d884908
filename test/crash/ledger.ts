// Keeps the books beside the auditor, from its audit chain and from the agents' journals, and says what does not add up:
// an order executed or charged twice, a receipt lost or made up, a budget exceeded, a broken chain, a live servo that does not answer.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../scripts/demo/processes.ts';
import type { World } from '../../scripts/demo/world.ts';

interface Entry {
  readonly version: string | number;
  readonly wallMs: string | number;
  readonly event: string;
  readonly aboutJson?: string;
}
interface About {
  readonly order?: string;
  readonly action?: string;
  readonly host?: string;
  readonly uid?: string;
  readonly code?: string;
  readonly withoutYes?: boolean;
}
interface JournalLine {
  readonly entry: {
    readonly kind: string;
    readonly order?: string;
    readonly result?: { readonly outcome: string };
    readonly intent?: {
      readonly order: string;
      readonly local: boolean;
      readonly action: string;
      readonly uid: string;
    };
  };
}

/** What became of one order, as the chain tells it. */
export interface Told {
  readonly order: string;
  readonly uid: string;
  readonly host: string;
  readonly action: string;
  yeses: number;
  readonly receipts: { readonly outcome: string; readonly code: string }[];
}

export class Ledger {
  readonly #world: World;
  readonly #windowMs: number;
  readonly #orders = new Map<string, Told>();
  /** Per host, when each stop was charged, by the coordinator's wall clock. */
  readonly #charges = new Map<string, { readonly order: string; readonly atMs: number }[]>();
  #read = 0;

  /** @param windowMs of the budget of one stop per host, in milliseconds of real time. */
  constructor(world: World, windowMs: number) {
    this.#world = world;
    this.#windowMs = windowMs;
  }

  /** All orders of a servo, oldest first. */
  ordersOf(uid: string): readonly Told[] {
    return [...this.#orders.values()].filter((order) => order.uid === uid);
  }

  /** Reads on, and returns everything that does not add up. To be called while nothing is under way. */
  async balance(): Promise<readonly string[]> {
    await this.#readOn();
    return [
      ...(await this.#chain()),
      ...[...this.#orders.values()].flatMap(twice),
      ...this.#budgets(),
      ...[...this.#world.hosts.keys()].flatMap((host) => this.#journal(host)),
      ...(await this.#live()),
    ];
  }

  async #readOn(): Promise<void> {
    const entries = await this.#world.admin.stream<Entry>('ExportAudit', { afterVersion: this.#read });
    for (const { version, wallMs, event, aboutJson } of entries) {
      this.#read = Number(version);
      const about = JSON.parse(aboutJson ?? '{}') as About;
      this.#take(event, about, Number(wallMs));
    }
  }

  #take(event: string, about: About, atMs: number): void {
    const { order, host = '', uid = '', action = 'stop' } = about;
    if (order === undefined || !/^(order\.confirmed|receipt\.)/.test(event)) return;
    const known = this.#orders.get(order) ?? { order, uid, host, action, yeses: 0, receipts: [] };
    this.#orders.set(order, known);
    if (event === 'order.confirmed') known.yeses++;
    else known.receipts.push({ outcome: event.slice('receipt.'.length), code: about.code ?? '' });
    if (event !== 'order.confirmed' && about.withoutYes !== true) return;
    const charges = this.#charges.get(host) ?? [];
    this.#charges.set(host, [...charges, { order, atMs }]);
  }

  async #chain(): Promise<readonly string[]> {
    const { firstBroken } = await this.#world.admin.call<{ firstBroken?: string }>('VerifyAudit', {});
    return firstBroken === undefined ? [] : [`the audit chain is broken at ${firstBroken}`];
  }

  /** One stop per window: what was charged, or executed without a yes, is at least a window apart. */
  #budgets(): readonly string[] {
    const found: string[] = [];
    for (const [host, charges] of this.#charges)
      for (const [i, { order, atMs }] of charges.entries()) {
        const before = charges[i - 1];
        // Two readings of a clock in whole milliseconds.
        if (before !== undefined && atMs - before.atMs < this.#windowMs - 2)
          found.push(
            `${host}: ${order} was charged ${atMs - before.atMs} ms after ${before.order}, within the window of ${this.#windowMs} ms`,
          );
      }
    return found;
  }

  /** Every intent at most once, each with its outcome, and each outcome receipted as what it is. */
  #journal(host: string): readonly string[] {
    const file = join(this.#world.dir, 'hosts', host, 'state', 'journal');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as JournalLine);
    const found: string[] = [];
    const intents = new Set<string>();
    const outcomes = new Map<string, string>();
    for (const { entry } of lines) {
      const { kind, order = '', result, intent } = entry;
      if (kind === 'intent' && intent !== undefined && !intent.local) {
        if (intents.has(intent.order)) found.push(`${host}: ${intent.order} was begun twice`);
        intents.add(intent.order);
      }
      const outcome = kind === 'closed' ? 'unexecuted' : kind === 'outcome' ? result?.outcome : undefined;
      if (outcome === undefined || order.startsWith('local-')) continue;
      if (outcomes.has(order)) found.push(`${host}: ${order} has a second outcome, ${outcome}`);
      outcomes.set(order, outcome);
    }
    for (const order of intents)
      if (!outcomes.has(order)) found.push(`${host}: ${order} was begun and has no outcome`);
    for (const [order, outcome] of outcomes) {
      const receipts = this.#orders.get(order)?.receipts ?? [];
      if (receipts[0]?.outcome !== outcome)
        found.push(
          `${host}: ${order} ended ${outcome}, and was receipted ${receipts[0]?.outcome ?? 'never'}`,
        );
    }
    return found;
  }

  async #live(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const host of this.#world.hosts.values())
      for (const { uid } of host.servos.filter((servo) => servo.uid.includes('-stay-')))
        if (!(await answers(() => host.answers(uid))))
          found.push(`${uid}, which is claimed, does not answer`);
    return found;
  }
}

function twice({ order, uid, action, yeses, receipts }: Told): readonly string[] {
  const found: string[] = [];
  if (yeses > 1) found.push(`${order} about ${uid} got ${yeses} yeses`);
  if (receipts.length > 1) found.push(`${order} about ${uid} has ${receipts.length} receipts`);
  const [receipt] = receipts;
  if (action === 'stop' && receipt?.outcome === 'executed' && yeses === 0)
    found.push(`${order} about ${uid} was executed without a yes`);
  return found;
}

/** Whether it answers, on a machine that may be busy. */
async function answers(ask: () => Promise<boolean>): Promise<boolean> {
  return await until('an answer', 5000, async () => ((await ask()) ? true : undefined)).catch(() => false);
}
