// What a fault is given, and what it gives back: how it ends.
import type { Happening, Kind, Subject, WorldEvent } from '../event.ts';
import type { Rng } from '../kernel/rng.ts';
import type { Tenants } from '../world/tenants.ts';
import type { Host } from '../world/host.ts';
import type { World } from '../world/world.ts';

export interface Given {
  readonly world: World;
  readonly tenants: Tenants;
  readonly rng: Rng;
  /** The world's own number of this fault. */
  readonly id: number;
  /** True time at which it must have ended. */
  readonly toMs: number;
  /** Disks as they were earlier: what a restored snapshot brings back. */
  readonly snapshots: readonly Snapshot[];
  /** To be called first. @param detail for people, with its numbers. */
  readonly begin: (subject: Subject, detail: string) => void;
}

export interface Snapshot {
  readonly atMs: number;
  readonly hosts: ReadonlyMap<string, ReturnType<Host['save']>>;
}

/** Called once, when the fault ends. */
export type End = () => void;

/** Undefined: there is nothing here that it could befall. Else `begin` was called before anything was changed. */
export type FaultRule = (given: Given) => End | undefined;

export const everybody: Subject = { kind: 'everybody' };

export function onHost(host: Host): Subject {
  return { kind: 'host', host: host.id };
}

/** A host that is up, and whose agent runs. */
export function someHost({ world, rng }: Given): Host | undefined {
  return rng.maybe(
    [...world.hosts.values()].filter((h) => h.up && world.agents.get(h.id)?.proc.alive === true),
  );
}

/** Once, at the first event of these kinds that fits: right then, or a few milliseconds later. */
export function once(
  { world, rng }: Given,
  kinds: readonly Kind[],
  fits: (event: WorldEvent) => boolean,
  then: () => void,
): () => void {
  let isOver = false;
  const delayMs = rng.chance(0.5) ? 0 : rng.int(1, 60);
  world.teller.listen((event) => {
    if (isOver || !kinds.includes(event.kind) || !fits(event)) return;
    isOver = true;
    if (delayMs === 0) then();
    else world.loop.after(delayMs, undefined, then);
  });
  return () => {
    isOver = true;
  };
}

export function tell({ world }: Given, happening: Happening): void {
  world.teller.tell(happening);
}
