// Processes that end or stand still at any point: at a time, or right where it hurts.
import type { Kind, WorldEvent } from '../event.ts';
import { minute } from '../world/shape.ts';
import type { Host } from '../world/host.ts';
import { once, onHost, someHost, tell, type FaultRule, type Given } from './fault.ts';

/** Where an agent is hit: on the way of an order, or while it reports. */
const agentPoints: readonly Kind[] = [
  'order.sent',
  'question.asked',
  'yes.sent',
  'question.answered',
  'journal.durable',
  'stop.began',
  'stop.executed',
  'start.executed',
  'receipt.sent',
  'receipt.accepted',
  'heartbeat.heard',
];

/** Where a coordinator is hit. */
const leaderPoints: readonly Kind[] = [
  'order.durable',
  'order.sent',
  'lookup.answered',
  'yes.committed',
  'yes.sent',
  'receipt.accepted',
  'order.closing',
  'breaker.opened',
  'witness.read',
  'heartbeat.heard',
  'audit.appended',
  'pass.ended',
];

function concerns(host: Host, orders: ReadonlySet<string>): (event: WorldEvent) => boolean {
  return (event) =>
    ('host' in event && event.host === host.id) || ('order' in event && orders.has(String(event.order)));
}

/** Orders of this host, as they are made. */
function ordersOf({ world }: Given, host: Host): ReadonlySet<string> {
  const orders = new Set<string>();
  world.teller.listen((event) => {
    if (event.kind === 'order.durable' && event.host === host.id) orders.add(event.order);
  });
  return orders;
}

interface Point {
  /** For people. */
  readonly words: string;
  /** Waits for it. Half-way of the fault's time, at the latest, it is over, whether it came or not. */
  readonly arm: (fits: (event: WorldEvent) => boolean, then: () => void) => void;
}

/** At once, or at one of these points. */
function somePoint(given: Given, points: readonly Kind[]): Point {
  const { world, rng, toMs } = given;
  if (rng.chance(0.2)) return { words: 'at once', arm: (_fits, then) => then() };
  const point = rng.pick(points);
  const anyway = rng.chance(0.5);
  return {
    words: `at the next ${point}`,
    arm: (fits, then) => {
      let isDone = false;
      const only = (): void => {
        if (isDone) return;
        isDone = true;
        then();
      };
      once(given, [point], fits, only);
      world.loop.at(Math.round(world.nowMs + (toMs - world.nowMs) / 2), undefined, () => {
        if (anyway) only();
        isDone = true;
      });
    },
  };
}

export const agentCrash: FaultRule = (given) => {
  const { world, rng } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const backMs = rng.pick([20, 1000, 30_000, 10 * minute]);
  let isOver = false;
  const back = (): void => {
    if (host.up && world.hosts.get(host.id) === host && !world.agents.has(host.id)) world.startAgent(host);
  };
  const point = somePoint(given, agentPoints);
  given.begin(onHost(host), `its agent is killed ${point.words}, and back after ${backMs} ms`);
  point.arm(concerns(host, ordersOf(given, host)), () => {
    if (isOver || !host.up) return;
    world.killAgent(host);
    world.loop.after(backMs, undefined, () => {
      if (!isOver) back();
    });
  });
  return () => {
    isOver = true;
    back();
  };
};

export const agentPause: FaultRule = (given) => {
  const { world, rng, toMs } = given;
  const host = someHost(given);
  if (host === undefined) return undefined;
  const pauseMs = rng.pick([500, 3000, 4900, 6000, 60_000, 20 * minute]);
  const point = somePoint(given, agentPoints);
  given.begin(onHost(host), `its agent stands still for ${pauseMs} ms ${point.words}`);
  point.arm(concerns(host, ordersOf(given, host)), () => {
    const run = world.agents.get(host.id);
    if (run?.proc.alive !== true || world.nowMs >= toMs) return;
    const untilMs = Math.min(toMs, world.nowMs + pauseMs);
    tell(given, { kind: 'agent.paused', host: host.id });
    run.proc.pause(untilMs);
    world.loop.at(untilMs, undefined, () => tell(given, { kind: 'agent.resumed', host: host.id }));
  });
  return () => undefined;
};

export const coordinatorCrash: FaultRule = (given) => {
  const { world, rng } = given;
  const { leader } = world;
  if (leader === undefined) return undefined;
  const backMs = rng.pick([10, 2000, minute, 15 * minute]);
  let isOver = false;
  const back = (): void => {
    if (world.leaders.every((l) => !l.proc.alive)) world.nextLeader(rng);
  };
  const point = somePoint(given, leaderPoints);
  given.begin(
    { kind: 'coordinator', coordinator: leader.id },
    `it is killed ${point.words}, and one leads again after ${backMs} ms`,
  );
  point.arm(
    () => true,
    () => {
      const now = world.leader;
      if (isOver || now === undefined) return;
      world.killLeader(now);
      world.loop.after(backMs, undefined, () => {
        if (!isOver) back();
      });
    },
  );
  return () => {
    isOver = true;
    back();
  };
};

/** Right after it has read the sources for a round, at any time of the fault. */
function beforeItDecides(given: Given): Point {
  return {
    words: 'before it decides',
    arm: (fits, then) => once(given, ['witness.read'], fits, then),
  };
}

/** It stands still; somebody else may take the lead meanwhile, and some hosts may still call the old one when it goes on. */
export const coordinatorPause: FaultRule = (given) => {
  const { world, rng, toMs } = given;
  const { leader } = world;
  if (leader === undefined) return undefined;
  // So short that all it heard is still fresh: it decides itself, from what it read before.
  const decides = rng.chance(0.5);
  const pauseMs = rng.pick(decides ? [6000, 12_000] : [700, 5000, 20_000, 3 * minute, 20 * minute]);
  const isDeposed = !decides && rng.chance(0.6);
  const point = decides ? beforeItDecides(given) : somePoint(given, leaderPoints);
  given.begin(
    { kind: 'coordinator', coordinator: leader.id },
    `it stands still for ${pauseMs} ms ${point.words}${isDeposed ? ', and another one takes the lead' : ''}`,
  );
  point.arm(
    () => true,
    () => {
      const now = world.leader;
      if (now === undefined || world.nowMs >= toMs) return;
      const untilMs = Math.min(toMs, world.nowMs + pauseMs);
      const { id } = now;
      tell(given, { kind: 'coordinator.paused', coordinator: id });
      now.proc.pause(untilMs);
      world.loop.at(untilMs, undefined, () => tell(given, { kind: 'coordinator.resumed', coordinator: id }));
      if (!isDeposed) return;
      world.nextLeader(rng);
      for (const host of world.hosts.keys()) if (rng.chance(0.4)) world.misrouted.set(host, now);
    },
  );
  return () => world.misrouted.clear();
};
