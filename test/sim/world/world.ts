// A whole simulated installation: hosts with their agents, coordinators over one state, the platform and its sources, the
// network between them. It does nothing by itself but go on: actions, faults and operators act on it from outside.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  parseId,
  type CellId,
  type HostId,
  type ProjectId,
  type ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Report } from '../../../coordinator/src/round/report.ts';
import { openSqliteStore } from '../../../coordinator/src/state/sqlite/store.ts';
import { codeOf } from '../../../agent/src/scan/runtime/proc.ts';
import { Loop, type Proc } from '../kernel/loop.ts';
import { Machine } from '../kernel/machine.ts';
import { Rng } from '../kernel/rng.ts';
import { Network } from '../net/network.ts';
import { fairWeather, worst, type Weather } from '../net/weather.ts';
import { AgentRun } from './agent.ts';
import { Host, type HostState, type TrueServo } from './host.ts';
import { verify } from './keys.ts';
import { Leader } from './leader.ts';
import { Source } from './platform.ts';
import { quietLog } from './quiet.ts';
import type { Shape } from './shape.ts';
import { Teller } from './tell.ts';
import { healthy, openSimWitness, type Ailment } from './witness.ts';

/** Where state files stand: in memory where the machine offers it. */
const root = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

/** Reports of an agent before each pass, in intervals before it: the first brings a question, the second answers it. */
const reportsBefore = 1.7;

/** A copy of the coordinators' database. */
export interface StateImage {
  readonly db: Buffer;
  readonly wal: Buffer | undefined;
}

export class World {
  readonly seed: number;
  readonly shape: Shape;
  readonly loop = new Loop();
  readonly teller = new Teller(this.loop);
  readonly hosts = new Map<HostId, Host>();
  readonly agents = new Map<HostId, AgentRun>();
  readonly registry: Source;
  readonly router: Source;
  readonly ailments = new Map<string, Ailment>();
  /** Weather of a machine, or of all, by whoever makes it. */
  readonly weathers = new Map<
    number,
    { readonly host: string | undefined; readonly weather: Partial<Weather> }
  >();
  /** All coordinators that were ever started; the last one that leads is whom addresses lead to. */
  readonly leaders: Leader[] = [];
  /** Hosts whose calls still reach an older leader. */
  /** Of the witnesses' queries, as the next coordinator is configured. */
  edition = 1;
  readonly misrouted = new Map<HostId, Leader>();
  readonly network: Network;
  readonly directory: string;
  /** What agents are configured to join: known once somebody has led. */
  installation = '';
  /** Agents report only around passes, so that long times are cheap. Undefined: at their own interval. */
  paced = true;
  /** Time between passes; another one than the policy's only while trust is earned. */
  roundMs: number;
  readonly log = quietLog((level, fields) => this.onLog(level, fields));
  /** Hears what each pass found. */
  onReport: (report: Report) => void = () => undefined;
  onLog: (level: string, fields: unknown) => void = () => undefined;
  readonly #leaderMachines = new Map<string, Machine>();
  #runs = 0;

  constructor(seed: number, shape: Shape) {
    this.seed = seed;
    this.shape = shape;
    this.roundMs = shape.policy.roundIntervalMs;
    this.directory = mkdtempSync(join(root, 'servo-sim-'));
    const { teller, loop } = this;
    this.registry = new Source('registry', true, shape.namesHosts, teller);
    this.router = new Source('router', false, shape.namesHosts, teller);
    for (const { id } of this.sources) this.ailments.set(id, healthy());
    this.network = new Network({
      loop,
      tell: teller,
      rng: this.rng('network'),
      route: (host) => this.route(host),
      weather: (host) => this.weather(host),
    });
  }

  rng(name: string): Rng {
    return new Rng(this.seed, name);
  }

  get nowMs(): number {
    return this.loop.nowMs;
  }

  get sources(): readonly Source[] {
    return [this.registry, this.router];
  }

  get state(): string {
    return join(this.directory, 'state.db');
  }

