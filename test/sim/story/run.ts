// One seed, from a prepared world to its end: faults and actions at their times, operators who look after it, then calm, in
// which every true orphan must be stopped. The oracle sees every event.
import type { WorldEvent } from '../event.ts';
import { actions } from '../actions/index.ts';
import { Coverage, type Counted } from '../coverage.ts';
import { faultRules } from '../faults/index.ts';
import type { Snapshot } from '../faults/fault.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';
import type { StateStore } from '../../../coordinator/src/state/port.ts';
import { Rng } from '../kernel/rng.ts';
import { Oracle } from '../oracle/oracle.ts';
import { whyNotReady, type Scene } from '../oracle/ready.ts';
import { defaultSetting } from '../oracle/setting.ts';
import type { Violation } from '../oracle/court.ts';
import type { Figures } from '../oracle/figures.ts';
import { everything, lookAfter, repairJournals } from '../operators/diligent.ts';
import { Operators } from '../operators/operators.ts';
import { leaderMachine, resume, type Prepared } from '../world/prepare.ts';
import { Tenants } from '../world/tenants.ts';
import { World } from '../world/world.ts';
import { planOf, type Item, type Plan } from './item.ts';
import { Trace } from './trace.ts';

export interface SeedResult {
  readonly seed: number;
  readonly hash: string;
  readonly events: number;
  /** First ones only; the run ends with them. */
  readonly violations: readonly Violation[];
  /** What went wrong in the world itself. */
  readonly broken: string | undefined;
  readonly figures: Figures;
  readonly coverage: Counted;
  readonly plan: Plan;
}

export interface RunOptions {
  /** In the place of what the seed decides. */
  readonly plan?: Plan;
  /** Hears every event of the seed itself, after the oracle. */
  readonly hear?: (event: WorldEvent) => void;
  /** Hears what each pass found. */
  readonly hearReport?: (report: Report) => void;
}

export async function runSeed(
  seed: number,
  prepared: Prepared,
  options: RunOptions = {},
): Promise<SeedResult> {
  const { shape } = prepared;
  const plan = options.plan ?? planOf(seed, shape.policy.roundIntervalMs);
  const world = resume(seed, prepared);
  const oracle = new Oracle({
    ...defaultSetting,
    policy: shape.policy,
    agent: shape.limits,
    stopGraceMs: 100,
  });
  for (const event of prepared.events) oracle.see(event);
  const trace = new Trace();
  const coverage = new Coverage();
  const violations: Violation[] = [];
  world.teller.listen((event) => {
    if (violations.length > 0) return;
    trace.see(event);
    violations.push(...oracle.see(event));
    coverage.see(event);
    options.hear?.(event);
    if (violations.length > 0) world.loop.broken ??= new Found();
  });
  if (options.hearReport !== undefined) world.onReport = options.hearReport;
  let broken: string | undefined;
  try {
    await new Story(world, plan, oracle).tell();
  } catch (error) {
    if (!(error instanceof Found)) broken = describe(error);
  } finally {
    world.close();
  }
  const { figures } = oracle;
  const { counted } = coverage;
  return {
    seed,
    hash: trace.digest(),
    events: trace.count,
    violations,
    broken,
    figures,
    coverage: counted,
    plan,
  };
}

/** The oracle has found something: nothing more needs to happen. */
class Found extends Error {}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined
    ? (error.stack ?? error.message)
    : `${error.message}: ${describe(error.cause)}`;
}

/** Rounds of calm after which what still waits is the oracle's matter alone. */
const leastCalmRounds = 4;

class Story {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #oracle: Oracle;
  readonly #tenants: Tenants;
  readonly #operators: Operators;
  readonly #snapshots: Snapshot[] = [];
  readonly #ends = new Map<number, () => void>();
  readonly #beganMs: number;
  readonly #endsMs: number;

  constructor(world: World, plan: Plan, oracle: Oracle) {
    this.#world = world;
    this.#plan = plan;
    this.#oracle = oracle;
    this.#tenants = new Tenants(world);
    this.#operators = new Operators(world, this.#tenants, world.rng('operators'));
    this.#beganMs = world.nowMs;
    this.#endsMs = world.nowMs + plan.eventfulMs;
  }

