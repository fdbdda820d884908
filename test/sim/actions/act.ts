// What an action is given.
import type { Rng } from '../kernel/rng.ts';
import type { Operators } from '../operators/operators.ts';
import type { Tenants } from '../world/tenants.ts';
import type { World } from '../world/world.ts';

export interface Scene {
  readonly world: World;
  readonly tenants: Tenants;
  readonly operators: Operators;
  readonly rng: Rng;
  /** Longest time in which what was begun must be over, in milliseconds. */
  readonly restMs: number;
}

export type Action = (scene: Scene) => void;

/** Some time later, while there still is time. */
export function later({ world, rng, restMs }: Scene, mostMs: number, then: () => void): void {
  world.loop.after(Math.min(restMs, rng.int(0, mostMs)), undefined, then);
}
