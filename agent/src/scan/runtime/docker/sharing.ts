// Which other servos would lose something when a container stops: those that live in its network, or another of its
// namespaces. Pure.
import type { Inspected, Listed } from './answers.ts';
import { identityOf, type ContainerIdentity } from './identity.ts';

/** Uids of those that run and live in it, "?" where they say none; sorted. */
export function whoLivesIn(
  { id, names }: Listed,
  all: readonly Listed[],
  found: readonly { readonly row: Listed; readonly one: { readonly inspected: Inspected } }[],
  identity: ContainerIdentity,
): readonly string[] {
  const isIt = (ref: string) =>
    id.startsWith(ref) || names.includes(ref.startsWith('/') ? ref.slice(1) : ref);
  const inside = new Map(
    all
      .filter((row) => row.state === 'running' || row.state === 'paused')
      .filter(({ networkOf }) => networkOf !== undefined && isIt(networkOf))
      .map((row) => [row.id, undefined] as [string, string | undefined]),
  );
  for (const { row, one } of found) {
    if (!inside.has(row.id) && !one.inspected.livesIn.some(isIt)) continue;
    inside.set(row.id, identityOf(identity, { ...row, env: one.inspected.env }));
  }
  inside.delete(id);
  return [...inside.values()].map((uid) => uid ?? '?').toSorted();
}
