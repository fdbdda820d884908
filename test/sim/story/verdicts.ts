// What a pass made of every servo that nobody plainly claims: one line each, with the gates that stand in its way and their words.
import { render, type Answer } from '../../../coordinator/src/domain/answer.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';

export function verdictLines({ judgements, cells, failures }: Report): readonly string[] {
  const lines = judgements.map(({ evidence, verdict, row }) => {
    const { uid, incarnation, host, state } = evidence;
    const blocked = cells.flatMap((c) => c.plan.blocked).find((b) => b.evidence === evidence);
    const says = [...answers(row), ...answers(blocked?.row)];
    return `    ${uid} (${incarnation}) on ${host.view.id}: ${verdict}, ${state}${says.length === 0 ? '' : `; ${says.join('; ')}`}`;
  });
  const findings = cells.flatMap((c) => c.findings.map((f) => `    plan void: ${f.rule}: ${f.message}`));
  return [...lines, ...findings, ...failures.map((failure) => `    witness failed: ${failure}`)];
}

function answers(row: Readonly<Record<string, Answer>> | undefined): readonly string[] {
  return Object.entries(row ?? {})
    .filter(([, answer]) => answer.outcome !== 'pass')
    .map(([gate, { outcome, says, numbers }]) => `${gate} ${outcome}s: ${render(says, numbers)}`);
}
