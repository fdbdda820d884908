// The state of a whole world on disk, taken while every program of it is dead, and put back.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../../../scripts/demo/processes.ts';
import { patienceMs, untilEnded, type Ground } from '../ground.ts';

export interface Snapshot {
  readonly folder: string;
}

/** SIGKILL to coordinator and agents. */
export async function killAll(ground: Ground): Promise<void> {
  const all = [ground.coordinator, ...[...ground.world.hosts.keys()].map((id) => ground.agent(id))];
  for (const trapped of all) trapped.program()?.child.kill('SIGKILL');
  for (const trapped of all) await untilEnded(trapped);
}

export async function startAll(ground: Ground): Promise<void> {
  await ground.coordinator.start();
  for (const host of ground.world.hosts.values()) host.startAgent(ground.world.leader);
}

export function take(ground: Ground, name: string): Snapshot {
  const folder = join(ground.world.dir, name);
  mkdirSync(folder);
  for (const suffix of ['', '-wal'])
    if (existsSync(stateFile(ground) + suffix))
      copyFileSync(stateFile(ground) + suffix, join(folder, `state.db${suffix}`));
  for (const id of ground.world.hosts.keys())
    cpSync(agentState(ground, id), join(folder, id), {
      recursive: true,
      filter: (path) => !path.endsWith('.sock'),
    });
  return { folder };
}

export function giveBack(ground: Ground, { folder }: Snapshot): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(stateFile(ground) + suffix, { force: true });
  for (const suffix of ['', '-wal'])
    if (existsSync(join(folder, `state.db${suffix}`)))
      copyFileSync(join(folder, `state.db${suffix}`), stateFile(ground) + suffix);
  for (const id of ground.world.hosts.keys()) giveBackAgent(ground, { folder }, id);
}

export function giveBackAgent(ground: Ground, { folder }: Snapshot, id: string): void {
  rmSync(agentState(ground, id), { recursive: true, force: true });
  cpSync(join(folder, id), agentState(ground, id), { recursive: true });
}

export function stateFile({ world }: Ground): string {
  return join(world.dir, 'state.db');
}

export function agentState({ world }: Ground, id: string): string {
  return join(world.dir, 'hosts', id, 'state');
}

interface HostRow {
  readonly id: string;
  readonly connected?: boolean;
  readonly fresh?: boolean;
  readonly contested?: string;
}

/** Why a host gets no orders; an empty text: it does, and is fresh. Undefined: nobody can say yet. */
export async function standing({ world }: Ground, id: string): Promise<string | undefined> {
  const { hosts } = await world.admin.call<{ hosts: readonly HostRow[] }>('ListHosts', {
    host: id,
    pageSize: 1,
  });
  const [host] = hosts;
  if (host?.contested !== undefined) return host.contested;
  return host?.connected === true && host.fresh === true ? '' : undefined;
}

/** Accepts every host that is contested, as its operator does, until all are fresh. */
export async function acceptAll(ground: Ground): Promise<void> {
  const { world } = ground;
  for (const id of world.hosts.keys())
    await until(`${id} to be accepted`, patienceMs, async () => {
      const why = await standing(ground, id).catch(() => undefined);
      if (why === '') return true;
      if (why !== undefined)
        await world.admin.call('AcceptHost', { host: id, reason: 'damage' }).catch(() => undefined);
      return undefined;
    });
}

/** What a log file has got since it was so long. */
export function since(file: string, bytes: number): string {
  return readFileSync(file).subarray(bytes).toString('utf8');
}

export function lengthOf(file: string): number {
  return statSync(file).size;
}
