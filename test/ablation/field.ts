// A certified cell as the field of an ablation: what is used in truth, whatever its registry says, and how far every wrong
// proposal came.
import { aCell, day, hour, minute, type Cell, type CellSetting, type Tidy } from '../support/cell/cell.ts';
import type { TestHost } from '../support/cell/host.ts';
import type { Ablation } from './build.ts';
import type { Funnel, Outcome } from './scene.ts';

/** A servo that must not be stopped: by the uid that its host shows, and by its true one where that is another. */
export interface Wrong {
  readonly shown: string;
  readonly truly: string;
}

export class Field {
  readonly cell: Cell;
  readonly #wrong: readonly Wrong[];
  readonly #allowed: number;
  readonly #counts = { orphan: 0, planned: 0, ordered: 0, asked: 0 };
  readonly #refused = new Set<string>();
  readonly #ever = new Set<string>();
  readonly #receipts: number;

  /**
   * @param wrong what must not be stopped; a text is a servo that its host shows by its true uid.
   * @param allowed how many of them may be stopped all the same: where too many at once is what is wrong.
   */
  constructor(cell: Cell, ablation: Ablation, wrong: readonly (string | Wrong)[], { allowed = 0 } = {}) {
    this.cell = cell;
    this.#wrong = wrong.map((w) => (typeof w === 'string' ? { shown: w, truly: w } : w));
    this.#allowed = allowed;
    ablation.planned = (uid) => {
      if (this.#wrong.some((w) => w.shown === uid)) this.#counts.planned++;
    };
    this.#receipts = this.#allReceipts().length;
    for (const host of cell.hosts.values()) this.watch(host);
  }

  /** Counts what comes to a host. */
  watch(host: TestHost): void {
    const { onOrder, beforeAsking } = host;
    host.onOrder = () => {
      this.#counts.ordered++;
      onOrder();
    };
    host.beforeAsking = async () => {
      this.#counts.asked++;
      await beforeAsking();
    };
  }

  /** So many rounds, each looked at. */
  async rounds(n: number, everyMs = minute): Promise<void> {
    for (let i = 0; i < n; i++) {
      await this.cell.rounds(1, everyMs);
      this.#look();
    }
  }

  /** What refuses now: what once did, and does no more, holds nothing back. */
  #look(): void {
    this.#refused.clear();
    for (const { shown } of this.#wrong) {
      const { verdict, refuse, cap, blocked } = this.cell.explain(shown);
      if (verdict === 'orphan') this.#counts.orphan++;
      for (const gate of [...refuse, ...cap, ...blocked]) this.#refused.add(gate);
    }
    for (const { outcome, code } of this.#allReceipts().slice(this.#receipts))
      if (outcome === 'refused') this.#refused.add(code);
    for (const name of this.#refused) this.#ever.add(name);
    if (this.cell.report.failures.length > 0) this.#ever.add('witness not whole');
    for (const { waiting } of this.cell.coordinator.desk.views())
      if (waiting !== undefined) this.#ever.add('witness-shrink');
  }

  #allReceipts(): readonly { readonly outcome: string; readonly code: string }[] {
    return [...this.cell.hosts.values()].flatMap((host) => host.receipts);
  }

  get outcome(): Outcome {
    const truly = new Set(this.#wrong.map((w) => w.truly));
    const stopped = this.cell.stopped().filter((uid) => truly.has(uid)).length;
    const beyond = (count: number) => Math.max(0, count - this.#allowed);
    const { orphan, planned, ordered, asked } = this.#counts;
    const funnel: Funnel = {
      orphan: beyond(orphan),
      planned: beyond(planned),
      ordered: beyond(ordered),
      asked: beyond(asked),
      stopped: beyond(stopped),
    };
    return { funnel, refusedBy: [...this.#refused], everRefused: [...this.#ever] };
  }
}

/**
 * A certified and enforced cell, of three hosts of six servos unless said otherwise; nothing counts in any window any more.
 * @param of generations that are certified: all that there are, unless given.
 */
export async function aField(
  tidy: Tidy,
  setting: Partial<CellSetting> = {},
  of?: Set<string>,
): Promise<Cell> {
  const cell = await aCell(tidy, setting);
  if (setting.witnesses === 'registry') await certifyByHand(cell);
  else await cell.certify('enforce', of);
  return cell;
}

/** With a single source nothing is stopped without an approval, not even what was deleted for calibration. */
async function certifyByHand(cell: Cell): Promise<void> {
  cell.delete('h1-p6');
  await cell.spend(8 * day, 6 * hour);
  await cell.confirmOrphan('h1-s6');
  await cell.rounds(1);
  await cell.promote('enforce');
  await cell.rounds(1);
  await cell.approve();
  await cell.until('calibration', () => cell.stopped().includes('h1-s6'), 2 * hour);
  await cell.spend(25 * hour, hour);
}

/**
 * The platform says that it is over, everywhere, and in truth somebody still uses it: the mistake that no evidence shows. What
 * is left are limits, and people.
 */
export function betray(cell: Cell, ...uids: readonly string[]): void {
  for (const uid of uids) {
    cell.platform.registry.releaseServo(uid);
    cell.platform.router.delete(uid);
  }
}

/** Betrayed, and so long ago that every evidence gate passes in the next round. */
export async function almost(cell: Cell, ...uids: readonly string[]): Promise<void> {
  betray(cell, ...uids);
  await cell.spend(58 * minute, 2 * minute);
}
