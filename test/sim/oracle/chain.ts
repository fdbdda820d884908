// Which events belong together: those of one order, one uid, one host's troubles. Kept short, since a story that nobody reads to
// its end explains nothing.
import type { WorldEvent } from '../event.ts';
import type { About } from './court.ts';

/** Events kept per order, uid and host; the first ones of each stay, since they say how it began. */
const maxKept = 48;
const keptFirst = 12;

interface Numbered {
  readonly number: number;
  readonly event: WorldEvent;
}

/** Kinds that come by the thousand and tell little by themselves. */
const frequent: ReadonlySet<WorldEvent['kind']> = new Set([
  'heartbeat.heard',
  'inventory.taken',
  'witness.read',
]);
/** Kinds that belong to every story. */
const ofAll: ReadonlySet<WorldEvent['kind']> = new Set([
  'fault.began',
  'fault.ended',
  'freeze.set',
  'freeze.lifted',
  'lead.taken',
  'state.rewound',
]);
/** Kinds that tell of a host as a whole. */
const ofHosts: ReadonlySet<WorldEvent['kind']> = new Set([
  'host.enrolled',
  'host.retired',
  'host.crashed',
  'host.booted',
  'host.reimaged',
  'host.restored',
  'host.renamed',
  'contest.found',
  'host.contested',
  'item.broken',
  'item.mended',
  'agent.crashed',
  'agent.paused',
  'agent.resumed',
]);

export class Chain {
  readonly #threads = new Map<string, Numbered[]>();
  #number = 0;

  add(event: WorldEvent): void {
    this.#number++;
    if (frequent.has(event.kind)) return;
    for (const key of keysOf(event)) this.#push(key, { number: this.#number, event });
  }

  /** Oldest first; ends with the event that is being seen. */
  of({ order, host, uid }: About, last: WorldEvent): readonly WorldEvent[] {
    const keys = [`order ${order}`, `uid ${uid}`, `host ${host}`, 'all'];
    const found = new Map<number, WorldEvent>();
    for (const key of keys)
      for (const { number, event } of this.#threads.get(key) ?? []) found.set(number, event);
    const events = [...found].toSorted(([a], [b]) => a - b).map(([, event]) => event);
    return events.at(-1) === last ? events : [...events, last];
  }

  #push(key: string, numbered: Numbered): void {
    const thread = this.#threads.get(key);
    if (thread === undefined) this.#threads.set(key, [numbered]);
    else {
      thread.push(numbered);
      if (thread.length > maxKept) thread.splice(keptFirst, 8);
    }
  }
}

function keysOf(event: WorldEvent): readonly string[] {
  const keys: string[] = [];
  if ('order' in event && event.order !== undefined) keys.push(`order ${event.order}`);
  if ('uid' in event && event.uid !== undefined) keys.push(`uid ${event.uid}`);
  if ('host' in event && ofHosts.has(event.kind)) keys.push(`host ${event.host}`);
  if (ofAll.has(event.kind)) keys.push('all');
  return keys;
}
