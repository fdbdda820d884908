// Stops a container's task: its own stop signal to its first process, SIGKILL to everything when the grace is over, and then
// the task is taken away, so that it can be started again. containerd accepts a signal and answers before anything has come of
// it, so what counts is that the first process is gone and the engine says so.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { runtimeIdOf, type Container } from '../../scan/runtime/containerd/answers.ts';
import { ContainerdError, type Client } from '../../scan/runtime/containerd/client.ts';
import { isAlive, readStatSync, type ProcStat } from '../../scan/runtime/proc.ts';
import type { StopResult } from '../actor.ts';
import { discard } from './start.ts';
import { doesRun, isStill, viewOf } from './view.ts';

/** How long everything may take to be gone after SIGKILL: longer means that the kernel waits for a device. */
const maxKillWaitMs = 10_000;
const pollMs = 50;
/** Where the image says by what it ends. */
const signalLabel = 'io.containerd.image.config.stop-signal';

export interface Seen {
  readonly container: Container;
  readonly incarnation: string;
  /** Its first process. */
  readonly first: ProcStat;
}

/** Not async before the question is written: the check and the signal belong to the caller's turn. */
export function stopContainer(client: Client, seen: Seen, graceMs: number): Promise<StopResult> {
  const { container, first } = seen;
  // An id may be given again, and a first process never: while it lives, the container is the one that was looked at.
  if (isGone(first)) {
    const message = `container ${runtimeIdOf(container)} stopped or was made anew since it was looked at`;
    return Promise.resolve({ kind: 'refused', code: 'gone', message });
  }
  const began = performance.now();
  const asked = signal(client, container, signalOf(container.labels), false);
  return asked.then(
    (refused) => seeItThrough(client, seen, graceMs, began, refused),
    // What the engine says when it is away: what counts is what runs.
    (error: unknown) => seeItThrough(client, seen, graceMs, began, says(error)),
  );
}

/** Resolves with why it was not sent, or undefined. */
async function signal(
  client: Client,
  { namespace, id }: Container,
  number: number,
  all: boolean,
): Promise<string | undefined> {
  try {
    await client.ask('kill', namespace, { containerId: id, signal: number, all });
    return undefined;
  } catch (error) {
    // It ended in between.
    if (error instanceof ContainerdError && error.kind === 'gone') return undefined;
    return says(error);
  }
}

async function seeItThrough(
  client: Client,
  seen: Seen,
  graceMs: number,
  began: number,
  refused: string | undefined,
): Promise<StopResult> {
  const name = runtimeIdOf(seen.container);
  // A signal that was not sent needs no time to work, but the kernel has the last word.
  if (refused !== undefined && !(await ends(client, seen, pollMs)))
    return { kind: 'survived', message: `container ${name}: ${refused}; ${await stillThere(client, seen)}` };
  let how = '';
  if (!(await ends(client, seen, graceMs))) {
    // Whatever took its place meanwhile is not what was ordered.
    if (!isGone(seen.first))
      how = (await signal(client, seen.container, constants.signals.SIGKILL, true)) ?? '';
    if (!(await ends(client, seen, maxKillWaitMs))) {
      const why = how === '' ? 'containerd accepted to stop it' : how;
      return {
        kind: 'survived',
        message: `container ${name}: ${why}, and ${await stillThere(client, seen)}`,
      };
    }
    how = ' by SIGKILL';
  }
  const tookMs = Math.round(performance.now() - began);
  const left = await discard(client, seen.container).then(
    () => '',
    (error: unknown) => `; its task is left behind: ${says(error)}`,
  );
  return { kind: 'stopped', message: `container ${name} stopped${how} after ${tookMs} ms${left}` };
}

/** Whether it has ended within a time: by the engine and the kernel, or by the kernel where the engine does not answer. */
async function ends(
  client: Client,
  { container, incarnation, first }: Seen,
  withinMs: number,
): Promise<boolean> {
  const until = performance.now() + withinMs;
  for (;;) {
    if (isGone(first)) {
      const view = await viewOf(client, runtimeIdOf(container)).catch(() => 'away' as const);
      if (view === 'away' || view === undefined) return true;
      // A container in its place is another one, and none of this stop's business.
      if (doesRun(view) !== true || !isStill(view, incarnation)) return true;
      // The same container with another first process: somebody started it again.
      if (view.task !== undefined && view.task.pid !== first.pid) return false;
    }
    if (performance.now() >= until) return false;
    await sleep(pollMs);
  }
}

async function stillThere(client: Client, { container, first }: Seen): Promise<string> {
  if (!isGone(first)) return `it still runs (process ${first.pid})`;
  const view = await viewOf(client, runtimeIdOf(container)).catch(() => undefined);
  const pid = view?.task?.pid;
  return pid === undefined ? 'whether it still runs cannot be told' : `it was started again (process ${pid})`;
}

function isGone(first: ProcStat): boolean {
  const now = readStatSync(first.pid);
  return !isAlive(now) || now.startTicks !== first.startTicks;
}

/** SIGTERM, unless its image names another signal of this kernel. */
export function signalOf(labels: Readonly<Record<string, string>>): number {
  const wanted = labels[signalLabel] ?? '';
  const names = constants.signals as Readonly<Record<string, number>>;
  const named = names[wanted.startsWith('SIG') ? wanted : `SIG${wanted}`];
  const number = named ?? (/^\d{1,2}$/.test(wanted) ? Number(wanted) : 0);
  return number > 0 && number <= 64 ? number : constants.signals.SIGTERM;
}

function says(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
