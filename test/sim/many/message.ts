// What main program and workers tell each other.
import type { Counted } from '../coverage.ts';
import type { Figures } from '../oracle/figures.ts';

/** Seeds of one shape, which is prepared once. */
export interface Batch {
  readonly shape: number;
  readonly seeds: readonly number[];
}

export interface Failing {
  readonly seed: number;
  /** Invariants, or `world` where the world itself broke. */
  readonly what: string;
  readonly message: string;
  /** The events that led there, one line each. */
  readonly chain: readonly string[];
}

export interface Report {
  readonly shape: number;
  readonly hashes: readonly (readonly [number, string])[];
  readonly failing: readonly Failing[];
  readonly figures: Figures;
  readonly coverage: Counted;
  readonly events: number;
  /** Milliseconds of this worker. */
  readonly tookMs: number;
}
