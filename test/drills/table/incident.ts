// What a row of the drills' table is made of: one incident in miniature, played as the product is, and played again without what
// refused it. What "would have been stopped" is so measured in the same world.
import type { Tidy } from '../../support/cell/cell.ts';
import type { Outcome } from '../../ablation/scene.ts';

export interface Incident {
  /** Name of the incident, and of the file in `test/drills` that tries it in detail. */
  readonly id: string;
  readonly year: number;
  readonly source: string;
  /** What was believed, and what was true. */
  readonly believed: string;
  /** The world in which it is measured. */
  readonly world: string;
  /** Who must have refused, of these at least one each time; by the names that `explain` and receipts show. */
  readonly refuses: readonly string[];
  /** Switches that are off in the run without them: these gates, and what stands behind them. */
  readonly without: readonly string[];
  readonly play: (tidy: Tidy, arm: () => void) => Promise<Outcome>;
}
