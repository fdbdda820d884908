// The oracle: it sees every event of a world once, in order, and says what must not have happened. It shares no code with the
// product: only the names of things and the policy's numbers.
import type { WorldEvent } from '../event.ts';
import { Chain } from './chain.ts';
import type { Court, Invariant, InvariantId, Violation } from './court.ts';
import { noFigures, type Figures } from './figures.ts';
import { dispatcher } from './handler.ts';
import { bounded } from './invariant/bounded.ts';
import { strict } from './invariant/strict.ts';
import { sameServo } from './invariant/same-servo.ts';
import { strays } from './invariant/strays.ts';
import { rounds } from './invariant/rounds.ts';
import { once } from './invariant/once.ts';
import { budgets } from './invariant/budgets.ts';
import { holds } from './invariant/holds.ts';
import { misread } from './invariant/misread.ts';
import { unknown } from './invariant/unknown.ts';
import { durable } from './invariant/durable.ts';
import { audit } from './invariant/audit.ts';
import { liveness } from './invariant/liveness.ts';
import { undo } from './invariant/undo.ts';
import { destroy } from './invariant/destroy.ts';
import { Ledger } from './ledger.ts';
import { defaultSetting, type OracleSetting } from './setting.ts';

/** Each invariant's files: I1 has two, one for authorities that offer condemn and one for all. */
export const checks: readonly (readonly [InvariantId, Invariant])[] = [
  ['I1', bounded],
  ['I1', strict],
  ['I2', sameServo],
  ['I3', strays],
  ['I4', rounds],
  ['I5', once],
  ['I6', budgets],
  ['I7', holds],
  ['I8', misread],
  ['I9', unknown],
  ['I10', durable],
  ['I11', audit],
  ['I12', liveness],
  ['I13', undo],
  ['I14', destroy],
];

export class Oracle {
  readonly figures: Figures = noFigures();
  readonly #ledger: Ledger;
  readonly #chain = new Chain();
  readonly #handle: (event: WorldEvent) => void;
  #now: WorldEvent | undefined;
  #found: Violation[] = [];

  constructor(setting: OracleSetting = defaultSetting) {
    const ledger = new Ledger(setting);
    this.#ledger = ledger;
    const court: Court = {
      ledger,
      setting,
      figures: this.figures,
      found: (invariant, message, about) => {
        const event = this.#now;
        if (event === undefined) throw new Error('nothing is being seen');
        this.#found.push({ invariant, atMs: event.atMs, message, chain: this.#chain.of(about, event) });
      },
    };
    this.#handle = dispatcher([...ledger.handlers, ...checks.map(([, check]) => check(court))]);
  }

  /** What this event breaks. Throws when the world contradicts itself: then the world is wrong. */
  see(event: WorldEvent): readonly Violation[] {
    if (this.#now !== undefined && event.atMs < this.#now.atMs)
      throw new Error(
        `${event.kind} at ${event.atMs} ms comes after ${this.#now.kind} at ${this.#now.atMs} ms`,
      );
    this.#now = event;
    this.figures.events++;
    this.#chain.add(event);
    this.#found = [];
    this.#handle(event);
    return this.#found;
  }

  /** The books, for those who report on a world. */
  get ledger(): Ledger {
    return this.#ledger;
  }
}
