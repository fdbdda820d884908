// The judgement of one servo: every evidence gate answers, none short-circuits another, and the verdict follows from the
// answers alone. A claimed servo is live at once.
import type { Answer } from '../domain/answer.ts';
import type { Evidence } from '../domain/evidence.ts';
import {
  evidenceGates,
  type EvidenceGate,
  type EvidenceRow,
  type Judgement,
  type Verdict,
} from '../domain/verdict.ts';
import type { Given } from './given.ts';
import { evidenceGateRules } from './gates/evidence/index.ts';

/** The judgement. A live servo gets no row of answers: it needs none. */
export function judge(evidence: Evidence, given: Given): Judgement {
  if (isClaimed(evidence)) return { evidence, verdict: 'live', row: undefined, capped: false };
  return judgeWhole(evidence, given);
}

/** The judgement with the whole row of answers, for a live servo too: what `explain` shows on demand. */
export function judgeWhole(evidence: Evidence, given: Given): Judgement {
  const row = answerAll(evidence, given);
  const capped = evidenceGates.some((gate) => row[gate].outcome === 'cap');
  return { evidence, verdict: isClaimed(evidence) ? 'live' : verdictOf(evidence, row), row, capped };
}

function isClaimed(evidence: Evidence): boolean {
  return evidence.voices.some((voice) => voice.says === 'claims');
}

function answerAll(evidence: Evidence, given: Given): EvidenceRow {
  const row: Partial<Record<EvidenceGate, Answer>> = {};
  for (const gate of evidenceGates) row[gate] = evidenceGateRules[gate](evidence, given);
  return row as EvidenceRow;
}

// What must be known before the absence of a claim says anything at all.
export const sight = ['host-fresh', 'inventory-complete', 'witness-fresh', 'witness-shrink'] as const;

function verdictOf(evidence: Evidence, row: EvidenceRow): Verdict {
  const refuses = (gate: EvidenceGate): boolean => row[gate].outcome === 'refuse';
  if (!evidenceGates.some(refuses)) return 'orphan';
  if (evidence.release !== undefined) return 'suspect';
  if (refuses('known-identity') && !sight.some(refuses)) return 'stray';
  return 'undecided';
}
