// What containers have done: from the kernel's own files where this agent can read them, which costs the engine nothing, and
// else from the engine, one quick question per container.
import { cgroupStepMs, cpuMsOf, groupOf, pidsOf, type Group } from '../cgroup-use.ts';
import { countConnections, type Tables } from '../connections.ts';
import { networkUse, nothingSeen, type NetworkUse } from '../network.ts';
import type { Usage } from '../port.ts';
import type { Inspected } from './answers.ts';
import { EngineError, type Client } from './client.ts';

export interface Meter {
  /** A new reading begins, of these containers: of others nothing is remembered. */
  begin(ids: readonly string[]): void;
  /** Rejects only when the signal aborts, with its reason, or the engine is away. */
  read(id: string, inspected: Inspected, signal: AbortSignal): Promise<Usage>;
}

/** @param probes see `addressKey`. */
export function openMeter(client: Client, probes: ReadonlySet<string>): Meter {
  const groups = new Map<string, Group>();
  let tables: Tables = new Map();
  const groupFor = async (id: string, pid: number): Promise<Group | undefined> => {
    const group = groups.get(id) ?? (await groupOf(pid, (part) => part.includes(id)));
    if (group !== undefined) groups.set(id, group);
    return group;
  };
  return {
    begin(ids) {
      tables = new Map();
      const now = new Set(ids);
      for (const id of groups.keys()) if (!now.has(id)) groups.delete(id);
    },
    async read(id, { pid, hostNetwork }, signal) {
      const group = pid > 0 ? await groupFor(id, pid) : undefined;
      const cpuMs = group === undefined ? undefined : await cpuMsOf(group);
      if (group !== undefined && cpuMs !== undefined) {
        const network = hostNetwork
          ? await ofProcesses(group, probes, tables)
          : await networkUse(pid, probes);
        return { cpuMs, cpuStepMs: cgroupStepMs, ...network };
      }
      groups.delete(id);
      return await askEngine(client, id, signal);
    },
  };
}

/** On the host's network its own bytes cannot be told from those of others. */
async function ofProcesses(group: Group, probes: ReadonlySet<string>, tables: Tables): Promise<NetworkUse> {
  const pids = await pidsOf(group);
  if (pids === undefined) return nothingSeen;
  return { ...nothingSeen, connections: await countConnections(pids, probes, tables) };
}

async function askEngine(client: Client, id: string, signal: AbortSignal): Promise<Usage> {
  const unseen: Usage = { cpuMs: undefined, cpuStepMs: cgroupStepMs, connections: undefined };
  try {
    const path = `/containers/${id}/stats?stream=false&one-shot=true`;
    const { value } = await client.ask('GET', path, { signal, also: [404, 409] });
    return { ...unseen, ...readStats(value) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof EngineError && error.status === 0) throw error;
    return unseen;
  }
}

/** CPU time and bytes in the engine's own account, as far as they stand there. Connections do not. */
export function readStats(value: unknown): Pick<Usage, 'cpuMs' | 'networkBytes'> {
  const stats = fieldsOf(value);
  const total = fieldsOf(fieldsOf(stats['cpu_stats'])['cpu_usage'])['total_usage'];
  const networks = Object.values(fieldsOf(stats['networks'])).map(fieldsOf);
  const bytes = networks.flatMap((one) => [one['rx_bytes'], one['tx_bytes']]);
  const isCount = (n: unknown): n is number => typeof n === 'number' && Number.isSafeInteger(n) && n >= 0;
  return {
    // A container that has ended is told as one that never did anything.
    cpuMs: isCount(total) && total > 0 ? Math.floor(total / 1e6) : undefined,
    networkBytes: bytes.length > 0 && bytes.every(isCount) ? bytes.reduce((a, b) => a + b, 0) : undefined,
  };
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
}
