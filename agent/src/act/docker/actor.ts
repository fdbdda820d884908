// The actor of containers behind the Docker Engine API. Everything is asked by the container's id, which the engine never
// gives again: what is stopped is what was looked at, or nothing. The engine may accept and not do, so each act is looked at
// afterwards, and what it says is what goes into the receipt.
import { setTimeout as sleep } from 'node:timers/promises';
import { parseId, type RuntimeId } from '@servo-auditor/proto/ids.ts';
import { groupOf, pidsOf } from '../../scan/runtime/cgroup-use.ts';
import {
  isContainerId,
  readList,
  type FixedAddress,
  type Inspected,
  type Policy,
  type Published,
} from '../../scan/runtime/docker/answers.ts';
import { EngineError, openClient, type Client } from '../../scan/runtime/docker/client.ts';
import { isAlive, readStatSync } from '../../scan/runtime/proc.ts';
import type { Launch, RuntimeLaunch } from '../../scan/scan.ts';
import type { KeepRules } from '../container-keep.ts';
import type { Actor, Conflict, Listen, StartResult, StopResult, Target } from '../actor.ts';
import { conflictsOf, listensOf } from '../listen.ts';
import { addressesOf, heldByContainers, listensOn } from './addresses.ts';
import { keepableContainer } from './keepable.ts';
import { canBeKept, giveBack, inspect, takeAway } from './policy.ts';

export interface DockerActorOptions extends KeepRules {
  readonly socket: string;
  /** Longest wait for one answer of the engine, in milliseconds. */
  readonly answerMs: number;
  readonly stopGraceMs: number;
}

/** How long a kill, and the engine's own tidying after it, may take beyond the grace, in milliseconds. */
const maxKillMs = 10_000;
/** How long a start may take: volumes and networks are made ready in it. */
const maxStartMs = 60_000;
/** How long a container that the engine calls stopped may still be seen, in milliseconds. */
const maxLingerMs = 5000;
/** A container that runs this long after its start has started, in milliseconds. */
const startedAfterMs = 300;
const pollMs = 100;
/** Tries to give a restart policy back after a start, which is told only once it has it again. */
const giveBackTries = 3;

/** What is remembered of a container, in the journal. */
interface Before {
  readonly policy: Policy;
  readonly published: readonly Published[];
  readonly fixed: readonly FixedAddress[];
}

export function dockerActor(options: DockerActorOptions): Actor {
  const { stopGraceMs } = options;
  const client = openClient(options.socket, options.answerMs);
  return {
    stopGraceMs,
    async look(object) {
      try {
        const seen = await inspect(client, object.runtimeId);
        if (seen?.running !== true) return undefined;
        return await targetOf(seen, object.entangledWith, client, options);
      } catch (error) {
        return unseen(error);
      }
    },
    runs: (runtimeId) => runsNow(client, runtimeId),
    start: (launch) => startIt(client, launch),
    async settle(launch, state) {
      if (!('by' in launch)) return undefined;
      const { policy } = beforeOf(launch);
      return state === 'kept'
        ? await takeAway(client, launch.runtimeId)
        : await giveBack(client, launch.runtimeId, policy);
    },
    conflicts: ({ launch, listens }) => conflicts(client, launch, listens),
  };
}

async function targetOf(
  seen: Inspected,
  entangledWith: readonly string[],
  client: Client,
  options: DockerActorOptions,
): Promise<Target> {
  const keepable = keepableContainer(seen, entangledWith, options);
  const stays = !keepable.keepable || (await canBeKept(client, seen));
  const addresses = addressesOf(seen);
  const before: Before = { policy: seen.policy, ...addresses };
  return {
    keepable: stays
      ? keepable
      : {
          keepable: false,
          code: 'restart-policy',
          message: `container ${seen.name} has the restart policy always, which this engine does not change: it would start it again at the next boot`,
        },
    listens: [...listensOn(addresses.published), ...(await hostListens(seen))],
    launch: { by: 'runtime', runtimeId: parseId('runtime id', seen.id), before: { ...before } },
    stop: () => stopIt(client, seen, options.stopGraceMs),
  };
}

/** What it listens on by itself, where it lives on the host's network. */
async function hostListens({ hostNetwork, pid, id }: Inspected): Promise<readonly Listen[]> {
  const group = hostNetwork ? await groupOf(pid, (part) => part.includes(id)) : undefined;
  return group === undefined ? [] : await listensOf((await pidsOf(group)) ?? []);
}

/** Nothing can be told, so nothing may be stopped. */
function unseen(error: unknown): Target {
  const message = error instanceof Error ? error.message : String(error);
  return {
    keepable: { keepable: false, code: 'engine', message },
    listens: [],
    stop: () => Promise.resolve({ kind: 'refused', code: 'engine', message }),
  };
}

async function runsNow(client: Client, runtimeId: RuntimeId): Promise<boolean | undefined> {
  try {
    return (await inspect(client, runtimeId))?.running ?? false;
  } catch {
    return undefined;
  }
}

