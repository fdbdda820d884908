// The authority's release of exactly this servo, here, is on record and old enough.
import type { PlanEntry } from '../domain/plan.ts';
import type { RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

export function checkRelease({ evidence, approved }: PlanEntry, raw: RawEvidence, report: Report): void {
  const { now, policy } = raw.context;
  const release = raw.releases.find(
    (r) =>
      r.uid === evidence.uid && r.host === evidence.host.view.id && r.incarnation === evidence.incarnation,
  );
  if (release === undefined) return report('release', 'the authority has not released it');
  if (!(now.waitMs - release.firstReadMs >= policy.graceReleasedMs))
    report('release', 'it was released too short a time ago');
  if (release.capped !== undefined && !approved)
    report('release', `its release (${release.capped}) needs an approval`);
}
