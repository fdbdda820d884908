// What the actor sees of one container: as the engine keeps it, with its task, and whether that is still what was stopped.
import {
  incarnationOf,
  readContainer,
  splitRuntimeId,
  statusOf,
} from '../../scan/runtime/containerd/answers.ts';
import type { Container } from '../../scan/runtime/containerd/answers.ts';
import type { Process } from '../../scan/runtime/containerd/api.ts';
import { ContainerdError, type Client } from '../../scan/runtime/containerd/client.ts';
import type { RuntimeLaunch } from '../../scan/scan.ts';

export interface View {
  readonly container: Container;
  /** Absent: it has no task. */
  readonly task: Process | undefined;
}

/** What the journal remembers of a container. */
export interface Before {
  /** Of what was stopped. */
  readonly incarnation: string;
  /** Value of the label that its engine restarts it for; absent: it had none. */
  readonly restart?: string | undefined;
  /** Where its output went; empty: nowhere. */
  readonly stdin: string;
  readonly stdout: string;
  readonly stderr: string;
}

/** Undefined where there is no such container. Rejects with `ContainerdError`. */
export async function viewOf(client: Client, runtimeId: string): Promise<View | undefined> {
  const name = splitRuntimeId(runtimeId);
  if (name === undefined) return undefined;
  const { namespace, id } = name;
  const answer = await client.find('container', namespace, { id });
  if (answer === undefined) return undefined;
  const container = readContainer(namespace, answer.container);
  if ('wrong' in container)
    throw new ContainerdError(`container ${runtimeId}: ${container.wrong}`, 'refused');
  const task = await client.find('task', namespace, { containerId: id });
  return { container, task: task?.process ?? undefined };
}

/** Whether something of it runs; undefined where the engine itself cannot tell. */
export function doesRun({ task }: View): boolean | undefined {
  if (task === undefined) return false;
  const status = statusOf(task);
  return status === 'unknown' ? undefined : status !== 'stopped' && status !== 'created';
}

export function isStill({ container }: View, incarnation: string): boolean {
  return incarnationOf(container) === incarnation;
}

/** What this actor wrote into the journal; undefined for a launch that only a scan made. */
export function beforeOf({ before }: RuntimeLaunch): Before | undefined {
  const { incarnation, restart } = before;
  if (typeof incarnation !== 'string') return undefined;
  const text = (key: string) => (typeof before[key] === 'string' ? before[key] : '');
  return {
    incarnation,
    stdin: text('stdin'),
    stdout: text('stdout'),
    stderr: text('stderr'),
    ...(typeof restart === 'string' ? { restart } : {}),
  };
}
