// Measures, in a process of its own (node --expose-gc), and prints one line of JSON: see main.ts for what it means.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Fleet } from '../../coordinator/src/fold/fleet.ts';
import { round, type Timed } from './round.ts';
import { World } from './world.ts';

/** Resolution of the probe that looks for blocked moments, in milliseconds. */
const probeMs = 1;

/** Rounds of each later kind; the first one of them lets releases ripen. */
const rounds = 3;

export interface Measured {
  readonly servos: number;
  readonly hosts: number;
  /** All inventories taken in: digests, columns, what is carried. */
  readonly takeInMs: number;
  readonly antiJoinMs: number;
  readonly antiJoinFound: number;
  readonly full: Timed;
  readonly unchanged: readonly Timed[];
  readonly changed: readonly Timed[];
  readonly changedServos: number;
  readonly bytesPerServo: number;
  /** Longest that the event loop was blocked, by part. */
  readonly blockedMs: { readonly takeIn: number; readonly full: number; readonly later: number };
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
  const full = await roundWith(world, fleet, 0);
  collect();
  const bytesPerServo = (held() - before) / servos;
  const later: { result: Timed; blockedMs: number }[] = [];
  for (let i = 0; i < rounds; i++) later.push(await roundWith(world, fleet, 0));
  for (let i = 0; i < rounds; i++) {
    for (let h = 0; h < world.hosts.length; h++)
      if (world.isReplaced(h, i + 1) && !world.isReplaced(h, i)) world.report(fleet, h, 1);
    later.push(await roundWith(world, fleet, i + 1));
  }
  return {
    servos,
    hosts: world.hosts.length,
    takeInMs: takeIn.result,
    ...antiJoin,
    full: full.result,
    unchanged: later.slice(0, rounds).map((r) => r.result),
    changed: later.slice(rounds).map((r) => r.result),
    changedServos: world.changedPerStep,
    bytesPerServo,
    blockedMs: {
      takeIn: takeIn.blockedMs,
      full: full.blockedMs,
      later: Math.max(...later.map((r) => r.blockedMs)),
    },
  };
}

/** What is said is made before the clock runs, and is nobody's when it has stopped: it belongs to whoever reads it. */
async function roundWith(world: World, fleet: Fleet, step: number) {
  const said = world.said(step);
  return await probed(() => round(world, fleet, said));
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

process.stdout.write(`${JSON.stringify(await measure(Number(process.argv[2] ?? 1_000_000)))}\n`);