  async tell(): Promise<void> {
    const world = this.#world;
    world.startLeader('k1', world.machine(leaderMachine));
    await world.led();
    const rng = world.rng('starts');
    for (const host of world.hosts.values())
      world.loop.after(rng.int(0, 20_000), undefined, () => {
        if (host.up && !world.agents.has(host.id)) world.startAgent(host);
      });
    for (const item of this.#plan.items) this.#schedule(item);
    this.#remember();
    this.#operate();
    await world.loop.run(this.#endsMs);
    await this.#calm();
  }

  #schedule(item: Item): void {
    const { loop } = this.#world;
    if (item.kind === 'fault') loop.at(this.#beganMs + item.fromMs, undefined, () => this.#begin(item));
    else
      loop.at(this.#beganMs + item.atMs, undefined, () => {
        const { nowMs } = this.#world;
        actions[item.action]({
          world: this.#world,
          tenants: this.#tenants,
          operators: this.#operators,
          rng: this.#rng(item),
          restMs: Math.max(0, this.#endsMs - nowMs - 1),
        });
      });
  }

  #begin(item: Extract<Item, { kind: 'fault' }>): void {
    const world = this.#world;
    const { id, fault } = item;
    const toMs = this.#beganMs + item.toMs;
    const told: { begun: boolean } = { begun: false };
    const begun = faultRules[fault]({
      world,
      tenants: this.#tenants,
      rng: this.#rng(item),
      id,
      toMs,
      snapshots: this.#snapshots,
      begin: (subject, detail) => {
        told.begun = true;
        world.teller.tell({ kind: 'fault.began', id, fault, subject, detail });
      },
    });
    if (begun === undefined) return;
    if (!told.begun) throw new Error(`${fault} began without a word`);
    const end = (): void => {
      if (!this.#ends.delete(id)) return;
      begun();
      world.teller.tell({ kind: 'fault.ended', id, fault });
    };
    this.#ends.set(id, end);
    world.loop.at(toMs, undefined, end);
  }

  /** Disks are copied now and then: what a host may be set back to. */
  #remember(): void {
    const { loop, hosts, nowMs } = this.#world;
    this.#snapshots.push({
      atMs: nowMs,
      hosts: new Map([...hosts.values()].map((h) => [h.machine.name, h.save()])),
    });
    if (nowMs < this.#endsMs) loop.after(snapshotEveryMs, undefined, () => this.#remember());
  }

  /** Operators look at it every so many rounds, and do some of what is to do. */
  #operate(): void {
    const world = this.#world;
    const rng = world.rng('operate');
    const everyMs = rng.int(1, 6) * world.roundMs;
    const again = (): void => {
      if (world.nowMs >= this.#endsMs) return;
      lookAfter(this.#operators, {
        breakers: rng.chance(0.6),
        witnesses: rng.chance(0.6),
        hosts: rng.chance(0.6),
        plans: rng.chance(0.6),
        rest: rng.chance(0.2),
      });
      world.loop.after(everyMs, undefined, again);
    };
    world.loop.after(everyMs, undefined, again);
  }

  /** Every fault is over; what was begun is brought to its end; operators lift what is right to lift. */
  async #calm(): Promise<void> {
    const world = this.#world;
    for (const end of this.#ends.values()) end();
    world.misrouted.clear();
    if (world.leader === undefined) world.nextLeader(world.rng('calm'));
    await world.led();
    for (const host of world.hosts.values()) {
      if (!world.agents.has(host.id)) world.startAgent(host);
      this.#tenants.reconcile(host.id);
    }
    for (let round = 1; round <= maxCalmRounds; round++) {
      lookAfter(this.#operators, everything);
      await world.loop.run(world.nowMs + world.roundMs);
      if (round >= leastCalmRounds && this.#isDone()) break;
    }
    repairJournals(world);
    await this.#undoAll();
    await this.#verify();
    world.teller.tell({ kind: 'world.ended', calmMs: world.nowMs - this.#endsMs });
  }

  /** No true orphan waits any more, as the oracle knows them. */
  #isDone(): boolean {
    const { ledger } = this.#oracle;
    const scene: Scene = new Map();
    for (const host of this.#world.hosts.values())
      for (const { incarnation } of host.running) {
        const servo = ledger.servos.find(host.id, incarnation);
        if (servo !== undefined && whyNotReady(servo, this.#world.nowMs, ledger, scene) === undefined)
          return false;
      }
    return true;
  }

  /** Whatever is in quarantine can be started again on its host alone. */
  async #undoAll(): Promise<void> {
    const world = this.#world;
    for (const host of world.hosts.values())
      for (const servo of host.servos.values())
        if (servo.kept && !servo.running) this.#operators.undo(host, servo, true);
    for (let i = 0; i < maxWaits && this.#operators.undoing > 0; i++) await world.loop.run(world.nowMs + 20);
  }

  async #verify(): Promise<void> {
    const store = this.#world.leader?.composed?.coordinator.store;
    if (store === undefined) return;
    const walked = { isDone: false };
    this.#world.leader?.proc.within(() => {
      void (async () => {
        const { entries, firstBroken, hash } = await wholeChain(store);
        this.#world.teller.tell({ kind: 'audit.verified', entries, hash, firstBroken });
        walked.isDone = true;
      })();
    });
    for (let i = 0; i < maxWaits && !walked.isDone; i++) await this.#world.loop.run(this.#world.nowMs + 10);
  }

  #rng(item: Item): Rng {
    return this.#world.rng(`item ${item.id}`);
  }
}

/** The walk and the head that it ended at: where a decision was made between the two, both are looked at again. */
async function wholeChain(store: StateStore) {
  for (let tries = 1; ; tries++) {
    const before = await store.latest();
    const walked = await store.verifyAudit();
    const { version, hash } = await store.latest();
    if (before.version === version || tries === maxWalks) return { ...walked, hash };
  }
}

const maxWalks = 5;
/** Steps of simulated time for which an answer is waited. */
const maxWaits = 1000;
const snapshotEveryMs = 20 * 60_000;
/** Far beyond any bound that the oracle states. */
const maxCalmRounds = 150;
