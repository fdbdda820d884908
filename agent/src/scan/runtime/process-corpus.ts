// Small processes, as the kernel shows them, for the reader version: what this build takes them for.
// An item that is added or changed changes the reader version of every host, and with it their certification.
import type { Conformance } from '../conformance.ts';
import { identityOf, labelsOf, variableOf, type ProcessIdentity } from './process-identity.ts';
import { processIncarnation, processRuntimeId } from './process-id.ts';
import { families } from './process-members.ts';
import { parseStat, splitParts } from './proc.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';

const boot = parseId('boot', '01234567-89ab-cdef-0123-456789abcdef');

/** What the reader makes of each item. The identity that is asked for stands in the items. */
export function conformProcess(identity: ProcessIdentity): readonly Conformance[] {
  const bearing = (value: string) =>
    identity.from === 'environment' ? `${identity.variable}=${value}` : `${identity.prefix}${value}`;
  const both = (...parts: readonly string[]) =>
    identityOf(identity, splitParts(parts.map((p) => `${p}\0`).join('')), parts) ?? null;
  return [
    { item: 'identity', made: both('node', bearing('u-1'), 'OTHER=u-2') },
    { item: 'identity twice', made: both(bearing('u-1'), bearing('u-2')) },
    { item: 'identity empty', made: both(bearing('')) },
    {
      item: 'identity in another case',
      made: both(bearing('u-1').toLowerCase(), bearing('u-1').toUpperCase()),
    },
    { item: 'identity missing', made: both('node', 'OTHER=u-2') },
    { item: 'variable with an equals sign', made: variableOf(['A=b=c'], 'A') ?? null },
    { item: 'labels', made: labelsOf(['A=1', '=x', 'B', 'A=2', 'C=']) },
    { item: 'stat', made: madeOfStat() },
    { item: 'families', made: madeOfFamilies() },
  ];
}

function madeOfStat(): unknown {
  const line = '71 (a (b) c) S 1 71 71 0 -1 4194304 1 0 0 0 7 8 9 10 20 0 1 0 4242 1 1';
  const stat = parseStat(line);
  return {
    ...stat,
    runtimeId: processRuntimeId(stat.pid, stat.startTicks),
    incarnation: processIncarnation(boot, stat.pid, stat.startTicks),
  };
}

function madeOfFamilies(): unknown {
  const member = (pid: number, ppid: number, pgid: number, session: number, uid: string | undefined) => ({
    pid,
    ppid,
    pgid,
    session,
    startTicks: pid,
    says: uid,
  });
  const found = families([
    member(10, 1, 10, 10, 'a'),
    member(11, 10, 10, 10, 'a'),
    member(12, 10, 12, 12, undefined),
    member(20, 1, 20, 20, 'a'),
    member(31, 1, 30, 5, 'b'),
    member(32, 1, 30, 5, 'b'),
  ]);
  return found.map((f) => ({
    uid: f.uid ?? null,
    first: f.representative.pid,
    members: f.members.map((m) => m.pid),
  }));
}
