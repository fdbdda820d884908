// What the evidence gates make of a servo.
import type { Answer } from './answer.ts';
import type { Evidence } from './evidence.ts';

export const verdicts = ['live', 'stray', 'suspect', 'orphan', 'undecided'] as const;
export type Verdict = (typeof verdicts)[number];

/** The evidence gates, in the order in which they are shown. */
export const evidenceGates = [
  'host-fresh',
  'inventory-complete',
  'identity-agrees',
  'known-identity',
  'swap',
  'two-way-match',
  'witness-fresh',
  'witness-shrink',
  'quorum',
  'rounds',
  'grace',
  'quiet',
] as const;
export type EvidenceGate = (typeof evidenceGates)[number];

/** The action gates, in the order in which they are shown. */
export const actionGates = [
  'generation-certified',
  'mode',
  'hold',
  'freeze',
  'fleet-quorum',
  'self-stall',
  'breaker',
  'budget',
] as const;
export type ActionGate = (typeof actionGates)[number];

export type EvidenceRow = Readonly<Record<EvidenceGate, Answer>>;
export type ActionRow = Readonly<Record<ActionGate, Answer>>;

/** A servo that nobody claims, with every evidence gate's answer. */
export interface Judgement {
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  /** Absent for a live servo: it needs none. */
  readonly row: EvidenceRow | undefined;
  /** An evidence gate passed only capped at propose. */
  readonly capped: boolean;
}
