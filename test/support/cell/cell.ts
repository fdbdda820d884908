// One cell, whole and in one process: the real coordinator on a real database, with real witnesses, and hosts whose agents are
// real but for the servos themselves. Time passes only when a test says so, and so a week costs seconds.
import { generateKeyPairSync } from 'node:crypto';
import { join } from 'node:path';
import { parseId, type OrderId } from '@servo-auditor/proto/ids.ts';
import { logger } from '@servo-auditor/proto/log.ts';
import { orderSigner, orderVerifier } from '@servo-auditor/proto/sign.ts';
import { adminDeps } from '../../../coordinator/src/admin/deps.ts';
import { adminCalls } from '../../../coordinator/src/admin/service.ts';
import { compose, type Composed } from '../../../coordinator/src/compose.ts';
import { confirm } from '../../../coordinator/src/confirm/confirm.ts';
import type { Mode } from '../../../coordinator/src/domain/operator.ts';
import { defaultPolicy, type Policy } from '../../../coordinator/src/domain/policy.ts';
import { render, type Answer } from '../../../coordinator/src/domain/answer.ts';
import { actionGates, evidenceGates, type Verdict } from '../../../coordinator/src/domain/verdict.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';
import { openSqliteStore } from '../../../coordinator/src/state/sqlite/store.ts';
import type { SqlQueries } from '../../../coordinator/src/witness/sql.ts';
import { TestHost } from './host.ts';
import { Platform } from './platform.ts';
import { World, type Machine } from './world.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

export const defaultGeneration = 'sqlite/process';

/** What tap's tests offer of temporary directories and cleaning up. */
export interface Tidy {
  testdir(): string;
  teardown(done: () => Promise<void>): void;
}

export interface CellSetting {
  /** Generation of each host, by the host's name. */
  readonly hosts: Readonly<Record<string, string>>;
  /** Live servos that each host begins with: `<host>-s1` and so on, each of a project of its own, `<host>-p1`. */
  readonly servos: number;
  readonly witnesses: 'both' | 'registry';
  readonly policy: Partial<Policy>;
  /** What the registry is asked, where it is not what a platform would ask. */
  readonly queries: Partial<SqlQueries>;
}

/** Everything that is known of why a servo stands where it stands. */
export interface Explained {
  readonly verdict: Verdict | 'unseen';
  /** Evidence gates that refuse. */
  readonly refuse: readonly string[];
  /** Evidence gates that cap at propose. */
  readonly cap: readonly string[];
  /** Action gates that block it; none where it was not looked at. */
  readonly blocked: readonly string[];
  /** What each of all these says, and who lifts it. */
  readonly says: Readonly<Record<string, string>>;
  readonly lifts: Readonly<Record<string, string>>;
}

const operator = { name: parseId('operator', 'ada'), role: 'admin' } as const;
const cellId = parseId('cell', 'c1');

/** Hosts of one generation, by default of the one that most tests speak of. */
export function hosts(names: readonly string[], generation = defaultGeneration): Record<string, string> {
  return Object.fromEntries(names.map((name) => [name, generation]));
}

/** A cell in which everything is claimed, seen and connected; nothing is certified. */
export async function aCell(t: Tidy, setting: Partial<CellSetting> = {}): Promise<Cell> {
  const directory = t.testdir();
  const platform = await Platform.create(directory);
  const cell = new Cell(directory, platform, {
    hosts: hosts(['h1', 'h2', 'h3']),
    servos: 6,
    witnesses: 'both',
    policy: {},
    queries: {},
    ...setting,
  });
  t.teardown(async () => await cell.close());
  await cell.lead();
  for (const [id, generation] of Object.entries(cell.setting.hosts)) {
    const host = cell.addHost(id, generation);
    for (let n = 1; n <= cell.setting.servos; n++) cell.deploy(host.id, `${id}-s${n}`, `${id}-p${n}`);
    await host.connect(cell.coordinator);
  }
  return cell;
}

