// Starts a kept container again: a new task of the same container, on its own snapshot, with its output going where it went.
// containerd's shims live in containerd's control group, so the servo never depends on this agent. What fails leaves no task.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { incarnationOf, runtimeIdOf, type Container } from '../../scan/runtime/containerd/answers.ts';
import type { Mount } from '../../scan/runtime/containerd/api.ts';
import { ContainerdError, type Client } from '../../scan/runtime/containerd/client.ts';
import type { RuntimeLaunch } from '../../scan/scan.ts';
import type { StartResult } from '../actor.ts';
import { giveBack } from './restart.ts';
import { beforeOf, doesRun, isStill, viewOf, type Before } from './view.ts';

/** How long the engine may take to make a task: its root is mounted and its networks are made ready in it. */
const maxCreateMs = 60_000;
/** A container that runs this long after its start has started, in milliseconds. */
const startedAfterMs = 300;
/** Tries to give back what restarts it after a start, which is told only once it has it again. */
const giveBackTries = 3;

export async function startContainer(client: Client, launch: RuntimeLaunch): Promise<StartResult> {
  const { runtimeId } = launch;
  const before = beforeOf(launch);
  if (before === undefined) return failed('unknown', `nothing is remembered of container ${runtimeId}`);
  try {
    const view = await viewOf(client, runtimeId);
    if (view === undefined)
      return failed(
        'gone',
        `container ${runtimeId} is gone: somebody deleted it, so it cannot be brought back`,
      );
    const { container, task } = view;
    if (!isStill(view, before.incarnation))
      return failed(
        'other-incarnation',
        `container ${runtimeId} is ${incarnationOf(container)} now, made anew since ${before.incarnation} was stopped`,
      );
    const runs = doesRun(view);
    if (runs === undefined)
      return failed('engine', `container ${runtimeId}: containerd cannot tell whether it runs`);
    if (runs) return await started(client, container, before, 'runs already');
    // A start that broke off, or a stop that could not tidy up, leaves one.
    if (task !== undefined) await discard(client, container);
    return await startAnew(client, container, before);
  } catch (error) {
    return failed(
      codeOf(error),
      `container ${runtimeId}: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

async function startAnew(client: Client, container: Container, before: Before): Promise<StartResult> {
  const { namespace, id } = container;
  const name = runtimeIdOf(container);
  const rootfs = await rootOf(client, container);
  if (rootfs === undefined)
    return failed('rootfs-gone', `container ${name}: its snapshot ${container.snapshotKey} is gone`);
  const { stdin, stdout, stderr } = before;
  try {
    const request = { containerId: id, rootfs, stdin, stdout, stderr };
    await client.ask('createTask', namespace, request, { timeoutMs: maxCreateMs });
    await client.ask('startTask', namespace, { containerId: id }, { timeoutMs: maxCreateMs });
  } catch (error) {
    const left = await discard(client, container).then(
      () => '',
      (also: unknown) =>
        `; what is left of it cannot be deleted: ${also instanceof Error ? also.message : String(also)}`,
    );
    const why = error instanceof Error ? error.message : String(error);
    return failed(codeOf(error), `container ${name}: ${why}${left}`);
  }
  await sleep(startedAfterMs);
  const after = await viewOf(client, name);
  if (after === undefined) return failed('gone', `container ${name} was deleted as soon as it had started`);
  if (doesRun(after) !== false) return await started(client, after.container, before, 'started');
  const code = after.task?.exitStatus;
  if (after.task !== undefined) await discard(client, container);
  return failed(
    'ended-at-once',
    `container ${name} ended as soon as it had started${code === undefined ? '' : `, with code ${code}`}`,
  );
}

/** Undefined: its snapshot is gone. Without one, the root that its specification names is all there is. */
async function rootOf(client: Client, container: Container): Promise<readonly Mount[] | undefined> {
  const { namespace, snapshotter, snapshotKey: key } = container;
  if (key === '') return [];
  return (await client.find('mounts', namespace, { snapshotter, key }))?.mounts;
}

/** Takes a task away that does not run. None there is no error. */
export async function discard(client: Client, { namespace, id }: Container): Promise<void> {
  await client.find('deleteTask', namespace, { containerId: id });
}

async function started(
  client: Client,
  container: Container,
  before: Before,
  how: string,
): Promise<StartResult> {
  const unsettled = await persist(() => giveBack(client, container, before.restart));
  const message = [
    `${how} as container ${runtimeIdOf(container)}`,
    ...(unsettled === undefined ? [] : [unsettled]),
  ];
  return {
    kind: 'started',
    runtimeId: parseId('runtime id', runtimeIdOf(container)),
    incarnation: parseId('incarnation', incarnationOf(container)),
    message: message.join('; '),
  };
}

async function persist(work: () => Promise<string | undefined>): Promise<string | undefined> {
  let failed: string | undefined;
  for (let left = giveBackTries; left > 0; left--) {
    failed = await work().catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
    if (failed === undefined) return undefined;
  }
  return failed;
}

function codeOf(error: unknown): string {
  return error instanceof ContainerdError && error.kind === 'away' ? 'engine-away' : 'engine';
}

function failed(code: string, message: string): StartResult {
  return { kind: 'failed', code, message };
}
