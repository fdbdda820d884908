// One certified world of real processes, in which points are crashed one after the other, each with servos of its own.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from '../../scripts/demo/admin.ts';
import { DemoHost, type StoreKind } from '../../scripts/demo/host.ts';
import { until, type Program } from '../../scripts/demo/processes.ts';
import { cell, type World } from '../../scripts/demo/world.ts';
import { aStage, type OrderRow, type ServoRow, type Stage } from '../support/stage.ts';
import { toldFile, trapFile, type Told, type Trap } from './hooks/trap.ts';
import { Ledger } from './ledger.ts';

/** Longest wait for one step, in milliseconds, on a busy machine. */
export const patienceMs = 120_000;
/** How long an order lives here, in milliseconds: as short as it may be, so that a pause can be longer. */
export const orderLivesMs = 10_000;
const dayMs = 24 * 3_600_000;
/** A day of waiting in 2.2 seconds: a window of a day, the longest that a budget may have, is seen by every point. */
const factor = 40_000;
/** Servos that are made at a time. */
const batch = 4;
/** The window of every budget, in milliseconds of real time. */
export const budgetWindowMs = dayMs / factor;
export const nodeArguments = ['--import', join(import.meta.dirname, 'preload.ts')] as const;

/** A servo of one point, and the project that it alone is of. */
export interface Subject {
  readonly uid: string;
  readonly project: string;
  readonly host: DemoHost;
  /** Knows where it serves. */
  readonly own: DemoHost;
}

/** A program that can be trapped. */
export interface Trapped {
  readonly name: string;
  readonly configFile: string;
  readonly program: () => Program | undefined;
  readonly start: () => Promise<void>;
  /** Its scene ends it. */
  readonly ends?: true;
}

interface Plan {
  readonly hash?: string;
  readonly proposals?: readonly { readonly uid: string }[];
}

type Teardown = Parameters<typeof aStage>[0];

/** An orphan in whose way nothing stands but a person. */
export function waitsForApproval({ verdict, refusedBy }: ServoRow): boolean {
  return verdict === 'VERDICT_ORPHAN' && refusedBy?.join() === 'mode';
}

export class Ground {
  readonly stage: Stage;
  readonly ledger: Ledger;
  readonly coordinator: Trapped;
  /** Stopped and kept: what a scene may bring back. */
  readonly quarantined: Subject[] = [];
  /** Brought back for good. */
  readonly restored: Subject[] = [];
  /** How often an approval was needed. */
  approvals = 0;
  readonly #ready = new Map<string, Subject[]>();
  #count = 0;
  #traps = 0;

  private constructor(stage: Stage) {
    this.stage = stage;
    this.ledger = new Ledger(stage.world, budgetWindowMs);
    const { world } = stage;
    this.coordinator = {
      name: 'coordinator',
      configFile: world.coordinatorConfig,
      program: () => world.coordinator,
      start: async () => await world.startCoordinator(),
    };
  }

  static async make(
    test: Teardown,
    kinds: readonly StoreKind[] = ['manifest-directory', 'labels', 'sqlite'],
  ): Promise<Ground> {
    const hosts = Object.fromEntries(kinds.map((kind, i) => [`h${i + 1}`, [kind] as const]));
    const stage = await aStage(test, hosts, {
      setting: { factor, heartbeatIntervalMs: 1000, roundIntervalMs: 300, nodeArguments },
      policy: {
        budgetWindowMs: dayMs,
        certifyEnforceMs: dayMs,
        certifyProposeMs: dayMs / 24,
        hostFreshIntervals: 6,
        orderLivesMs,
      },
    });
    return new Ground(stage);
  }

  get world(): World {
    return this.stage.world;
  }

  host(id: string): DemoHost {
    const host = this.world.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }

  agent(id: string): Trapped {
    const host = this.host(id);
    return {
      name: `agent of ${id}`,
      configFile: host.configFile,
      program: () => host.agent,
      start: () => {
        host.startAgent(this.world.leader);
        return Promise.resolve();
      },
    };
  }

