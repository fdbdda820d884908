// A world in which trust has been earned: every generation certified for `enforce` and promoted, its calibration orphans found,
// confirmed and stopped. It is simulated once for each shape, and then is where the seeds of this shape begin.
import { parseId, type Generation, type HostId } from '@servo-auditor/proto/ids.ts';
import type { AdminCalls } from '@servo-auditor/proto/admin.ts';
import type { WorldEvent } from '../event.ts';
import type { MachineState } from '../kernel/machine.ts';
import { acceptWitnesses, everything, lookAfter } from '../operators/diligent.ts';
import { operator, Operators } from '../operators/operators.ts';
import type { Contents } from './platform.ts';
import type { HostState } from './host.ts';
import { Tenants } from './tenants.ts';
import { hour, minute, shapeOf, type Shape } from './shape.ts';
import { World, type StateImage } from './world.ts';

/** What a prepared world goes on from. */
export interface Prepared {
  readonly shape: Shape;
  readonly nowMs: number;
  readonly installation: string;
  readonly state: StateImage;
  readonly machine: MachineState;
  readonly hosts: readonly HostState[];
  readonly contents: readonly Contents[];
  /** What happened until then, as far as it still matters: the oracle has to know it. */
  readonly events: readonly WorldEvent[];
}

export const leaderMachine = 'coordinator-1';

export async function prepare(shapeNumber: number): Promise<Prepared> {
  const shape = shapeOf(shapeNumber);
  const world = new World(shapeNumber, shape);
  const events: WorldEvent[] = [];
  // Heartbeats and rounds of an earlier leadership are cited by nobody.
  world.teller.listen((event) => {
    if (event.kind !== 'heartbeat.heard' && event.kind !== 'pass.ended') events.push(event);
  });
  try {
    world.roundMs = 2 * hour;
    world.tellSources();
    const machine = world.machine(leaderMachine);
    let leader = world.startLeader('k1', machine);
    await world.led();
    for (const { id, cell, generation, servos } of shape.hosts) {
      const host = world.addHost(id, cell, generation);
      for (let n = 1; n <= servos; n++)
        world.deploy(host, parseId('servo uid', `${id}-s${n}`), parseId('project', `${id}-p${n}`));
    }
    const calibration = deployCalibration(world);
    for (const host of world.hosts.values()) world.startAgent(host);
    await world.loop.run(world.nowMs + 6 * hour + minute);
    for (const { uid, host } of calibration)
      for (const source of world.sources)
        source.withdraw(uid, host, 'released', { projectReleased: true, incarnation: undefined });
    await world.loop.run(world.nowMs + 4 * hour);
    // So many at once may be more than may vanish by themselves.
    await leader.call(async (admin) => await acceptWitnesses(world, admin));
    await world.loop.run(world.nowMs + 20 * hour);
    world.killLeader(leader);
    world.roundMs = shape.policy.roundIntervalMs;
    leader = world.startLeader('k1', machine);
    await world.led();
    for (const it of calibration) await insist(world, async (admin) => await confirmOrphan(it, world, admin));
    await world.loop.run(world.nowMs + 2 * world.roundMs);
    for (const { cell, generation } of calibration)
      await insist(
        world,
        async (admin) =>
          await admin.SetMode({ cell, generation, mode: 'enforce', reason: 'it has earned it' }, operator),
      );
    const operators = new Operators(world, new Tenants(world), world.rng('operators'));
    const isStopped = (): boolean =>
      calibration.every(({ uid, host }) => world.host(host).find(uid)?.running !== true);
    for (let i = 0; i < maxRounds && !isStopped(); i++) {
      lookAfter(operators, everything);
      await world.loop.run(world.nowMs + world.roundMs);
    }
    if (!isStopped()) throw new Error(`shape ${shapeNumber}: a calibration orphan was never stopped`);
    await world.loop.run(world.nowMs + Math.max(2 * hour, shape.limits.longWindowMs));
    for (const host of world.hosts.values()) world.killAgent(host);
    world.killLeader(leader);
    return {
      shape,
      nowMs: world.nowMs,
      installation: world.installation,
      state: world.readState(),
      machine: machine.save(),
      hosts: [...world.hosts.values()].map((host) => host.save()),
      contents: world.sources.map((source) => source.now),
      events,
    };
  } finally {
    world.close();
  }
}

/** An operator's call, once a round until it is not refused. */
async function insist(world: World, work: (admin: AdminCalls) => Promise<unknown>): Promise<void> {
  for (let i = 1; ; i++) {
    try {
      await world.leader?.call(work);
      return;
    } catch (error) {
      if (i > maxRounds) throw error;
    }
    await world.loop.run(world.nowMs + world.roundMs);
  }
}

async function confirmOrphan({ uid, host }: Calibration, world: World, admin: AdminCalls): Promise<void> {
  const servo = world.host(host).find(uid);
  if (servo === undefined) throw new Error(`${uid} is gone`);
  await admin.ConfirmOrphan(
    { uid, host, incarnation: servo.incarnation, reason: 'nobody uses it' },
    operator,
  );
}

/** Rounds in which what was prepared must come to be. */
const maxRounds = 100;

interface Calibration {
  readonly uid: ReturnType<typeof uidOf>;
  readonly host: HostId;
  readonly cell: Shape['cells'][number];
  readonly generation: Generation;
}

/** One servo of each (cell, generation), to be deleted for calibration. */
function deployCalibration(world: World): readonly Calibration[] {
  const done = new Map<string, Calibration>();
  for (const host of world.hosts.values()) {
    const { id, cell, generation } = host;
    const key = `${cell} ${generation}`;
    if (done.has(key)) continue;
    const uid = uidOf(`calibration-${done.size + 1}`);
    world.deploy(host, uid, parseId('project', `calibration-p${done.size + 1}`));
    done.set(key, { uid, host: id, cell, generation });
  }
  return [...done.values()];
}

function uidOf(text: string) {
  return parseId('servo uid', text);
}

/** A world of its own for this seed, going on from there. Nobody leads it yet. */
export function resume(seed: number, prepared: Prepared): World {
  const world = new World(seed, prepared.shape);
  world.loop.nowMs = prepared.nowMs;
  world.installation = prepared.installation;
  world.writeState(prepared.state);
  for (const [i, source] of world.sources.entries()) {
    const contents = prepared.contents[i];
    if (contents !== undefined) source.load(contents);
  }
  for (const state of prepared.hosts) world.loadHost(state);
  return world;
}
