// The entry cites enough rounds of evidence: distinct heartbeats, one boot, one epoch, each fresh when it was made, each
// followed by a snapshot of every witness, over enough time.
import type { HostView } from '../domain/host.ts';
import type { Plan, PlanEntry } from '../domain/plan.ts';
import type { RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

export function checkRounds(
  plan: Plan,
  { rounds, evidence }: PlanEntry,
  view: HostView,
  raw: RawEvidence,
  report: Report,
): void {
  const { policy, epoch } = raw.context;
  if (plan.epoch !== epoch) report('rounds', `the plan is of epoch ${plan.epoch}, not ${epoch}`);
  const released = raw.releases.find(
    (r) => r.uid === evidence.uid && r.host === view.id && r.incarnation === evidence.incarnation,
  );
  const good = rounds.filter(
    (round) =>
      round.host === view.id &&
      round.bootId === view.bootId &&
      round.epoch === epoch &&
      round.fresh &&
      released !== undefined &&
      round.atMs >= released.firstReadMs &&
      raw.witnesses.every((w) =>
        round.snapshots.some((s) => s.witness === w.id && s.startedAt.monoMs >= round.receivedAt.monoMs),
      ),
  );
  const distinct = new Set(good.map((round) => round.heartbeat));
  if (distinct.size < policy.evidenceRounds)
    report('rounds', `${distinct.size} rounds of evidence, fewer than ${policy.evidenceRounds}`);
  const times = good.map((round) => round.atMs);
  if (Math.max(...times) - Math.min(...times) < policy.evidenceSpreadMs || times.length === 0)
    report('rounds', `the rounds span less than ${policy.evidenceSpreadMs} ms`);
  const snapshots = new Set(good.flatMap((round) => round.snapshots.map((s) => s.number)));
  if (snapshots.size < policy.evidenceRounds) report('rounds', 'several rounds cite one snapshot');
}