  host(id: HostId): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new Error(`no host ${id}`);
    return host;
  }

  /** What is there before anything happens. */
  tellSources(): void {
    for (const { id, isAuthority } of this.sources)
      this.teller.tell({
        kind: 'witness.configured',
        witness: id,
        source: parseId('source', id),
        authority: isAuthority,
        lookup: this.hasLookup(id),
        condemns: false,
      });
  }

  hasLookup(witness: string): boolean {
    return witness === 'registry' || this.shape.routerHasLookup;
  }

  addHost(id: HostId, cell: CellId, generation: string, machine = this.machine(id)): Host {
    const about = { cell, generation: parseId('generation', generation), machine };
    const host = new Host(id, about, this.teller, () => this.nowMs);
    this.hosts.set(id, host);
    this.#tellEnrolled(id);
    return host;
  }

  /** A host of a prepared world: what it is was told before. */
  loadHost(state: HostState): void {
    const { id, cell, generation } = state;
    const host = new Host(id, { cell, generation, machine: this.machine(id) }, this.teller, () => this.nowMs);
    host.load(state);
    this.hosts.set(id, host);
  }

  machine(name: string): Machine {
    return new Machine(name, () => this.nowMs);
  }

  // Claims are made by the platform's own order: the registry first, the router right after.
  claim(uid: ServoUid, host: HostId, project: ProjectId): void {
    for (const source of this.sources) source.claim(uid, host, project, undefined);
  }

  /** A servo starts, and is claimed everywhere. */
  deploy(host: Host, uid: ServoUid, project: ProjectId): TrueServo {
    const servo = host.create(uid, project);
    this.claim(uid, host.id, project);
    return servo;
  }

  startAgent(host: Host): void {
    const proc = this.#proc(`agent ${host.id}`, host.machine);
    const { shape } = this;
    proc.pace = (atMs, ms) => this.#paceAgent(atMs, ms, proc);
    host.disk.onTorn = () => this.killAgent(host);
    const client = this.network.clientOf(proc, host.id, host.cell);
    try {
      const run = this.loop.within(
        proc,
        () =>
          new AgentRun({
            host,
            proc,
            tell: this.teller,
            log: this.log,
            installation: this.installation,
            limits: shape.limits,
            activityWindowMs: shape.activityWindowMs,
            verify,
            client,
          }),
      );
      this.agents.set(host.id, run);
    } catch (error) {
      // It cannot open its journal: whoever supervises it tries again.
      proc.kill();
      if (codeOf(error) !== 'ENOSPC') throw error;
      this.loop.after(restartMs, undefined, () => {
        if (host.up && this.hosts.get(host.id) === host && !this.agents.has(host.id)) this.startAgent(host);
      });
    }
  }

  killAgent(host: Host): void {
    const run = this.agents.get(host.id);
    if (run === undefined) return;
    this.agents.delete(host.id);
    if (!run.proc.alive) return;
    run.proc.kill();
    this.teller.tell({ kind: 'agent.crashed', host: host.id });
  }

  startLeader(id: string, machine: Machine): Leader {
    const proc = this.#proc(`coordinator ${id}`, machine);
    const { shape } = this;
    const leader: Leader = new Leader({
      id: parseId('coordinator', id),
      cells: shape.cells,
      policy: { ...shape.policy, roundIntervalMs: this.roundMs },
      proc,
      tell: this.teller,
      log: this.log,
      onEnrolled: (host) => this.#tellEnrolled(host),
      onReport: (report) => this.onReport(report),
      openStore: () => openSqliteStore({ file: this.state, exclusive: false, demo: false }),
      witnesses: (onLookup) =>
        this.sources.map((source) =>
          openSimWitness({
            source,
            edition: this.edition,
            proc,
            onLookup,
            hasLookup: this.hasLookup(source.id),
            ailment: () => this.ailments.get(source.id) ?? healthy(),
          }),
        ),
    });
    this.leaders.push(leader);
    return leader;
  }

  /** Another one takes the lead: on the machine of the first, or on one of its own. */
  nextLeader(rng: Rng): Leader {
    const id = rng.pick(['k1', 'k2', 'k3']);
    let machine = this.#leaderMachines.get(id);
    if (machine === undefined) this.#leaderMachines.set(id, (machine = this.machine(`coordinator-${id}`)));
    return this.startLeader(id, machine);
  }

  killLeader(leader: Leader): void {
    if (!leader.proc.alive) return;
    leader.proc.kill();
    this.teller.tell({ kind: 'coordinator.crashed', coordinator: leader.id });
  }

  /** Who leads, by the epoch. */
  get leader(): Leader | undefined {
    let leader: Leader | undefined;
    for (const one of this.leaders) if (one.proc.alive && one.epoch > (leader?.epoch ?? 0)) leader = one;
    return leader;
  }

  route(host: HostId): Leader | undefined {
    const old = this.misrouted.get(host);
    return old?.proc.alive === true ? old : this.leader;
  }

  weather(host: HostId): Weather {
    if (this.weathers.size === 0) return fairWeather();
    const name = this.hosts.get(host)?.machine.name;
    const own = [...this.weathers.values()].filter((w) => w.host === undefined || w.host === name);
    return worst(own.map((w) => w.weather));
  }

  /** Resolves once somebody leads. */
  async led(): Promise<Leader> {
    for (let i = 0; i < 1000; i++) {
      const { leader } = this;
      if (leader?.composed !== undefined) {
        this.installation = leader.composed.coordinator.installation;
        return leader;
      }
      await this.loop.run(this.nowMs + 5);
    }
    throw new Error('nobody leads');
  }

  /** Hard state as it stands, also while it is in use: the log beside it belongs to it. */
  readState(): StateImage {
    const wal = `${this.state}-wal`;
    return { db: readFileSync(this.state), wal: existsSync(wal) ? readFileSync(wal) : undefined };
  }

  /** Puts it in the place of what is there. Nobody may have it open. */
  writeState({ db, wal }: StateImage): void {
    for (const end of ['', '-wal', '-shm']) rmSync(`${this.state}${end}`, { force: true });
    writeFileSync(this.state, db, { mode: 0o600 });
    if (wal !== undefined) writeFileSync(`${this.state}-wal`, wal, { mode: 0o600 });
  }

  /** Everything ends. */
  close(): void {
    for (const leader of this.leaders) leader.proc.kill();
    for (const run of this.agents.values()) run.proc.kill();
    rmSync(this.directory, { recursive: true, force: true });
  }

  #tellEnrolled(id: HostId): void {
    const host = this.hosts.get(id);
    if (host === undefined) return;
    const { cell, generation } = host;
    this.teller.tell({ kind: 'host.enrolled', host: id, cell, generation });
  }

  #proc(name: string, machine: Machine): Proc {
    return this.loop.proc(name, machine, this.rng(`${name} run ${++this.#runs}`));
  }

  /** Where nobody looks until the next pass, nobody needs to report: the report before it, and the one before that, suffice. */
  #paceAgent(atMs: number, ms: number, proc: Proc): number {
    const { leader } = this;
    if (!this.paced || leader === undefined || ms < maxUnpacedMs) return atMs;
    const { heartbeatIntervalMs } = this.shape.policy;
    let nextPassMs = leader.lastPassMs + this.roundMs;
    if (leader.lastPassMs === 0 || nextPassMs <= this.nowMs) return atMs;
    if (atMs > nextPassMs) nextPassMs += this.roundMs;
    const fromMs = nextPassMs - reportsBefore * heartbeatIntervalMs + (proc.rng.bits() % 1000);
    // Whether the coordinator is silent is looked at once it had time to answer the first of these reports.
    return Math.max(atMs, ms === repeatedMs ? fromMs + answeredMs : fromMs);
  }
}

/** After which an agent that could not start is started again. */
const restartMs = 30_000;
/** In which time a report is answered. */
const answeredMs = 2500;
/** How often an agent looks whether its coordinator is silent. */
const repeatedMs = 5000;
/** Timers that are shorter are waits for an answer. */
const maxUnpacedMs = 4000;