export class Cell {
  readonly setting: CellSetting;
  readonly platform: Platform;
  readonly world = new World();
  readonly machine: Machine;
  readonly hosts = new Map<string, TestHost>();
  readonly #directory: string;
  readonly #policy: Policy;
  readonly #sign: (bytes: Uint8Array) => Uint8Array;
  readonly #verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
  readonly #log = logger('cell', 'error', { write: () => undefined });
  #composed: Composed | undefined;
  #report: Report | undefined;

  constructor(directory: string, platform: Platform, setting: CellSetting) {
    this.#directory = directory;
    this.platform = platform;
    this.setting = setting;
    this.#policy = { ...defaultPolicy, ...setting.policy };
    this.machine = this.world.machine('coordinator');
    const { privateKey, publicKey } = generateKeyPairSync('ed25519');
    this.#sign = orderSigner(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
    this.#verify = orderVerifier([publicKey.export({ type: 'spki', format: 'pem' }).toString()]);
  }

  /** A coordinator takes the lead, over the same state as the one before. Nobody is connected to it yet. */
  async lead(): Promise<void> {
    const store = openSqliteStore({
      file: this.state,
      exclusive: false,
      demo: false,
    });
    const id = parseId('coordinator', 'k1');
    const lead = await store.lead(id, this.machine.wallMs);
    const composed = await compose({
      id,
      trustDomain: 'test.example',
      cells: [cellId],
      demo: undefined,
      policy: this.#policy,
      sign: this.#sign,
      store,
      lead,
      clock: this.machine.clock(lead.waitedMs),
      witnesses: this.platform.witnesses(this.setting.witnesses, this.setting.queries),
      log: this.#log,
    });
    this.#composed = composed;
    this.#report = undefined;
    this.world.onStep = () => composed.stalls.look();
  }

