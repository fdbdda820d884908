// The actor of containers that containerd runs. A container's id may be given again, so each act is bound to what does not come
// again: to the container's creation, and for a stop to its first process, which is looked at in the turn of the signal.
import { statSync } from 'node:fs';
import { groupOf, pidsOf } from '../../scan/runtime/cgroup-use.ts';
import { incarnationOf, isGroupOf } from '../../scan/runtime/containerd/answers.ts';
import type { Process } from '../../scan/runtime/containerd/api.ts';
import { openClient, type Client } from '../../scan/runtime/containerd/client.ts';
import type { RuntimeObject } from '../../scan/runtime/port.ts';
import { codeOf, isAlive, readStatSync } from '../../scan/runtime/proc.ts';
import { says } from '../../scan/problem.ts';
import type { RuntimeLaunch } from '../../scan/scan.ts';
import type { Actor, Listen, Target } from '../actor.ts';
import { conflictsOf, listensOf } from '../listen.ts';
import { keepableContainer, type ContainerdKeepRules } from './keepable.ts';
import { giveBack, restartLabel, takeAway } from './restart.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';
import { beforeOf, doesRun, isStill, viewOf, type Before, type View } from './view.ts';

export interface ContainerdActorOptions extends ContainerdKeepRules {
  readonly socket: string;
  /** Longest wait for one answer of the engine, in milliseconds. */
  readonly answerMs: number;
  readonly stopGraceMs: number;
}

export function containerdActor(options: ContainerdActorOptions): Actor {
  const client = openClient(options.socket, options.answerMs);
  const foreign = 'what is kept is no container';
  return {
    stopGraceMs: options.stopGraceMs,
    async look(object) {
      try {
        const view = await viewOf(client, object.runtimeId);
        if (view === undefined || !isStill(view, object.incarnation) || doesRun(view) === false)
          return undefined;
        return await targetOf(view, object, client, options);
      } catch (error) {
        return unfit('engine', says(error));
      }
    },
    async runs(runtimeId, incarnation) {
      try {
        const view = await viewOf(client, runtimeId);
        return view === undefined || !isStill(view, incarnation) ? false : doesRun(view);
      } catch {
        return undefined;
      }
    },
    start: (launch) =>
      'by' in launch
        ? startContainer(client, launch)
        : Promise.resolve({ kind: 'failed', code: 'other-runtime', message: foreign }),
    settle: (launch, state) => ('by' in launch ? settle(client, launch, state) : Promise.resolve(foreign)),
    conflicts: ({ listens }) => conflictsOf(listens),
  };
}

async function targetOf(
  view: View,
  object: RuntimeObject,
  client: Client,
  options: ContainerdActorOptions,
): Promise<Target> {
  const { container, task } = view;
  const first = task === undefined || task.pid === 0 ? undefined : readStatSync(task.pid);
  if (task === undefined || !isAlive(first))
    return unfit('unseen', `the first process of ${object.path} cannot be seen in /proc`);
  const before: Before = {
    incarnation: incarnationOf(container),
    restart: container.labels[restartLabel],
    stdin: task.stdin,
    stdout: task.stdout,
    stderr: task.stderr,
  };
  return {
    keepable: keepableContainer(container, task, isPipe, object.entangledWith, options),
    listens: container.spec.hostNetwork ? await hostListens(view, task) : [],
    launch: { by: 'runtime', runtimeId: object.runtimeId, before: { ...before } },
    stop: () =>
      stopContainer(client, { container, incarnation: before.incarnation, first }, options.stopGraceMs),
  };
}

/** What it listens on among the host's own addresses. */
async function hostListens({ container }: View, { pid }: Process): Promise<readonly Listen[]> {
  const group = await groupOf(pid, isGroupOf(container));
  return await listensOf((group === undefined ? undefined : await pidsOf(group)) ?? [pid]);
}

/** A log URI is none, nor a file. What is not there any more was one. */
function isPipe(path: string): boolean {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(path)) return path.startsWith('fifo:');
  try {
    return !statSync(path).isFile();
  } catch (error) {
    if (codeOf(error) !== undefined) return true;
    throw error;
  }
}

/** Something that cannot be stopped safely now, with why. */
function unfit(code: string, message: string): Target {
  return {
    keepable: { keepable: false, code, message },
    listens: [],
    stop: () => Promise.resolve({ kind: 'refused', code, message }),
  };
}

/** See `Actor.settle`. */
async function settle(
  client: Client,
  launch: RuntimeLaunch,
  state: 'kept' | 'running',
): Promise<string | undefined> {
  const before = beforeOf(launch);
  if (before === undefined) return undefined;
  try {
    const view = await viewOf(client, launch.runtimeId);
    // Deleted, or made anew: no longer what was stopped, and nothing of it is changed.
    if (view === undefined || !isStill(view, before.incarnation)) return undefined;
    if (state === 'kept') return await takeAway(client, view.container);
    return doesRun(view) === true ? await giveBack(client, view.container, before.restart) : undefined;
  } catch (error) {
    return `container ${launch.runtimeId}: what restarts it cannot be seen to: ${says(error)}`;
  }
}
