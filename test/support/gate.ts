// How a gate is tested: what it answers, that its sentences can be rendered, and that it alone decides the verdict.
import type t from 'tap';
import { render, type Answer, type Outcome } from '../../coordinator/src/domain/answer.ts';
import type { Evidence } from '../../coordinator/src/domain/evidence.ts';
import { evidenceGates, type EvidenceGate, type Verdict } from '../../coordinator/src/domain/verdict.ts';
import { judge } from '../../coordinator/src/decide/verdict.ts';
import { given } from './build.ts';

type Test = Pick<typeof t, 'equal' | 'match' | 'not' | 'strictSame'>;

/** The answer has this outcome, and its rendered sentence matches. A refusal and a cap say what would lift them. */
export function answers(test: Test, answer: Answer, outcome: Outcome, says: RegExp): void {
  const sentence = render(answer.says, answer.numbers);
  test.equal(answer.outcome, outcome, sentence);
  test.match(sentence, says);
  const lifts = render(answer.lifts, answer.numbers);
  if (outcome === 'pass') test.equal(lifts, '');
  else test.not(lifts, '', 'says what would lift it');
}

/** This gate alone refuses this servo, and the verdict is therefore not orphan. */
export function aloneRefuses(test: Test, gate: EvidenceGate, evidence: Evidence, verdict: Verdict): void {
  const judged = judge(evidence, given);
  const refusing = evidenceGates.filter((name) => judged.row?.[name].outcome === 'refuse');
  test.strictSame(refusing, [gate], `only ${gate} refuses`);
  test.equal(judged.verdict, verdict);
}
