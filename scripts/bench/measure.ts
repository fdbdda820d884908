// Measures, in a process of its own (node --expose-gc), and prints one line of JSON: see main.ts for what it means.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { HostId, ProjectId, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Claim, Tombstone } from '../../coordinator/src/domain/witness.ts';
import { round, type Said, type Timed } from './round.ts';
import { hasTombstone, isUnclaimed, servosPerHost, World } from './world.ts';

/** Resolution of the probe that looks for blocked moments, in milliseconds. */
const probeMs = 1;

export interface Measured {
  readonly servos: number;
  readonly hosts: number;
  /** Per servo that is taken in: digest, columns, what is carried. */
  readonly takeInMs: number;
  readonly antiJoinMs: number;
  readonly antiJoinFound: number;
  readonly full: Timed;
  readonly unchanged: Timed;
  readonly changed: Timed;
  readonly changedServos: number;
  readonly bytesPerServo: number;
  /** Longest that the event loop was blocked, by part. */
  readonly blockedMs: { readonly takeIn: number; readonly full: number; readonly changed: number };
}

async function measure(servos: number): Promise<Measured> {
  const world = new World(servos);
  const antiJoin = antiJoinOf(world);
  collect();
  const before = held();
  const fleet = world.fleet();
  const takeIn = await probed(async () => {
    const begun = performance.now();
    for (let h = 0; h < world.hosts.length; h++) {
      world.connect(fleet, h);
      world.report(fleet, h);
      if (h % 16 === 0) await turn();
    }
    return performance.now() - begun;
  });
  let said: Said | undefined = whatIsSaid(world, 0);
  const full = await probed(() => round(world, fleet, must(said)));
  said = undefined;
  collect();
  const bytesPerServo = (held() - before) / servos;
  said = whatIsSaid(world, 0);
  const unchanged = await probed(() => round(world, fleet, must(said)));
  // One servo in a thousand: half of them lose their claims, half are replaced by others, which are claimed.
  const changedHosts = servos / 2000;
  for (let h = 0; h < changedHosts; h++) world.report(fleet, h, 1);
  said = whatIsSaid(world, changedHosts);
  const changed = await probed(() => round(world, fleet, must(said)));
  return {
    servos,
    hosts: world.hosts.length,
    takeInMs: takeIn.result,
    ...antiJoin,
    full: full.result,
    unchanged: unchanged.result,
    changed: changed.result,
    changedServos: changedHosts * 2,
    bytesPerServo,
    blockedMs: { takeIn: takeIn.blockedMs, full: full.blockedMs, changed: changed.blockedMs },
  };
}

/** The bare job, as one would write it in an afternoon: a Set of ids per witness, and each servo looked up in both. */
function antiJoinOf(world: World): Pick<Measured, 'antiJoinMs' | 'antiJoinFound'> {
  const first = world.claimedUids();
  const second = world.claimedUids();
  const there = Array.from({ length: world.servos }, (_, i) => world.uid(i));
  collect();
  const begun = performance.now();
  const inFirst = new Set(first);
  const inSecond = new Set(second);
  const unclaimed: ServoUid[] = [];
  for (const uid of there) if (!inFirst.has(uid) && !inSecond.has(uid)) unclaimed.push(uid);
  return { antiJoinMs: performance.now() - begun, antiJoinFound: unclaimed.length };
}

/** @param changedHosts of the first so many hosts, one servo was replaced by another; of the next so many, one was released. */
function whatIsSaid(world: World, changedHosts: number): Said {
  const claims: Claim[] = [];
  const tombstones: Tombstone[] = [];
  for (let i = 0; i < world.servos; i++) {
    const servo = (i * 7919) % world.servos;
    const h = Math.floor(servo / servosPerHost);
    const isLast = servo % servosPerHost === servosPerHost - 1;
    const host = world.hosts[h] as HostId;
    const project = world.projects[servo >> 2] as ProjectId;
    const uid = world.uid(servo);
    const isReleased = isLast && h >= changedHosts && h < 2 * changedHosts;
    if (isUnclaimed(servo) || isReleased) {
      if (hasTombstone(servo) || isReleased) tombstones.push({ uid, host, project, projectReleased: true });
    } else if (isLast && h < changedHosts)
      claims.push({ uid: `new-${uid.slice(4)}` as ServoUid, host, project });
    else claims.push({ uid, host, project });
  }
  return { claims, tombstones };
}

async function probed<T>(
  work: () => Promise<T>,
): Promise<{ readonly result: T; readonly blockedMs: number }> {
  collect();
  await turn();
  const delay = monitorEventLoopDelay({ resolution: probeMs });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 20 * probeMs));
  delay.reset();
  const result = await work();
  await new Promise((resolve) => setTimeout(resolve, 20 * probeMs));
  delay.disable();
  return { result, blockedMs: delay.max / 1e6 - probeMs };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function collect(): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('start with node --expose-gc');
  for (let i = 0; i < 3; i++) gc();
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function must(said: Said | undefined): Said {
  if (said === undefined) throw new Error('nothing is said');
  return said;
}

process.stdout.write(`${JSON.stringify(await measure(Number(process.argv[2] ?? 1_000_000)))}\n`);
