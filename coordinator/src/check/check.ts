// A second, independent reading of a finished plan: from the raw evidence alone it derives, in its own words, that every
// entry is allowed. It shares no code with the decision, so that one mistake cannot pass twice. Any finding voids the plan.
import type { Finding, Plan, PlanEntry } from '../domain/plan.ts';
import { checkClaims } from './claims.ts';
import { checkHost } from './host.ts';
import { checkLimits } from './limits.ts';
import { checkMatch } from './match.ts';
import { checkOperators } from './operators.ts';
import type { RawEvidence } from './raw.ts';
import { checkRelease } from './release.ts';
import { checkRounds } from './rounds.ts';
import type { Report } from './report.ts';

/** Everything in the plan that the raw evidence does not bear out. Empty: the plan may be committed. */
export function check(plan: Plan, raw: RawEvidence): readonly Finding[] {
  const findings: Finding[] = [];
  for (const entry of plan.entries) {
    const report: Report = (rule, message) => findings.push({ rule, uid: entry.evidence.uid, message });
    checkEntry(plan, entry, raw, report);
  }
  const reportPlan: Report = (rule, message) => findings.push({ rule, uid: undefined, message });
  checkMatch(plan, raw, reportPlan);
  checkLimits(plan, raw, reportPlan);
  return findings;
}

function checkEntry(plan: Plan, entry: PlanEntry, raw: RawEvidence, report: Report): void {
  const view = raw.views.get(entry.evidence.host.view.id);
  if (view === undefined) return report('host', 'there is no such host');
  if (view.cell !== plan.cell)
    report('host', `${view.id} belongs to ${view.cell}, the plan is for ${plan.cell}`);
  const row = checkHost(entry, view, raw, report);
  if (row === undefined) return;
  checkClaims(entry, view, row, raw, report);
  checkRelease(entry, raw, report);
  checkRounds(plan, entry, view, raw, report);
  checkOperators(entry, view, raw, report);
}