async function stopIt(client: Client, seen: Inspected, graceMs: number): Promise<StopResult> {
  const began = performance.now();
  const path = `/containers/${seen.id}/stop?t=${Math.ceil(graceMs / 1000)}`;
  const timeoutMs = graceMs + maxKillMs;
  // Nothing stands between the caller's check and this question but the turn that it takes to write it.
  const asked = await client
    .ask('POST', path, { timeoutMs, also: [304, 404] })
    .catch((error: unknown) => error);
  if (asked instanceof Error) return await afterFailure(client, seen, asked);
  const { status } = asked as { readonly status: number };
  if (status === 404) return { kind: 'refused', code: 'gone', message: `container ${seen.name} is gone` };
  if (status === 304) return { kind: 'refused', code: 'gone', message: `container ${seen.name} had ended` };
  const still = await whatStillRuns(client, seen);
  const tookMs = Math.round(performance.now() - began);
  return still === undefined
    ? { kind: 'stopped', message: `container ${seen.name} stopped after ${tookMs} ms` }
    : { kind: 'survived', message: `the engine accepted to stop container ${seen.name}, and ${still}` };
}

/** The engine said no, or nothing: what counts is what runs. */
async function afterFailure(client: Client, seen: Inspected, error: Error): Promise<StopResult> {
  const still = await whatStillRuns(client, seen);
  if (still === undefined)
    return { kind: 'stopped', message: `container ${seen.name} stopped, though ${error.message}` };
  return { kind: 'survived', message: `container ${seen.name}: ${error.message}; ${still}` };
}

/** Undefined once nothing of it runs, by the engine or, where that does not answer, by the kernel. */
async function whatStillRuns(client: Client, { id, pid }: Inspected): Promise<string | undefined> {
  const until = performance.now() + maxLingerMs;
  const first = pid > 0 ? readStatSync(pid) : undefined;
  for (;;) {
    const runs = await runsNow(client, parseId('runtime id', id));
    const now = pid > 0 ? readStatSync(pid) : undefined;
    const process = isAlive(now) && now.startTicks === first?.startTicks;
    if (runs === false && !process) return undefined;
    // Without the engine's word, the kernel's counts, where it was seen to run before.
    if (runs === undefined && first !== undefined && !process) return undefined;
    if (performance.now() > until)
      return runs === undefined ? 'whether it still runs cannot be told' : `it still runs (process ${pid})`;
    await sleep(pollMs);
  }
}

async function startIt(client: Client, launch: Launch): Promise<StartResult> {
  if (!('by' in launch) || !isContainerId(launch.runtimeId))
    return { kind: 'failed', code: 'other-runtime', message: 'what is kept is no container' };
  const id = launch.runtimeId;
  const name = id.slice(0, 12);
  try {
    const { status } = await client.ask('POST', `/containers/${id}/start`, {
      timeoutMs: maxStartMs,
      also: [304, 404],
    });
    const gone = `container ${name} is gone: somebody deleted it, so it cannot be brought back`;
    if (status === 404) return { kind: 'failed', code: 'gone', message: gone };
    await sleep(startedAfterMs);
    const seen = await inspect(client, id);
    if (seen === undefined) return { kind: 'failed', code: 'gone', message: gone };
    if (!seen.running) {
      const why = seen.error === '' ? '' : `: ${seen.error}`;
      const message = `container ${seen.name} ended as soon as it had started, with code ${seen.exitCode}${why}`;
      return { kind: 'failed', code: 'ended-at-once', message };
    }
    const unsettled = await persist(() => giveBack(client, id, beforeOf(launch).policy));
    const runtimeId = parseId('runtime id', id);
    const message = [`started as container ${seen.name}`, ...(unsettled === undefined ? [] : [unsettled])];
    return {
      kind: 'started',
      runtimeId,
      incarnation: parseId('incarnation', id),
      message: message.join('; '),
    };
  } catch (error) {
    const code = error instanceof EngineError && error.status === 0 ? 'engine-away' : 'engine';
    const message = error instanceof Error ? error.message : String(error);
    return { kind: 'failed', code, message: `container ${name}: ${message}` };
  }
}

async function persist(work: () => Promise<string | undefined>): Promise<string | undefined> {
  let failed = await work();
  for (let left = giveBackTries; failed !== undefined && left > 1; left--) failed = await work();
  return failed;
}

async function conflicts(
  client: Client,
  launch: Launch,
  listens: readonly Listen[],
): Promise<readonly Conflict[]> {
  const inEngine = await heldInEngine(client, launch);
  // A port that a container has, a process of the engine's may hold for it: one of both is enough.
  const named = new Set(inEngine.map(({ address }) => /port (\d+)$/.exec(address)?.[1]));
  const rest = listens.filter(({ port }) => !named.has(String(port)));
  return [...inEngine, ...(await conflictsOf(rest))];
}

/** Where the engine does not answer nothing is known; the start itself then says so. */
async function heldInEngine(client: Client, launch: Launch): Promise<readonly Conflict[]> {
  if (!('by' in launch)) return [];
  try {
    const { value } = await client.ask('GET', '/containers/json?all=1');
    const others = readList(value).rows.filter((row) => row.id !== launch.runtimeId);
    return heldByContainers(beforeOf(launch), others);
  } catch {
    return [];
  }
}

/** What this actor wrote into the journal; of a launch that only a scan made, nothing is known. */
function beforeOf({ before }: RuntimeLaunch): Before {
  const nothing: Before = { policy: { name: 'no', retries: 0 }, published: [], fixed: [] };
  return { ...nothing, ...(before as Partial<Before>) };
}
