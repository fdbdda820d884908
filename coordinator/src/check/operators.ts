// Operators allow it: no freeze, no hold, a mode that acts, an approval where one is needed, a certified reader.
import type { HostView } from '../domain/host.ts';
import type { Approval, Hold } from '../domain/operator.ts';
import type { PlanEntry } from '../domain/plan.ts';
import type { RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

export function checkOperators(entry: PlanEntry, view: HostView, raw: RawEvidence, report: Report): void {
  const { operator, now, policy, mappingHash } = raw.context;
  const { evidence } = entry;
  if (operator.freeze !== undefined) report('freeze', `frozen by ${operator.freeze.by}`);
  for (const held of operator.holds)
    if ((held.untilMs ?? Infinity) > now.waitMs && protects(held, entry, view))
      report('hold', `held by ${held.by} (${held.id})`);
  const mode = operator.modes.get(`${view.cell}:${view.generation}`);
  if (mode !== 'propose' && mode !== 'enforce')
    report('mode', `mode of ${view.generation} in ${view.cell} is ${mode ?? 'observe'}`);
  const votes = new Set(evidence.voices.filter((v) => v.says === 'released').map((v) => v.source));
  const unsure = votes.size < policy.quorumSources || evidence.activity === 'unknown';
  if ((mode !== 'enforce' || unsure) && !entry.approved) report('mode', 'it needs an approval');
  const approvals = operator.approvals.filter(
    (a) =>
      a.uid === evidence.uid &&
      a.incarnation === evidence.incarnation &&
      (evidence.nowhereSince?.monoMs ?? -Infinity) <= a.at.monoMs &&
      lives(a, raw),
  );
  if (entry.approved && approvals.length === 0) report('mode', 'no living approval of this incarnation');
  const readers = [view.readerVersion, view.inheritsFrom];
  const trusted = operator.tracks.some(
    (t) =>
      t.cell === view.cell &&
      t.generation === view.generation &&
      readers.includes(t.readerVersion) &&
      t.mappingHash === mappingHash &&
      (t.certified === 'enforce' || (t.certified === 'propose' && mode === 'propose')),
  );
  if (!trusted) report('certified', `the reader of ${view.id} is not certified for ${mode ?? 'observe'}`);
}

function lives({ at, pausedMs }: Approval, { context: { now, policy } }: RawEvidence): boolean {
  const elapsed = [now.monoMs - at.monoMs, now.bootMs - at.bootMs, now.wallMs - at.wallMs];
  return at.bootId === now.bootId && elapsed.every((ms) => ms - pausedMs <= policy.approvalLivesMs);
}

function protects({ scope }: Hold, { evidence }: PlanEntry, view: HostView): boolean {
  switch (scope.kind) {
    case 'servo':
      return scope.uid === evidence.uid;
    case 'project':
      return [evidence.project, evidence.release?.project].includes(scope.project);
    case 'host':
      return scope.host === view.id;
    case 'generation':
      return scope.generation === view.generation && scope.cell === view.cell;
    case 'cell':
      return scope.cell === view.cell;
  }
}
