// Measures, in a process of its own (node --expose-gc), and prints one line of JSON: see main.ts for what it means.
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Fleet } from '../../coordinator/src/fold/fleet.ts';
import { cpuMs, probed, type Probed } from './cpu.ts';
import { round, type Timed } from './round.ts';
import { World } from './world.ts';

/** Rounds of each later kind. */
const rounds = 2;
const minuteMs = 60_000;

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
  /** Nothing changed, but what was released in the first round has become an orphan. */
  readonly ripe: readonly Timed[];
  readonly bytesPerServo: number;
  /** Longest that the event loop was blocked, by part: by the thread's own time, and by the wall's. */
  readonly blocked: Readonly<
    Record<'takeIn' | 'full' | 'later' | 'ripe', readonly [cpuMs: number, wallMs: number]>
  >;
}

async function measure(servos: number): Promise<Measured> {
  const world = new World(servos);
  const antiJoin = antiJoinOf(world);
  collect();
  const before = held();
  const fleet = world.fleet();
  const takeIn = await probed(async () => {
    const begun = cpuMs();
    for (let h = 0; h < world.hosts.length; h++) {
      world.connect(fleet, h);
      world.report(fleet, h);
      if (h % 16 === 0) await turn();
    }
    return cpuMs() - begun;
  });
  const full = await roundWith(world, fleet, 0);
  collect();
  const bytesPerServo = (held() - before) / servos;
  const unchanged: Probed<Timed>[] = [];
  const changed: Probed<Timed>[] = [];
  const ripe: Probed<Timed>[] = [];
  for (let i = 0; i < rounds; i++) unchanged.push(await roundWith(world, fleet, 0));
  for (let i = 0; i < rounds; i++) {
    for (let h = 0; h < world.hosts.length; h++)
      if (world.isReplaced(h, i + 1) && !world.isReplaced(h, i)) world.report(fleet, h, 1);
    changed.push(await roundWith(world, fleet, i + 1));
  }
  for (let i = 0; i < rounds; i++) ripe.push(await roundWith(world, fleet, rounds, 40 * minuteMs));
  return {
    servos,
    hosts: world.hosts.length,
    takeInMs: takeIn.result,
    ...antiJoin,
    full: full.result,
    unchanged: unchanged.map((r) => r.result),
    changed: changed.map((r) => r.result),
    changedServos: world.changedPerStep,
    ripe: ripe.map((r) => r.result),
    bytesPerServo,
    blocked: {
      takeIn: longest(takeIn),
      full: longest(full),
      later: longest(...unchanged, ...changed),
      ripe: longest(...ripe),
    },
  };
}

function longest(...probes: readonly Probed<unknown>[]): [number, number] {
  return [Math.max(...probes.map((p) => p.blockedMs)), Math.max(...probes.map((p) => p.blockedWallMs))];
}

/** What is said is made before the clock runs, and is nobody's when it has stopped: it belongs to whoever reads it. */
async function roundWith(
  world: World,
  fleet: Fleet,
  step: number,
  sinceLastMs = minuteMs,
): Promise<Probed<Timed>> {
  const said = world.said(step);
  // Heartbeats come one by one, between rounds.
  world.wait(sinceLastMs);
  world.beat(fleet);
  world.wait(100);
  collect(1);
  return await probed(() => round(world, fleet, said));
}

/** The bare job, as one would write it in an afternoon: a Set of ids per witness, and each servo looked up in both. */
function antiJoinOf(world: World): Pick<Measured, 'antiJoinMs' | 'antiJoinFound'> {
  const first = world.claimedUids();
  const second = world.claimedUids();
  const there = Array.from({ length: world.servos }, (_, i) => world.uid(i));
  collect();
  const begun = cpuMs();
  const inFirst = new Set(first);
  const inSecond = new Set(second);
  const unclaimed: ServoUid[] = [];
  for (const uid of there) if (!inFirst.has(uid) && !inSecond.has(uid)) unclaimed.push(uid);
  return { antiJoinMs: cpuMs() - begun, antiJoinFound: unclaimed.length };
}

async function turn(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}

function collect(times = 3): void {
  const { gc } = globalThis as { gc?: () => void };
  if (gc === undefined) throw new Error('start with node --expose-gc');
  for (let i = 0; i < times; i++) gc();
}

function held(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

process.stdout.write(`${JSON.stringify(await measure(Number(process.argv[2] ?? 1_000_000)))}\n`);
