// What is done to LXC guests: by LXC's own tools, and by the block that keeps a quarantined guest's autostart off. What LXC
// accepted is looked at afterwards: a guest counts as stopped when LXC says so and its first process is gone.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Incarnation } from '@servo-auditor/proto/ids.ts';
import { groupOf, pidsOf } from '../../scan/runtime/cgroup-use.ts';
import { isPayloadOf } from '../../scan/runtime/lxc/lxc.ts';
import { readGuest, type Guest } from '../../scan/runtime/lxc/guest.ts';
import { lxcKeepable, type LxcKeepOptions } from '../../scan/runtime/lxc/keepable.ts';
import { addBlock, hasBlock, removeBlock } from '../../scan/runtime/lxc/kept.ts';
import {
  lastLine,
  parseList,
  runTool,
  standingOf,
  type GuestStanding,
  type LxcHost,
  type ToolRun,
} from '../../scan/runtime/lxc/tools.ts';
import { hasOwnNetwork } from '../../scan/runtime/network.ts';
import type { RuntimeObject } from '../../scan/runtime/port.ts';
import { isAlive, readStatSync, type ProcStat } from '../../scan/runtime/proc.ts';
import type { RuntimeLaunch } from '../../scan/scan.ts';
import type { Actor, Conflict, Listen, StopResult, Target } from '../actor.ts';
import { heldAddresses, ownAddresses, type Neighbour } from '../holders.ts';
import { conflictsOf, listensOf } from '../listen.ts';
import { startGuest } from './start.ts';

export interface LxcActorOptions extends LxcHost, LxcKeepOptions {
  readonly stopGraceMs: number;
}

/** How long a guest may take to be gone after lxc-stop killed it: longer means that the kernel waits for a device. */
const maxKillWaitMs = 10_000;
const pollMs = 50;

export function lxcActor(options: LxcActorOptions): Actor {
  return {
    stopGraceMs: options.stopGraceMs,
    look: (object) => look(object, options),
    async runs(name, incarnation) {
      const standing = await standingOf(options, name);
      if (standing === undefined || ('state' in standing && standing.state === 'STOPPED')) return false;
      const read = readGuest(options.lxcpath, name);
      if ('kind' in standing || read.kind === 'fault') return undefined;
      return read.kind === 'guest' && read.guest.incarnation === incarnation;
    },
    async start(launch) {
      if (!('by' in launch))
        return { kind: 'failed', code: 'other-runtime', message: 'what is kept is no LXC guest' };
      return await startGuest(launch, incarnationIn(launch), options);
    },
    settle: (launch, state) =>
      'by' in launch ? settle(launch, state, options) : Promise.resolve('what is kept is no LXC guest'),
    async conflicts({ launch, listens }) {
      const addresses = 'by' in launch ? addressesIn(launch) : [];
      const held = await heldAddresses(addresses, addresses.length === 0 ? [] : await neighbours(options));
      return [...held, ...(await conflictsOf(listens))] satisfies readonly Conflict[];
    },
  };
}

async function look(object: RuntimeObject, options: LxcActorOptions): Promise<Target | undefined> {
  const read = readGuest(options.lxcpath, object.runtimeId);
  if (read.kind === 'gone') return undefined;
  if (read.kind === 'fault') return unfit(read.code, read.message);
  const { guest } = read;
  const standing = await standingOf(options, guest.name);
  if (standing === undefined || guest.incarnation !== object.incarnation) return undefined;
  if ('kind' in standing) return unfit(standing.code, standing.message);
  if (standing.state === 'STOPPED') return undefined;
  const first = standing.pid === undefined ? undefined : readStatSync(standing.pid);
  if (!isAlive(first)) return undefined;
  return {
    keepable: await lxcKeepable(guest, standing, object.entangledWith, options),
    listens: await listensIn(guest, first.pid),
    launch: await launchOf(object, guest, first.pid),
    stop: () => stopGuest(guest, first, options),
  };
}

/** Something that cannot be stopped safely now, with why. */
function unfit(code: string, message: string): Target {
  const stop = (): Promise<StopResult> => Promise.resolve({ kind: 'refused', code, message });
  return { keepable: { keepable: false, code, message }, listens: [], stop };
}

/** On the host's own network only: elsewhere its addresses are its own. */
async function listensIn(guest: Guest, pid: number): Promise<readonly Listen[]> {
  if ((await hasOwnNetwork(pid)) === true) return [];
  const group = await groupOf(pid, isPayloadOf(guest));
  return await listensOf((group === undefined ? undefined : await pidsOf(group)) ?? [pid]);
}

/** What the journal keeps: the setting before it is taken away, and what must be free and the same for a start. */
async function launchOf(
  { runtimeId }: RuntimeObject,
  { config, incarnation }: Guest,
  pid: number,
): Promise<RuntimeLaunch> {
  return {
    by: 'runtime',
    runtimeId,
    before: {
      incarnation,
      autostart: config.get('lxc.start.auto') ?? '0',
      groups: config.all('lxc.group'),
      addresses: await ownAddresses(pid),
    },
  };
}

