// The host is read rightly: what the authority names there is found there, counted anew from its claims and the inventory; and while
// the host has missed something for long, only a servo with a tombstone of its own is in the plan. A host that the authority names
// for nothing is judged by its generation, which the gate alone counts.
import type { HostId } from '@servo-auditor/proto/ids.ts';
import type { HostView } from '../domain/host.ts';
import type { Plan } from '../domain/plan.ts';
import type { RawClaims, RawEvidence } from './raw.ts';
import type { Report } from './report.ts';

const contradictionNone = 0;
/** What a claim's column says beside a host's number. */
const severalHosts = -1;
const firstHost = 2;

export function checkMatch({ entries }: Plan, raw: RawEvidence, report: Report): void {
  const { policy } = raw.context;
  for (const { evidence } of entries) {
    const { view, match } = evidence.host;
    const isReleased = raw.releases.some(
      (r) =>
        r.kind === 'tombstone' &&
        r.uid === evidence.uid &&
        r.host === view.id &&
        r.incarnation === evidence.incarnation,
    );
    if (match.missing.length > 0 && !(match.missingRounds < policy.swapRounds) && !isReleased)
      report('match', `${view.id} misses ${match.missing[0]}, and ${evidence.uid} has no tombstone`);
  }
  const authority = raw.witnesses.find((w) => w.authority);
  const claims = authority && raw.claims.get(authority.id);
  if (claims === undefined) return;
  const hosts = new Set(entries.map(({ evidence }) => evidence.host.view.id));
  for (const [host, named] of namedOn(hosts, claims)) {
    const found = foundOn(raw.views.get(host), named);
    const lost = named.size - found;
    if (lost > 1 && found < named.size * policy.twoWayMatchShare)
      report('match', `of ${named.size} servos that the authority names ${host} for, ${found} are found`);
  }
}

/** Uids (by number) that are claimed on each of the hosts by name. */
function namedOn(hosts: ReadonlySet<HostId>, claims: RawClaims): ReadonlyMap<HostId, ReadonlySet<number>> {
  const named = new Map(Array.from(hosts, (host) => [host, new Set<number>()]));
  const setOf = (number: number): Set<number> | null => {
    const host = claims.hostAt(number - firstHost);
    return (host === undefined ? undefined : named.get(host)) ?? null;
  };
  // What stands behind each number of the column, asked once: one pass over all claims is all that this costs.
  const behind: (Set<number> | null | undefined)[] = [];
  claims.on.forEach((number, uid) => {
    if (number < firstHost) return;
    const known = behind[number];
    const set = known === undefined ? (behind[number] = setOf(number)) : known;
    set?.add(uid);
  });
  for (const [uid, several] of claims.several)
    if (claims.on[uid] === severalHosts)
      for (const { host } of several) if (host !== undefined) named.get(host)?.add(uid);
  return named;
}

function foundOn(view: HostView | undefined, named: ReadonlySet<number>): number {
  const { inventory } = view ?? {};
  const found = new Set<number>();
  inventory?.uidIndex.forEach((uid, row) => {
    if (named.has(uid) && inventory.contradiction[row] === contradictionNone) found.add(uid);
  });
  return found.size;
}
