// Scans, never more than one at a time. Whoever asks gets a scan that begins after the question.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Runtime } from '../scan/runtime/port.ts';
import {
  scan,
  type ActivityMemory,
  type Inventory,
  type Quarantined,
  type ScanLimits,
} from '../scan/scan.ts';
import type { Store } from '../scan/store/port.ts';
import type { View } from './view.ts';

export interface ScannerGiven {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly clock: Clock;
  readonly view: View;
  readonly limits: ScanLimits;
}

export class Scanner {
  #activity: ActivityMemory = new Map();
  #running: Promise<Inventory> | undefined;
  /** Begins when the running one ends; all who asked meanwhile share it. */
  #next: Promise<Inventory> | undefined;
  readonly #given: ScannerGiven;

  constructor(given: ScannerGiven) {
    this.#given = given;
  }

  /** Rejects only for a broken invariant. */
  scan(): Promise<Inventory> {
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) return this.#begin();
    this.#next = this.#running.then(
      () => this.#begin(),
      () => this.#begin(),
    );
    return this.#next;
  }

  #begin(): Promise<Inventory> {
    this.#next = undefined;
    const { view, ...given } = this.#given;
    const running = scan({ ...given, quarantined: quarantinedOf(view), before: this.#activity }).then(
      (inventory) => {
        this.#activity = inventory.activity;
        return inventory;
      },
    );
    this.#running = running;
    const done = () => {
      if (this.#running === running) this.#running = undefined;
    };
    running.then(done, done);
    return running;
  }
}

/** What is certainly in quarantine. */
function quarantinedOf(view: View): readonly Quarantined[] {
  return [...view.kept]
    .filter((kept) => kept.certain)
    .map(({ intent: { uid, incarnation, runtimeId, project } }) => ({
      uid,
      incarnation,
      runtimeId,
      project,
    }));
}
