// A small platform with an auditor on it, all of it real: certificates, registry, router, servos, a coordinator and agents
// as processes of their own. The demo tells a story in it; end-to-end tests break things in it.
import { spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { status, type ServiceError } from '@grpc/grpc-js';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { TlsFiles } from '@servo-auditor/proto/tls.ts';
import {
  createCa,
  createOrderKey,
  issueCoordinator,
  issueHost,
  issueOperator,
  type OrderKeyFiles,
} from '../../coordinator/src/pki.ts';
import { Admin } from './admin.ts';
import { DemoHost, type HostSetting, type Leader, type ServoSpec, type StoreKind } from './host.ts';
import { end, run, sweep, until, type Program } from './processes.ts';
import { createRegistry, registryQueries, type Registry } from './registry.ts';

export const cell = 'demo';
const undertakerScript = join(import.meta.dirname, 'undertaker.ts');
/** Longest wait for anything here, on a machine that has much else to do. */
const patienceMs = 240_000;
const coordinatorScript = join(import.meta.dirname, '../../coordinator/src/main.ts');

export interface HostPlan {
  readonly id: string;
  readonly kind: StoreKind;
  readonly servos: readonly ServoSpec[];
  readonly spell?: (uid: string) => string;
}

export interface WorldSetting {
  /** Factor by which waits run faster. */
  readonly factor: number;
  readonly heartbeatIntervalMs: number;
  readonly roundIntervalMs: number;
  /** Further options of the coordinator's policy. */
  readonly policy?: Readonly<Record<string, number>>;
  /** Words for Node itself, where it runs the coordinator and the agents: what a test loads into them. */
  readonly nodeArguments?: readonly string[];
}

export class World {
  readonly dir: string;
  readonly registry: Registry;
  readonly hosts = new Map<string, DemoHost>();
  /** Port on loopback by which the coordinator reaches the router, where something stands in between. */
  routerFront: number | undefined;
  readonly #setting: WorldSetting;
  readonly #name: string;
  readonly #orderKey: OrderKeyFiles;
  readonly #coordinatorTls: TlsFiles;
  readonly #operatorTls: TlsFiles;
  readonly #undertaker: ChildProcess;
  #router: (Program & { readonly port: number }) | undefined;
  #coordinator: Program | undefined;
  #port = 0;
  #installation = '';
  #admin: Admin | undefined;

  private constructor(
    dir: string,
    setting: WorldSetting,
    keys: { orderKey: OrderKeyFiles; coordinator: TlsFiles; operator: TlsFiles },
  ) {
    this.dir = dir;
    this.#setting = setting;
    this.#name = `demo-${randomBytes(6).toString('hex')}`;
    this.#orderKey = keys.orderKey;
    this.#coordinatorTls = keys.coordinator;
    this.#operatorTls = keys.operator;
    this.registry = createRegistry(join(dir, 'registry.db'));
    // Outlives this process, however it ends, and clears up after it.
    const undertaker = spawn(process.execPath, [undertakerScript, this.#name, dir], {
      stdio: ['pipe', 'ignore', 'inherit'],
      detached: true,
    });
    undertaker.unref();
    this.#undertaker = undertaker;
  }

  /** Makes the directory, the certificates and an empty registry; starts nothing. */
  static async create(setting: WorldSetting): Promise<World> {
    const dir = mkdtempSync(join(tmpdir(), 'servo-auditor-'));
    const pki = join(dir, 'pki');
    mkdirSync(pki, { mode: 0o700 });
    await createCa(pki, 'demo.example');
    return new World(dir, setting, {
      orderKey: await createOrderKey(pki),
      coordinator: await issueCoordinator(pki, parseId('coordinator', 'coordinator-1'), [
        'localhost',
        '127.0.0.1',
      ]),
      operator: await issueOperator(pki, parseId('operator', 'demo-admin'), 'admin'),
    });
  }

  async startRouter(): Promise<void> {
    const program = run(
      this.#name,
      join(import.meta.dirname, 'router.ts'),
      [],
      join(this.dir, 'router.log'),
      'pipe',
    );
    const { port } = JSON.parse(await program.firstLine) as { port: number };
    this.#router = { ...program, port };
  }

  /** Starts the coordinator, on the port that it had before if it ran before. Resolves when it listens. */
  async startCoordinator(): Promise<void> {
    this.#writeCoordinatorConfig();
    const program = run(
      this.#name,
      coordinatorScript,
      ['run', '--config', this.coordinatorConfig, '--print-port'],
      this.coordinatorLog,
      'ignore',
      this.#setting.nodeArguments,
    );
    this.#coordinator = program;
    const said = JSON.parse(await program.firstLine) as { port: number; installation: string };
    this.#port = said.port;
    this.#installation = said.installation;
    this.#admin ??= new Admin(`localhost:${said.port}`, this.#operatorTls);
    this.#writeServoctlConfig();
  }

  get coordinator(): Program {
    if (this.#coordinator === undefined) throw new Error('the coordinator was not started');
    return this.#coordinator;
  }

  get coordinatorConfig(): string {
    return join(this.dir, 'coordinator.yaml');
  }

  get coordinatorLog(): string {
    return join(this.dir, 'coordinator.log');
  }

  /** Configuration of `servoctl`, for the same operator as `admin`. */
  get servoctlConfig(): string {
    return join(this.dir, 'servoctl.yaml');
  }

  get admin(): Admin {
    if (this.#admin === undefined) throw new Error('the coordinator was not started');
    return this.#admin;
  }

  get leader(): Leader {
    return {
      address: `localhost:${this.#port}`,
      installation: this.#installation,
      factor: this.#setting.factor,
    };
  }

  /** Makes a host with running, claimed and routed servos. Its agent is started apart. @param make another kind of host. */
  async addHost(
    { id, kind, servos, spell = (uid) => uid }: HostPlan,
    make = (setting: HostSetting, all: readonly ServoSpec[]) => new DemoHost(setting, all),
  ): Promise<DemoHost> {
    const dir = join(this.dir, 'hosts', id);
    mkdirSync(dir, { recursive: true });
    const tls = await issueHost(join(this.dir, 'pki'), parseId('host', id), parseId('cell', cell));
    const setting: HostSetting = {
      id,
      kind,
      dir,
      spell,
      tls,
      world: this.#name,
      orderKey: this.#orderKey.publicKey,
      nodeArguments: this.#setting.nodeArguments ?? [],
    };
    const host = make(setting, servos);
    this.hosts.set(id, host);
    await host.populate();
    for (const { uid, project } of servos) {
      this.registry.claim(project, uid, id);
      await this.route(uid, { host: id, project });
    }
    return host;
  }

  /** Begins a route (with a target), or ends it. */
  async route(
    uid: string,
    target: { readonly host: string; readonly project: string } | undefined,
  ): Promise<void> {
    const url = `${this.#routerUrl}/routes/${encodeURIComponent(uid)}`;
    const response = await fetch(
      url,
      target === undefined ? { method: 'DELETE' } : { method: 'PUT', body: JSON.stringify(target) },
    );
    if (!response.ok) throw new Error(`router: HTTP ${response.status}`);
  }

  /** Makes the router answer look-ups of a uid so much later. */
  async slowDown(uid: string, ms: number): Promise<void> {
    await fetch(`${this.#routerUrl}/slow/${encodeURIComponent(uid)}`, {
      method: 'PUT',
      body: JSON.stringify({ ms }),
    });
  }

  /** How often the router was asked for a uid: only the last question before a stop asks it so. */
  async asked(uid: string): Promise<number> {
    const response = await fetch(`${this.#routerUrl}/slow/${encodeURIComponent(uid)}`);
    return ((await response.json()) as { asked: number }).asked;
  }

  get routerPort(): number {
    if (this.#router === undefined) throw new Error('the router was not started');
    return this.#router.port;
  }

  get #routerUrl(): string {
    return `http://127.0.0.1:${this.routerPort}`;
  }

  /** Deletes a project as the platform does: its claims become tombstones, its routes end. Nothing stops its servos. */
  async deleteProject(project: string): Promise<readonly string[]> {
    const uids = this.registry.deleteProject(project);
    for (const uid of uids) await this.route(uid, undefined);
    return uids;
  }

  /** The host that a servo runs on. */
  hostOf(uid: string): DemoHost {
    const host = [...this.hosts.values()].find((h) => h.servos.some((s) => s.uid === uid));
    if (host === undefined) throw new Error(`no host has ${uid}`);
    return host;
  }

  async untilHosts(count: number): Promise<void> {
    await until(`${count} hosts to be fresh and read`, patienceMs, async () => {
      const { cells } = await this.admin.call<{ cells?: { fresh?: number }[] }>('Status', {});
      return cells?.[0]?.fresh === count ? true : undefined;
    });
  }

  /** Confirms an orphan, as an operator does: looks again when its host is stale, and it none, just at that moment. */
  async confirmOrphan(
    { uid, incarnation, host }: { readonly uid: string; readonly incarnation: string; readonly host: string },
    reason: string,
  ): Promise<void> {
    await until(`${uid} to be confirmed as an orphan`, patienceMs, async () => {
      try {
        return await this.admin.call<object>('ConfirmOrphan', { uid, incarnation, host, reason });
      } catch (error) {
        const { code } = (error as Error).cause as Partial<ServiceError>;
        if (code === status.FAILED_PRECONDITION) return undefined;
        throw error;
      }
    });
  }

  /** Ends everything that was started here, and removes the directory. */
  async close(): Promise<void> {
    this.#admin?.close();
    await Promise.all([...this.hosts.values()].map((host) => host.stopAgent()));
    if (this.#coordinator !== undefined) await end(this.#coordinator);
    if (this.#router !== undefined) await end(this.#router);
    await sweep(this.#name);
    this.registry.close();
    rmSync(this.dir, { recursive: true, force: true });
    this.#undertaker.stdin?.end();
  }

  #writeCoordinatorConfig(): void {
    const { heartbeatIntervalMs, roundIntervalMs, factor, policy } = this.#setting;
    const config = {
      id: 'coordinator-1',
      listen: `127.0.0.1:${this.#port}`,
      tls: this.#coordinatorTls,
      orderKey: this.#orderKey.privateKey,
      state: join(this.dir, 'state.db'),
      cells: [cell],
      witnesses: [
        {
          id: 'registry',
          source: 'registry',
          authority: true,
          kind: 'sql',
          reads: 'primary',
          file: join(this.dir, 'registry.db'),
          queries: registryQueries,
        },
        {
          id: 'router',
          source: 'router',
          authority: false,
          kind: 'http',
          url: `http://127.0.0.1:${this.routerFront ?? this.routerPort}/routes`,
          fields: { uid: 'uid', host: 'host', project: 'project' },
        },
      ],
      policy: { heartbeatIntervalMs, roundIntervalMs, ...policy },
      demo: { factor },
    };
    writeFileSync(this.coordinatorConfig, JSON.stringify(config, undefined, 2));
  }

  #writeServoctlConfig(): void {
    const config = { address: `localhost:${this.#port}`, tls: this.#operatorTls };
    writeFileSync(this.servoctlConfig, JSON.stringify(config, undefined, 2));
  }
}
