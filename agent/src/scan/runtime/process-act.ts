// What is done to a plain process: look at it afresh, and stop it. (Starting: process-start.ts; whether a stop would keep it
// whole: process-keepable.ts.)
//
// A stop is a signal to a process group. Immediately before each signal, in the same turn of the event loop, boot, pid and
// start time are read again. What remains is the time between that read and the signal, some microseconds, in which the
// leader would have to end, be waited for, and its number be given to a new group leader: the kernel hands numbers out in
// turn, so all others would have to be used up in between. That race is not closed; it is this small.
import { setTimeout as sleep } from 'node:timers/promises';
import type { BootId, Incarnation, RuntimeId } from '@servo-auditor/proto/ids.ts';
import { readBootId } from '@servo-auditor/proto/clock.ts';
import { inBatches } from '../batches.ts';
import { readCgroup, unitIn, type Unit } from './cgroup.ts';
import { codeOf, isAlive, listPids, readStatSync, type ProcStat } from './proc.ts';
import { processIncarnation, processRuntimeId } from './process-id.ts';

export { start, type Started } from './process-start.ts';
export { keepable, type Keepable, type KeepOptions } from './process-keepable.ts';

/** One process, as it was when it was last looked at. */
export interface ProcessFacts {
  readonly pid: number;
  readonly bootId: BootId;
  readonly startTicks: number;
  readonly runtimeId: RuntimeId;
  readonly incarnation: Incarnation;
  readonly state: string;
  readonly ppid: number;
  readonly pgid: number;
  readonly session: number;
  /** systemd's unit around it, if any. */
  readonly unit: Unit | undefined;
  /** Living processes that came from it, or share its session, outside its group: a signal to the group misses them. */
  readonly outside: readonly number[];
}

/** What became of a stop. `refused`: no signal was sent. `survived`: both were, and processes are still there. */
export type Stopped =
  | { readonly kind: 'stopped'; readonly signal: 'SIGTERM' | 'SIGKILL'; readonly tookMs: number }
  | { readonly kind: 'refused'; readonly code: StopRefusal; readonly message: string }
  | { readonly kind: 'survived'; readonly pids: readonly number[]; readonly message: string };

export type StopRefusal =
  'gone' | 'other-incarnation' | 'other-boot' | 'not-leader' | 'own-group' | 'not-permitted';

/** How long processes may take to go after SIGKILL: longer means that the kernel waits for a device. */
export const maxKillWaitMs = 10_000;
/** Between two looks at a group that is ending: from, and at most. */
const firstPollMs = 10;
const maxPollMs = 200;
/** These reads have their own end. */
const unhurried = new AbortController().signal;

/** The process now, or undefined when it is gone. Throws when the kernel will not say. */
export async function inspect(pid: number): Promise<ProcessFacts | undefined> {
  const stat = readStatSync(pid);
  if (!isAlive(stat)) return undefined;
  const cgroup = await readCgroup(pid);
  const others = await readAll(listPids());
  const after = readStatSync(pid);
  if (cgroup === undefined || !isAlive(after) || after.startTicks !== stat.startTicks) return undefined;
  const bootId = readBootId();
  return {
    pid,
    bootId,
    startTicks: stat.startTicks,
    runtimeId: processRuntimeId(pid, stat.startTicks),
    incarnation: processIncarnation(bootId, pid, stat.startTicks),
    state: after.state,
    ppid: after.ppid,
    pgid: after.pgid,
    session: after.session,
    unit: unitIn(cgroup),
    outside: outsideOf(after, others),
  };
}

/**
 * SIGTERM to the group of the process, then SIGKILL when some of it is left after `graceMs` milliseconds. Resolves when
 * every process of the group is gone, at most `graceMs + maxKillWaitMs` later.
 * The reads and the first signal happen within the call, before it returns its promise: what the caller checked just before
 * it was checked just before the signal.
 * @param facts from a fresh `inspect`; its pid must lead the group.
 */
export async function stop(facts: ProcessFacts, graceMs: number): Promise<Stopped> {
  const began = performance.now();
  const refusal = signalChecked(facts, 'SIGTERM');
  if (refusal !== undefined) return refusal;
  if ((await waitGone(facts, graceMs)).length === 0) return done('SIGTERM', began);
  const late = signalChecked(facts, 'SIGKILL');
  // The leader may be gone while others of its group are not: as long as one is left, its number is not given away.
  if (late?.kind === 'refused' && late.code === 'gone') killRest(facts);
  else if (late !== undefined)
    return late.code === 'other-incarnation' ? done('SIGTERM', began) : survived(facts, late.message);
  const left = await waitGone(facts, maxKillWaitMs);
  return left.length === 0
    ? done('SIGKILL', began)
    : survived(facts, `still there ${maxKillWaitMs} ms after SIGKILL`, left);
}