  /** The coordinator's database. */
  get state(): string {
    return join(this.#directory, 'state.db');
  }

  /** The coordinator ends, another one leads over its state, and the hosts find it. @param between while nobody leads. */
  async restart(between: () => void = () => undefined): Promise<void> {
    for (const host of this.hosts.values()) host.disconnect();
    await this.#stopped();
    between();
    await this.lead();
    for (const host of this.hosts.values()) await host.connect(this.coordinator);
  }

  get coordinator() {
    return this.#running.coordinator;
  }

  get report(): Report {
    if (this.#report === undefined) throw new Error('no pass was made yet');
    return this.#report;
  }

  /** What operators may call, as AdminService offers it. Its errors are the operators'. */
  get admin() {
    const { coordinator, loop } = this.#running;
    return adminCalls(adminDeps(coordinator, loop));
  }

  readonly operator = operator;
  readonly id = cellId;

  /** A host with nothing on it; in the place of one of this name, with its journal, when that one was closed. */
  addHost(id: string, generation = defaultGeneration, mapping: Record<string, unknown> = {}): TestHost {
    const host = new TestHost({
      id,
      cell: cellId,
      generation,
      mapping,
      directory: join(this.#directory, `host-${id}`),
      machine: this.hosts.get(id)?.setting.machine ?? this.world.machine(id),
      log: this.#log,
      verify: this.#verify,
      confirm: async (question, from) => await confirm(question, from, this.coordinator),
    });
    this.hosts.set(id, host);
    return host;
  }

  host(id: string): TestHost {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }

  /** A servo starts and is claimed everywhere. @param spelled as the host shows its uid. */
  deploy(host: string, uid: string, project: string, spelled = uid): void {
    this.host(host).start(uid, project, spelled);
    this.platform.claim(project, uid, host);
  }

  /** A project is deleted. Its servos stay behind. */
  delete(project: string): void {
    this.platform.delete(project);
  }

  /** Time passes, for everybody, awake. Nobody says anything meanwhile. */
  advance(ms: number): void {
    this.world.advance(ms);
  }

  /** Every host that has a session reports once. */
  async beat(): Promise<void> {
    for (const host of this.hosts.values()) await host.report();
  }

  /** One pass of the coordinator, and everything that follows from it on the hosts. */
  async pass(): Promise<Report> {
    this.#report = await this.#running.loop.pass();
    await this.settle();
    return this.#report;
  }

  async settle(): Promise<void> {
    // A receipt may bring an answer, and an order a receipt.
    for (let i = 0; i < 3; i++) for (const host of this.hosts.values()) await host.settle();
  }

  /** As time goes by: reports that are fresh, then a pass, `n` times, `everyMs` apart. */
  async rounds(n = 1, everyMs = minute): Promise<void> {
    const beatMs = this.#policy.heartbeatIntervalMs;
    for (let i = 0; i < n; i++) {
      this.advance(everyMs - beatMs);
      await this.beat();
      this.advance(beatMs);
      await this.beat();
      await this.pass();
    }
  }

  /** So much time goes by, in steps that are short enough for whatever the hosts measure. */
  async spend(ms: number, stepMs = Math.min(6 * hour, Math.max(minute, ms / 10))): Promise<void> {
    for (let left = ms; left > 0; left -= stepMs) await this.rounds(1, Math.min(left, stepMs));
  }

  /** Rounds until it holds. Throws when it does not within so much time. */
  async until(what: string, holds: () => boolean, withinMs: number, everyMs = 5 * minute): Promise<void> {
    for (let spent = 0; !holds(); spent += everyMs) {
      if (spent > withinMs) throw new Error(`${what}: not within ${withinMs / minute} min; ${this.#why()}`);
      await this.rounds(1, everyMs);
    }
  }

  /**
   * Earns trust as an operator does: one project of each generation is deleted for calibration, a week goes by, the orphan is
   * looked at and confirmed, and the mode is raised. Ends a day after the calibration servos were stopped.
   */
  async certify(mode: Mode = 'enforce', of = new Set(Object.values(this.setting.hosts))): Promise<void> {
    const hostOf = (generation: string) => {
      const host = [...this.hosts.values()].find((h) => h.setting.generation === generation);
      if (host === undefined) throw new Error(`no host of ${generation}`);
      return host;
    };
    const uids = [...of].map((generation, i) => {
      const uid = `calibration-${i + 1}`;
      this.deploy(hostOf(generation).id, uid, `calibration-p${i + 1}`);
      return uid;
    });
    await this.spend(hour);
    for (const i of uids.keys()) this.delete(`calibration-p${i + 1}`);
    await this.spend(8 * day, 6 * hour);
    for (const uid of uids) await this.confirmOrphan(uid);
    await this.rounds(1);
    if (mode === 'observe') return;
    for (const generation of of) await this.promote(mode, generation);
    if (mode !== 'enforce') return;
    await this.until(
      'calibration',
      () => uids.every((uid) => this.stopped().includes(uid)),
      2 * day,
      10 * minute,
    );
    await this.spend(25 * hour, hour);
  }

  /** An operator says that this is a true orphan. */
  async confirmOrphan(uid: string): Promise<void> {
    const judgement = this.report.judgements.find((j) => j.evidence.uid === uid);
    if (judgement === undefined) throw new Error(`${uid} was not judged`);
    const { evidence } = judgement;
    const about = { uid: evidence.uid, incarnation: evidence.incarnation, host: evidence.host.view.id };
    await this.admin.ConfirmOrphan({ ...about, reason: 'looked at it, nobody uses it' }, operator);
  }

  async promote(mode: Mode, generation = defaultGeneration): Promise<void> {
    const request = { cell: cellId, generation: parseId('generation', generation), mode };
    await this.admin.SetMode({ ...request, reason: 'it has earned it' }, operator);
  }

  /** Approves what waits for nothing but that. Returns how many. */
  async approve(): Promise<number> {
    const { plans } = await this.admin.ListPlans({ cell: cellId }, operator);
    const [plan] = plans;
    if (plan?.hash === undefined) return 0;
    await this.admin.ApprovePlan({ cell: cellId, hash: plan.hash, reason: 'looked at each' }, operator);
    return plan.proposals.length;
  }

  /** Closes every open breaker for the list that it shows. Returns their cohorts. */
  async closeBreakers(): Promise<readonly string[]> {
    const { breakers } = await this.admin.ListBreakers({}, operator);
    for (const { cohort, hash } of breakers)
      await this.admin.CloseBreaker({ cohort, hash, reason: 'the list is true' }, operator);
    return breakers.map((b) => b.cohort);
  }

  /** True uids that hosts really stopped, in no order. */
  stopped(): readonly string[] {
    return [...this.hosts.values()].flatMap((host) => host.stopped);
  }

  /** Of those, the ones that somebody used. */
  wronglyStopped(): readonly string[] {
    return this.stopped().filter((uid) => this.platform.owns(uid));
  }

  async order(id: OrderId) {
    return await this.coordinator.store.findOrder(id);
  }

  /** What the last pass made of a servo, by the uid that its host shows. */
  explain(uid: string, host?: string): Explained {
    const judged = this.report.judgements.find(
      (j) => j.evidence.uid === uid && (host === undefined || j.evidence.host.view.id === host),
    );
    if (judged === undefined) return this.#isSeen(uid) ? nothing('live') : nothing('unseen');
    const { verdict, row } = judged;
    const blocked = this.report.cells[0]?.plan.blocked.find((b) => b.evidence === judged.evidence);
    const answers: (readonly [string, Answer])[] = [
      ...evidenceGates.flatMap((g) => (row === undefined ? [] : [[g, row[g]] as const])),
      ...actionGates.flatMap((g) => (blocked === undefined ? [] : [[g, blocked.row[g]] as const])),
    ];
    const not = answers.filter(([, a]) => a.outcome !== 'pass');
    const evidence = not.filter(([g]) => (evidenceGates as readonly string[]).includes(g));
    return {
      verdict,
      refuse: evidence.filter(([, a]) => a.outcome === 'refuse').map(([g]) => g),
      cap: evidence.filter(([, a]) => a.outcome === 'cap').map(([g]) => g),
      blocked: blocked?.by ?? [],
      says: Object.fromEntries(not.map(([g, a]) => [g, render(a.says, a.numbers)])),
      lifts: Object.fromEntries(not.map(([g, a]) => [g, render(a.lifts, a.numbers)])),
    };
  }

  async close(): Promise<void> {
    for (const host of this.hosts.values()) host.close();
    await this.#stopped();
    this.platform.close();
  }

  get #running(): Composed {
    if (this.#composed === undefined) throw new Error('nobody leads');
    return this.#composed;
  }

  async #stopped(): Promise<void> {
    const composed = this.#composed;
    this.#composed = undefined;
    await composed?.stop();
  }

  #isSeen(uid: string): boolean {
    return [...this.coordinator.fleet.views.values()].some((v) => v.inventory?.uid.includes(uid as never));
  }

  #why(): string {
    const judged = this.report.judgements.map((j) => {
      const { verdict, refuse, blocked, says } = this.explain(j.evidence.uid);
      return `${j.evidence.uid} ${verdict} ${[...refuse, ...blocked].map((g) => `${g}: ${says[g]}`).join('; ')}`;
    });
    const failed = this.report.failures.length === 0 ? '' : `, witnesses: ${this.report.failures.join('; ')}`;
    const findings = this.report.cells.flatMap((c) => c.findings.map((f) => `${f.rule}: ${f.message}`));
    return `${judged.slice(0, 10).join(' | ')}${failed}, findings: ${findings.join('; ')}`;
  }
}

function nothing(verdict: Explained['verdict']): Explained {
  return { verdict, refuse: [], cap: [], blocked: [], says: {}, lifts: {} };
}