function incarnationIn({ before }: RuntimeLaunch): Incarnation | undefined {
  return typeof before['incarnation'] === 'string' ? (before['incarnation'] as Incarnation) : undefined;
}

function addressesIn({ before }: RuntimeLaunch): readonly string[] {
  const { addresses } = before;
  return Array.isArray(addresses) ? addresses.filter((a) => typeof a === 'string') : [];
}

/** Not async before the tool is started: the check and its start belong to the caller's turn. */
function stopGuest(guest: Guest, first: ProcStat, options: LxcActorOptions): Promise<StopResult> {
  const now = readGuest(options.lxcpath, guest.name);
  if (now.kind !== 'guest' || now.guest.incarnation !== guest.incarnation) {
    const message = `guest ${guest.name} is another one now, or gone`;
    return Promise.resolve({ kind: 'refused', code: 'other-incarnation', message });
  }
  const stat = readStatSync(first.pid);
  if (!isAlive(stat) || stat.startTicks !== first.startTicks) {
    const message = `guest ${guest.name} stopped or was started again since it was looked at`;
    return Promise.resolve({ kind: 'refused', code: 'gone', message });
  }
  const began = performance.now();
  const graceS = Math.max(1, Math.ceil(options.stopGraceMs / 1000));
  const stopping = runTool(options, 'lxc-stop', ['-n', guest.name, '-t', String(graceS)], {
    ms: graceS * 1000 + maxKillWaitMs,
  });
  return stopping.then((ran) => whetherGone(guest, first, ran, began, options));
}

async function whetherGone(
  guest: Guest,
  first: ProcStat,
  ran: ToolRun,
  began: number,
  options: LxcActorOptions,
): Promise<StopResult> {
  // A tool that failed has not asked for anything that would still take time.
  const until = performance.now() + (ran.kind === 'ran' && ran.code === 0 ? maxKillWaitMs : 0);
  for (;;) {
    const standing = await standingOf(options, guest.name);
    const stopped = standing === undefined || ('state' in standing && standing.state === 'STOPPED');
    const stat = readStatSync(first.pid);
    const gone = !isAlive(stat) || stat.startTicks !== first.startTicks;
    if (stopped && gone)
      return {
        kind: 'stopped',
        message: `stopped by lxc-stop after ${Math.round(performance.now() - began)} ms`,
      };
    if (performance.now() >= until)
      return { kind: 'survived', message: survival(guest, standing, gone, ran) };
    await sleep(pollMs);
  }
}

function survival(
  { name }: Guest,
  standing: Awaited<ReturnType<typeof standingOf>>,
  gone: boolean,
  ran: ToolRun,
): string {
  const state = standing === undefined ? 'gone' : 'kind' in standing ? standing.message : standing.state;
  const said = ran.kind === 'failed' ? ran.message : lastLine(ran.err);
  const first = gone ? 'its first process is gone' : 'its first process runs';
  return `lxc-stop of guest ${name} (${said}) did not stop it: ${state}; ${first}`;
}

/** See `Actor.settle`. */
async function settle(
  launch: RuntimeLaunch,
  state: 'kept' | 'running',
  options: LxcHost,
): Promise<string | undefined> {
  const read = readGuest(options.lxcpath, launch.runtimeId);
  // Destroyed, or made anew: no longer what was stopped, and nothing of it is changed.
  if (read.kind === 'gone') return undefined;
  if (read.kind === 'fault' && read.code !== 'rootfs-gone')
    return `guest ${launch.runtimeId} cannot be read, so its autostart is as it was: ${read.message}`;
  const path = `${options.lxcpath}/${launch.runtimeId}`;
  if (read.kind === 'guest' && read.guest.incarnation !== incarnationIn(launch)) return undefined;
  try {
    if (state === 'kept') addBlock(path);
    else if (read.kind === 'fault' || !hasBlock(read.guest.text) || (await doesRun(launch, options)))
      removeBlock(path);
    return undefined;
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    const what =
      state === 'kept' ? 'its autostart cannot be taken away' : 'its autostart cannot be given back';
    return `guest ${launch.runtimeId}: ${what}: ${says}; let this agent write ${path}`;
  }
}

async function doesRun({ runtimeId }: RuntimeLaunch, options: LxcHost): Promise<boolean> {
  const standing = await standingOf(options, runtimeId);
  return standing !== undefined && (!('state' in standing) || standing.state !== 'STOPPED');
}

async function neighbours(options: LxcHost): Promise<readonly Neighbour[]> {
  const ran = await runTool(options, 'lxc-ls', ['-f', '-F', 'NAME,STATE,PID']);
  // Whether an address is free cannot be told then, and the start shows that LXC does not answer.
  if (ran.kind === 'failed' || ran.code !== 0) return [];
  const all: readonly (readonly [string, GuestStanding])[] = [...parseList(ran.out)];
  return all.flatMap(([name, { pid }]) => (pid === undefined ? [] : [{ name: `guest ${name}`, pid }]));
}
