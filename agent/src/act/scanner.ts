// Scans, never more than one at a time. Whoever asks gets a scan that begins after the question.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Runtime } from '../scan/runtime/port.ts';
import {
  scan,
  type ActivityMemory,
  type Depth,
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

/** How long a reading may take to end once its scan has given up on it, in milliseconds. What takes longer never will. */
const maxEndMs = 10_000;

export class Scanner {
  #activity: ActivityMemory = new Map();
  #running: Promise<Inventory> | undefined;
  /** Begins when the running one ends; all who asked meanwhile share it, at the depth of whoever wants most. */
  #next: Promise<Inventory> | undefined;
  #nextDepth: Depth = 'hinted';
  /** Readings that have not ended, and when each began on the monotonic clock. */
  readonly #reading = new Map<Promise<unknown>, number>();
  readonly #given: ScannerGiven;

  constructor(given: ScannerGiven) {
    this.#given = given;
  }

  /** Rejects only for a broken invariant. @param depth whoever acts on what it shows wants `full`. */
  scan(depth: Depth = 'full'): Promise<Inventory> {
    if (this.#running === undefined && this.#next === undefined) return this.#begin(depth);
    if (depth === 'full') this.#nextDepth = 'full';
    if (this.#next !== undefined) return this.#next;
    if (this.#running === undefined) throw new Error('a scan waits for one that does not run');
    this.#next = this.#running.then(
      () => this.#begin(this.#nextDepth),
      () => this.#begin(this.#nextDepth),
    );
    return this.#next;
  }

  /** Why scans make no progress: a reading that was told to end, and does not. Undefined: they do. */
  hung(): string | undefined {
    const [beganMs] = this.#reading.values();
    if (beganMs === undefined) return undefined;
    const ms = performance.now() - beganMs;
    if (ms <= this.#given.limits.maxScanMs + maxEndMs) return undefined;
    return `a reading of ${this.#given.store.name} and ${this.#given.runtime.name} has not ended for ${Math.round(ms / 1000)} s`;
  }

  #read(work: Promise<unknown>): void {
    this.#reading.set(work, performance.now());
    const ended = () => void this.#reading.delete(work);
    work.then(ended, ended);
  }

  #begin(depth: Depth): Promise<Inventory> {
    this.#next = undefined;
    this.#nextDepth = 'hinted';
    const { view, ...given } = this.#given;
    const quarantined = quarantinedOf(view);
    const reading = (work: Promise<unknown>) => this.#read(work);
    const running = scan({ ...given, depth, quarantined, before: this.#activity, reading }).then(
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
