// What a container or guest has done up to now, found through its first process: its control group's CPU time, and its
// network. In a network of its own everything is its own; in the host's, the sockets of its processes are matched.
import { cgroupStepMs, cpuMsOf, groupOf, pidsOf, type Group } from './cgroup-use.ts';
import { countConnections, type Tables } from './connections.ts';
import { hasOwnNetwork, networkUse, nothingSeen, type NetworkUse } from './network.ts';
import type { Usage } from './port.ts';

/** Nothing can be told. */
export const unseen: Usage = { cpuMs: undefined, cpuStepMs: cgroupStepMs, connections: undefined };

/**
 * @param isTop see `groupOf`.
 * @param tables of this reading.
 */
export async function containerUse(
  pid: number,
  isTop: (part: string) => boolean,
  probes: ReadonlySet<string>,
  tables: Tables,
): Promise<Usage> {
  return await groupUse(pid, await groupOf(pid, isTop), probes, tables);
}

/** As `containerUse`, where its control group is known. */
export async function groupUse(
  pid: number,
  group: Group | undefined,
  probes: ReadonlySet<string>,
  tables: Tables,
): Promise<Usage> {
  const own = await hasOwnNetwork(pid);
  let seen: NetworkUse = nothingSeen;
  if (own === true) seen = await networkUse(pid, probes);
  else if (own === false && group !== undefined) {
    const pids = await pidsOf(group);
    if (pids !== undefined)
      seen = { ...nothingSeen, connections: await countConnections(pids, probes, tables) };
  }
  return {
    cpuMs: group === undefined ? undefined : await cpuMsOf(group),
    cpuStepMs: cgroupStepMs,
    ...seen,
  };
}
