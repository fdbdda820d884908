// What an ablation is made of: a world directed at one gate, in which something must not be stopped, and what is counted there.
import type { Tidy } from '../support/cell/cell.ts';

/** Stages of a proposal's way, in its order. A gate's worth is how much of what is wrong does not come past it. */
export const stages = ['orphan', 'planned', 'ordered', 'asked', 'stopped'] as const;
export type Stage = (typeof stages)[number];

/** How many wrong proposals came so far: of a servo that must not be stopped, or beyond what may be stopped. */
export type Funnel = Readonly<Record<Stage, number>>;

export interface Outcome {
  readonly funnel: Funnel;
  /** What refused it at the end, by the names that `explain` and receipts show. */
  readonly refusedBy: readonly string[];
  /** What refused it at any time, or kept the claims that stood. */
  readonly everRefused: readonly string[];
}

export interface Scene {
  /** Switch of the gate that the world is directed at. */
  readonly gate: string;
  /** The name under which the gate's refusal shows; the gate's own where not given. */
  readonly shows?: string;
  /** The world, in one line. */
  readonly world: string;
  /** What breaks when the gate and its backstops are off. */
  readonly invariant: string;
  /** Where its wrong proposals are counted: the first stage behind the gate. */
  readonly behind: Stage;
  /** Off in every run: another layer's mistake, without which nothing would ever come to this gate. */
  readonly given?: readonly string[];
  /** Plays it. `arm` turns off what this run turns off; until then the world is built, and everything is on. */
  readonly play: (tidy: Tidy, arm: () => void) => Promise<Outcome>;
}