  /** A servo that runs, is claimed, and was judged live. Several are made at a time, so that most scenes see nothing of it. */
  async live(hostId: string): Promise<Subject> {
    const ready = this.#ready.get(hostId) ?? [];
    if (ready.length === 0)
      ready.push(...(await Promise.all(Array.from({ length: batch }, () => this.#servo(hostId)))));
    this.#ready.set(hostId, ready);
    const subject = ready.shift();
    if (subject === undefined) throw new Error('a batch has servos');
    await this.untilServo(subject, 'live', (row) => row.verdict === 'VERDICT_LIVE');
    return subject;
  }

  /** One that was stopped and is kept. */
  async kept(hostId: string): Promise<Subject> {
    const at = this.quarantined.findIndex((subject) => subject.host.id === hostId);
    const [found] = at < 0 ? [] : this.quarantined.splice(at, 1);
    if (found !== undefined) return found;
    const subject = await this.live(hostId);
    await this.release(subject);
    await this.untilStopped(subject);
    await this.untilNoOrder(subject);
    return subject;
  }

  async release({ project }: Subject): Promise<void> {
    await this.world.deleteProject(project);
  }

  /** Approves what waits for nothing but that: evidence that a crash interrupted may be capped, and an operator is the way out. */
  async untilStopped(subject: Subject): Promise<void> {
    await this.untilServo(subject, 'in quarantine', (row) => {
      if (row.state === 'SERVO_STATE_QUARANTINED') return true;
      if (waitsForApproval(row)) void this.approve(subject);
      return false;
    });
  }

  /** Waits for something on the way to that, and approves meanwhile: else it may never come there. */
  async whileApproving<T>(subject: Subject, something: Promise<T>): Promise<T> {
    const over = new AbortController();
    const approving = (async () => {
      while (!over.signal.aborted) {
        const rows = await this.stage.servos().catch(() => []);
        const row = rows.find(({ uid }) => uid === subject.uid);
        if (row !== undefined && waitsForApproval(row)) await this.approve(subject);
        await sleep(500);
      }
    })();
    try {
      return await something;
    } finally {
      over.abort();
      await approving;
    }
  }

  /** @param admin of the coordinator that leads. */
  async approve({ uid }: Subject, admin: Admin = this.world.admin): Promise<void> {
    const { plans = [] } = await admin
      .call<{ plans?: readonly Plan[] }>('ListPlans', { cell })
      .catch(() => ({ plans: [] as readonly Plan[] }));
    const hash = plans.find(({ proposals = [] }) => proposals.some((proposal) => proposal.uid === uid))?.hash;
    if (hash === undefined) return;
    await admin.call('ApprovePlan', { cell, hash, reason: 'capped after a crash' }).then(
      () => this.approvals++,
      // The plan has changed since, or nobody answers: it is looked at again.
      () => undefined,
    );
  }

  async untilServo({ uid }: Subject, what: string, fits: (row: ServoRow) => boolean): Promise<ServoRow> {
    return await this.stage.untilServo(uid, what, fits).catch(async (cause: unknown) => {
      const row = await this.stage.servos().then(
        (rows) => JSON.stringify(rows.find((servo) => servo.uid === uid)),
        (error: unknown) => String(error),
      );
      const words = cause instanceof Error ? cause.message : String(cause);
      throw new Error(`${words}; it is ${row}`, { cause });
    });
  }

  async untilNoOrder({ uid }: Subject): Promise<void> {
    await until(`no open order for ${uid}`, patienceMs, async () => {
      const open = await this.orders().catch(() => undefined);
      return open === undefined || open.some((o) => o.uid === uid && o.state !== 'ORDER_STATE_CLOSED')
        ? undefined
        : true;
    });
  }

  async orders(): Promise<readonly OrderRow[]> {
    const { orders = [] } = await this.world.admin.call<{ orders?: OrderRow[] }>('ListOrders', {
      all: true,
      pageSize: 1000,
    });
    return orders;
  }

  /** Waits until the coordinator answers, every host is fresh, and so many passes were made. */
  async settled(passes = 1): Promise<void> {
    const { admin, hosts } = this.world;
    let from: { readonly epoch: number; readonly number: number } | undefined;
    await until('the world to be at rest', patienceMs, async () => {
      const status = await admin
        .call<{ epoch: number; cells?: { fresh?: number; lastRound?: { number?: number } }[] }>('Status', {})
        .catch(() => undefined);
      const [cell] = status?.cells ?? [];
      if (status === undefined || cell?.fresh !== hosts.size) return undefined;
      const number = cell.lastRound?.number ?? 0;
      if (from?.epoch !== status.epoch) from = { epoch: status.epoch, number };
      return number >= from.number + passes ? true : undefined;
    });
  }

  /** Sets a trap. Returns what waits until it has closed: true, or false when `limitMs` passed before. */
  trap(
    { configFile }: Pick<Trapped, 'configFile'>,
    where: Omit<Trap, 'id'>,
  ): { closed: (limitMs: number) => Promise<boolean>; clear: () => void } {
    const id = `trap-${++this.#traps}`;
    forget(configFile);
    const file = trapFile(configFile);
    writeFileSync(`${file}.new`, JSON.stringify({ ...where, id } satisfies Trap));
    // The program may read it at any time, and must find it whole.
    renameSync(`${file}.new`, file);
    return {
      closed: async (limitMs) => {
        const hit = until('the trap', limitMs, () =>
          told(configFile).some((line) => line.told === 'trapped' && line.id === id) ? true : undefined,
        );
        return await hit.catch(() => false);
      },
      clear: () => rmSync(file, { force: true }),
    };
  }

  async #servo(hostId: string): Promise<Subject> {
    const host = this.host(hostId);
    const uid = `${hostId}-x${++this.#count}`;
    const project = `project-${uid}`;
    const own = new DemoHost(host.setting, [{ uid, project }]);
    await own.populate();
    this.world.registry.claim(project, uid, hostId);
    await this.world.route(uid, { host: hostId, project });
    return { uid, project, host, own };
  }
}

/** Forgets what a program has told so far. */
export function forget(configFile: string): void {
  writeFileSync(toldFile(configFile), '');
}

/** What a program has told. */
export function told(configFile: string): readonly Told[] {
  const file = toldFile(configFile);
  if (!existsSync(file)) return [];
  // The last line may just be written.
  const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Told);
}

/** Ends with what has ended it: SIGKILL, or an exit code. */
export async function untilEnded(trapped: Trapped): Promise<void> {
  const program = trapped.program();
  if (program === undefined) return;
  await until(`the ${trapped.name} to end`, patienceMs, () =>
    program.child.exitCode !== null || program.child.signalCode !== null ? true : undefined,
  );
  await program.ended;
}

const starting = new Map<string, Promise<void>>();

/** Starts it unless it runs, or somebody else starts it just now: the scene and whoever has killed it may both do so. */
export async function begin(trapped: Trapped): Promise<void> {
  const { configFile } = trapped;
  const start = starting.get(configFile) ?? (hasEnded(trapped) ? trapped.start() : Promise.resolve());
  starting.set(configFile, start);
  try {
    await start;
  } finally {
    starting.delete(configFile);
  }
}

/** Waits until the process that a trap has killed is gone; another one may have been started since. */
export async function untilKilled(trapped: Trapped): Promise<void> {
  const line = told(trapped.configFile).findLast((one) => one.told === 'trapped');
  if (line?.pid === trapped.program()?.child.pid) await untilEnded(trapped);
}

export function hasEnded({ program }: Trapped): boolean {
  const { exitCode, signalCode } = program()?.child ?? { exitCode: 0, signalCode: null };
  return exitCode !== null || signalCode !== null;
}
