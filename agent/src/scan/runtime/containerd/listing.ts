// Reads what runs in containerd's namespaces: every task, every container, and for each container in scope whether it runs.
// The engine leaves a task out of its list, or calls its state unknown, when it cannot ask it: so a container in scope that
// seems to have no task is asked about by itself, and a state that nobody knows is a problem, never an absence.
import type { Problem } from '@servo-auditor/proto/wire.ts';
import { inBatches } from '../../batches.ts';
import { problem, says } from '../../problem.ts';
import { isAlive, readStatSync } from '../proc.ts';
import { readContainer, runtimeIdOf, statusOf, type Container } from './answers.ts';
import type { Process, WireContainer } from './api.ts';
import { ContainerdError, type Client } from './client.ts';

/** A container of which something runs. */
export interface Running {
  readonly container: Container;
  /** Its first process; undefined where the engine tells none. */
  readonly pid: number | undefined;
  /** Start of that process, in ticks since boot; undefined where /proc does not show it. */
  readonly startTicks: number | undefined;
}

/** How a container is called in messages. */
export function placeOf(container: Pick<Container, 'namespace' | 'id'>): string {
  return `container ${runtimeIdOf(container)}`;
}

export interface Reader {
  /** Everything that runs in one namespace, in scope or not. Rejects with `ContainerdError`, or the signal's reason. */
  list(namespace: string, signal: AbortSignal, problems: Problem[]): Promise<readonly Running[]>;
  /** What a container that ran is now; undefined when it does not run any more. */
  again(before: Running, signal: AbortSignal, problems: Problem[]): Promise<Running | undefined>;
}

/** @param inScope by its labels. */
export function openReader(
  client: Client,
  inScope: (labels: Readonly<Record<string, string>>) => boolean,
): Reader {
  /** Specifications are long, and hardly ever change: what was read stays read while the engine says that nothing did. */
  let known: ReadonlyMap<string, Container> = new Map();

  const readAll = (
    namespace: string,
    wires: readonly (WireContainer | null)[],
    problems: Problem[],
  ): ReadonlyMap<string, Container> => {
    const pairs = wires.flatMap((wire) => {
      const stamp = wire === null ? '' : stampOf(namespace, wire);
      const read = known.get(stamp) ?? readContainer(namespace, wire);
      if (!('wrong' in read)) return [[stamp, read] as const];
      if (wire === null || inScope(wire.labels)) {
        const at = `container ${namespace}/${wire?.id ?? '?'}`;
        problems.push(problem(at, 'unintelligible', read.wrong, wire?.spec?.value));
      }
      return [];
    });
    return new Map(pairs);
  };

  const running = (container: Container, process: Process, problems: Problem[]): Running | undefined => {
    const status = statusOf(process);
    switch (status) {
      case 'created':
      case 'stopped':
        return undefined;
      case 'unknown':
        if (inScope(container.labels)) problems.push(unknownState(container));
        return undefined;
      case 'running':
      case 'paused':
      case 'pausing': {
        const pid = process.pid > 0 ? process.pid : undefined;
        const stat = pid === undefined ? undefined : readStatSync(pid);
        return { container, pid, startTicks: isAlive(stat) ? stat.startTicks : undefined };
      }
    }
  };

  const taskOf = async ({ namespace, id }: Container, signal: AbortSignal) =>
    (await client.find('task', namespace, { containerId: id }, { signal }))?.process ?? undefined;

  /** One that cannot be looked at is a problem; an engine that is away is one for all. */
  const orProblem = async <T>(
    container: Container,
    signal: AbortSignal,
    problems: Problem[],
    work: () => Promise<T>,
  ): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof ContainerdError) || error.kind === 'away') throw error;
      problems.push(problem(placeOf(container), 'unreadable', says(error)));
      return undefined;
    }
  };

  return {
    async list(namespace, signal, problems) {
      // Tasks first: a container that was made anew in between has a first process that is another one, or none.
      const { tasks } = await client.ask('tasks', namespace, {}, { signal });
      const answers = await client.collect('containers', namespace, { filters: [] }, { signal });
      if (answers.length === 0) await mustBeThere(client, namespace, signal, problems);
      const wires = answers.map(({ container }) => container);
      const read = readAll(namespace, wires, problems);
      known = new Map([...[...known].filter(([, one]) => one.namespace !== namespace), ...read]);
      const containers = [...read.values()];
      const byId = new Map(tasks.map((task) => [task.containerId || task.id, task]));
      const found = await inBatches(containers, signal, (container) =>
        orProblem(container, signal, problems, async () => {
          const listed = byId.get(container.id);
          const task = listed ?? (inScope(container.labels) ? await taskOf(container, signal) : undefined);
          return task === undefined ? undefined : running(container, task, problems);
        }),
      );
      const listed = new Set(wires.map((wire) => wire?.id));
      const strays = [...byId.keys()].filter((id) => !listed.has(id));
      problems.push(...(await homeless(client, namespace, strays, signal)));
      return found.filter((one) => one !== undefined);
    },
    async again(before, signal, problems) {
      const { namespace, id } = before.container;
      return await orProblem(before.container, signal, problems, async () => {
        const answer = await client.find('container', namespace, { id }, { signal });
        if (answer === undefined) return undefined;
        const [container] = readAll(namespace, [answer.container], problems).values();
        const task = container === undefined ? undefined : await taskOf(container, signal);
        return container === undefined || task === undefined ? undefined : running(container, task, problems);
      });
    },
  };
}

function unknownState(container: Container): Problem {
  const message = 'containerd cannot tell whether it runs: does its shim answer?';
  return problem(placeOf(container), 'unknown-state', message);
}

/** A namespace that nobody ever used is more likely a name that was mistyped than an empty host. */
async function mustBeThere(
  client: Client,
  namespace: string,
  signal: AbortSignal,
  problems: Problem[],
): Promise<void> {
  // The engine answers with every namespace that it is asked for by name, so what counts is what it lists.
  const { namespaces } = await client.ask('namespaces', '', {}, { signal });
  if (namespaces.some(({ name }) => name === namespace)) return;
  const message = 'containerd has no such namespace: is runtime.namespaces right?';
  problems.push(problem(`namespace ${namespace}`, 'no-namespace', message));
}

/** Tasks whose containers were deleted under them: they run, and nobody can say which servos they are. */
async function homeless(
  client: Client,
  namespace: string,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<readonly Problem[]> {
  const found = await inBatches(ids, signal, async (id) => {
    if ((await client.find('container', namespace, { id }, { signal })) !== undefined) return [];
    const task = (await client.find('task', namespace, { containerId: id }, { signal }))?.process;
    if (task === undefined || task === null || statusOf(task) === 'stopped') return [];
    const message = `runs (process ${task.pid}), and its container was deleted: nobody can say which servo it is`;
    return [problem(`task ${namespace}/${id}`, 'no-container', message)];
  });
  return found.flat();
}

function stampOf(namespace: string, { id, createdAt, updatedAt }: WireContainer): string {
  const stamp = (time: WireContainer['createdAt']) => `${time?.seconds ?? ''}.${time?.nanos ?? ''}`;
  return [namespace, id, stamp(createdAt), stamp(updatedAt)].join(' ');
}
