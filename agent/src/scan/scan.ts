// One scan: what runs, what is recorded, and what the two make together. Everything comes in as an argument; whatever goes
// wrong on the way makes the inventory incomplete, and never smaller in silence.
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { ActivityLimits, ActivityMemory } from './activity.ts';
import type { Inventory, Quarantined } from './facts.ts';
import { makeInventory } from './inventory.ts';
import { pair } from './pair.ts';
import { problem } from './problem.ts';
import { generationOf } from './reader.ts';
import type { Depth, Runtime, RuntimeReading } from './runtime/port.ts';
import type { Store, StoreReading } from './store/port.ts';

export type { ActivityLimits, ActivityMemory } from './activity.ts';
export type { CommandLaunch, Inventory, Launch, Quarantined, RuntimeLaunch, ServoFacts } from './facts.ts';
export type { Depth } from './runtime/port.ts';

export interface ScanGiven {
  readonly store: Store;
  readonly runtime: Runtime;
  readonly clock: Clock;
  /** Servos in this agent's quarantine, from its journal. */
  readonly quarantined: readonly Quarantined[];
  /** `full` unless given. */
  readonly depth?: Depth | undefined;
  /** `activity` of the scan before; an empty map at first. */
  readonly before: ActivityMemory;
  readonly limits: ScanLimits;
  /** Told of the reading itself: it may go on behind a scan that gave up on it. */
  readonly reading?: (work: Promise<unknown>) => void;
}

export interface ScanLimits {
  readonly activity: ActivityLimits;
  /** How long one scan may take, in milliseconds. A disk that does not answer must not look like a host that does. */
  readonly maxScanMs: number;
}

/** Reads runtime and store, in this order, within `maxScanMs`. Rejects only for a broken invariant. */
export async function scan(given: ScanGiven): Promise<Inventory> {
  const { store, runtime, clock, limits } = given;
  const generation = generationOf(store, runtime);
  const began = clock.now();
  const read = await within(limits.maxScanMs, (signal) => {
    const work = readBoth(given, signal);
    given.reading?.(work);
    return work;
  });
  const { found, sampled, recorded } = read ?? tooSlow(store, began, limits.maxScanMs);
  const inventory = makeInventory({
    generation,
    pairs: pair(recorded.records, found.objects, given.quarantined),
    problems: [...found.problems, ...recorded.problems],
    began,
    sampled,
    before: given.before,
    limits: limits.activity,
  });
  // A scan that saw nothing has measured nothing: what was measured before stays.
  return read === undefined ? { ...inventory, activity: given.before } : inventory;
}

async function readBoth({ store, runtime, clock, depth }: ScanGiven, signal: AbortSignal) {
  const found = await runtime.list(signal, depth ?? 'full');
  const sampled = clock.now();
  return { found, sampled, recorded: await store.read(found.objects, signal) };
}

function tooSlow(store: Store, began: Now, maxScanMs: number) {
  const found: RuntimeReading = { objects: [], problems: [] };
  const late = problem(
    'scan',
    'timeout',
    `not read whole within ${maxScanMs} ms: does the disk of ${store.name} answer?`,
  );
  const recorded: StoreReading = { records: [], problems: [late] };
  return { found, recorded, sampled: began };
}

/** The result of the work, or undefined when it takes longer. What it still does then is told to stop, and not waited for. */
async function within<T>(ms: number, work: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
  const over = new AbortController();
  const late = new Error(`the scan took longer than ${ms} ms`);
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      over.abort(late);
      resolve(undefined);
    }, ms);
  });
  const working = work(over.signal).catch((error: unknown) => {
    if (error === late) return undefined;
    throw error;
  });
  try {
    return await Promise.race([working, timeout]);
  } finally {
    clearTimeout(timer);
  }
}
