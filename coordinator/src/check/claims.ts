// No witness claims the servo, every witness was read lately, and none waits for an operator.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { HostView } from '../domain/host.ts';
import type { PlanEntry } from '../domain/plan.ts';
import type { RawClaims, RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

export function checkClaims(
  { evidence, approved }: PlanEntry,
  view: HostView,
  row: number,
  raw: RawEvidence,
  report: Report,
): void {
  const { now, policy } = raw.context;
  if (raw.witnesses.filter((w) => w.authority).length !== 1)
    report('witness', 'there is not exactly one authority');
  for (const witness of raw.witnesses) {
    const { accepted } = witness;
    if (witness.waiting !== undefined) report('witness', `a snapshot of ${witness.id} waits for an operator`);
    if (accepted === undefined) {
      report('witness', `${witness.id} has no accepted snapshot`);
      continue;
    }
    const limit = Math.min(policy.witnessAgeCeilingMs, Math.max(policy.witnessAgeMs, accepted.tookMs * 2));
    const started = accepted.startedAt;
    const elapsed = [now.monoMs - started.monoMs, now.bootMs - started.bootMs, now.wallMs - started.wallMs];
    if (started.bootId !== now.bootId || elapsed.some((ms) => ms > limit))
      report('witness', `the snapshot of ${witness.id} is more than ${limit} ms old`);
    if (!witness.hasLookup && !approved)
      report('witness', `${witness.id} offers no look-up of ${evidence.uid}, so it needs an approval`);
    const claims = raw.claims.get(witness.id);
    if (claims === undefined) report('witness', `the claims of ${witness.id} are not there`);
    else {
      const uidIndex = view.inventory?.uidIndex[row];
      const by = uidIndex === undefined ? 'nobody can tell' : protectedBy(claims, uidIndex, view, raw);
      if (by !== undefined) report('claim', `${witness.id} claims ${evidence.uid}: ${by}`);
    }
  }
}

/** Why a witness's claims protect this copy. Undefined: they do not. */
function protectedBy(
  claims: RawClaims,
  uidIndex: number,
  view: HostView,
  raw: RawEvidence,
): string | undefined {
  const on = claims.on[uidIndex] ?? 0;
  if (on === 0) return undefined;
  if (on === 1) return 'on no host in particular';
  const hosts = on === -1 ? (claims.several.get(uidIndex) ?? []).map((c) => c.host) : [claims.hostAt(on - 2)];
  if (hosts.length === 0) return 'several claims that cannot be read';
  for (const host of hosts) {
    if (host === undefined || host === view.id) return `on ${host ?? 'no host in particular'}`;
    if (!(raw.context.now.waitMs - claims.firstReadMs(uidIndex) >= raw.context.policy.movedClaimMs))
      return `on ${host}, too short a time ago`;
    if (!runsOn(host, uidIndex, raw)) return `on ${host}, where it is not seen running`;
  }
  return undefined;
}

function runsOn(host: HostId, uidIndex: number, raw: RawEvidence): boolean {
  const view = raw.views.get(host);
  const inventory = view?.inventory;
  if (inventory === undefined || view?.digestMatches !== true || inventory.problems.length > 0) return false;
  return inventory.uidIndex.some(
    (u, row) => u === uidIndex && inventory.state[row] === 0 && inventory.contradiction[row] === 0,
  );
}