function done(signal: 'SIGTERM' | 'SIGKILL', began: number): Stopped {
  return { kind: 'stopped', signal, tookMs: Math.round(performance.now() - began) };
}

function survived(facts: ProcessFacts, why: string, left: readonly ProcStat[] = []): Stopped {
  const pids = left.map((s) => s.pid);
  return {
    kind: 'survived',
    pids,
    message: `process group ${facts.pgid}: ${why}${pids.length > 0 ? ` (${pids.join(', ')})` : ''}`,
  };
}

/** Nothing may stand between the reads and the signal: no await, no other file. */
function signalChecked(
  facts: ProcessFacts,
  signal: 'SIGTERM' | 'SIGKILL',
): (Stopped & { kind: 'refused' }) | undefined {
  const self = readStatSync(process.pid);
  if (readBootId() !== facts.bootId)
    return refused('other-boot', `the host has booted since ${facts.incarnation} was seen`);
  const stat = readStatSync(facts.pid);
  if (!isAlive(stat)) return refused('gone', `process ${facts.pid} is gone`);
  if (stat.startTicks !== facts.startTicks) {
    return refused(
      'other-incarnation',
      `process ${facts.pid} started at tick ${stat.startTicks}, not ${facts.startTicks}`,
    );
  }
  if (stat.pgid !== facts.pid) {
    return refused(
      'not-leader',
      `process ${facts.pid} belongs to group ${stat.pgid}, which a signal would reach too`,
    );
  }
  if (stat.pgid <= 1 || stat.pgid === self?.pgid)
    return refused('own-group', `group ${stat.pgid} holds the agent itself`);
  return send(stat.pgid, signal);
}

function send(pgid: number, signal: 'SIGTERM' | 'SIGKILL'): (Stopped & { kind: 'refused' }) | undefined {
  try {
    process.kill(-pgid, signal);
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ESRCH') return refused('gone', `process group ${pgid} is gone`);
    if (codeOf(error) === 'EPERM')
      return refused('not-permitted', `this agent's user may not signal process group ${pgid}`);
    throw new Error(`cannot send ${signal} to process group ${pgid}`, { cause: error });
  }
}

/** The same session, at least: a group that took the number over would have a session of its own, or another's. */
function killRest(facts: ProcessFacts): void {
  const rest = listPids()
    .map((pid) => readStatSync(pid))
    .filter((s) => inGroup(s, facts));
  if (rest.length > 0) send(facts.pgid, 'SIGKILL');
}

function refused(code: StopRefusal, message: string): Stopped & { kind: 'refused' } {
  return { kind: 'refused', code, message };
}

/** Waits until nothing of the group is left, or the time is over. Resolves with what is left. */
async function waitGone(facts: ProcessFacts, forMs: number): Promise<readonly ProcStat[]> {
  const until = performance.now() + forMs;
  let left = await membersOf(facts, listPids());
  for (
    let pollMs = firstPollMs;
    left.length > 0 && performance.now() < until;
    pollMs = Math.min(2 * pollMs, maxPollMs)
  ) {
    await sleep(Math.min(pollMs, Math.max(1, until - performance.now())));
    left = await membersOf(
      facts,
      left.map((s) => s.pid),
    );
    // Whoever was known is gone: somebody may have been forked meanwhile.
    if (left.length === 0) left = await membersOf(facts, listPids());
  }
  return left;
}

async function membersOf(facts: ProcessFacts, pids: readonly number[]): Promise<readonly ProcStat[]> {
  return (await readAll(pids)).filter((s) => inGroup(s, facts));
}

function inGroup(stat: ProcStat | undefined, facts: ProcessFacts): stat is ProcStat {
  if (!isAlive(stat) || stat.pgid !== facts.pgid || stat.session !== facts.session) return false;
  return stat.pid !== facts.pid || stat.startTicks === facts.startTicks;
}

async function readAll(pids: readonly number[]): Promise<readonly ProcStat[]> {
  return (await inBatches(pids, unhurried, (pid) => Promise.resolve(readStatSync(pid)))).filter(isAlive);
}

function outsideOf(leader: ProcStat, all: readonly ProcStat[]): readonly number[] {
  const family = new Set([leader.pid]);
  // A child may stand before its parent in the list, so this repeats until nobody is added.
  for (let before = 0; before !== family.size;) {
    before = family.size;
    for (const s of all) if (family.has(s.ppid) || s.session === leader.pid) family.add(s.pid);
  }
  return all.filter((s) => family.has(s.pid) && s.pgid !== leader.pgid).map((s) => s.pid);
}
