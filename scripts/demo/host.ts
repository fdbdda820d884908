// One application host of the demo: its servos (real processes), its store (as its generation keeps it), and its agent.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { TlsFiles } from '@servo-auditor/proto/tls.ts';
import type { CommandLaunch } from '../../agent/src/scan/facts.ts';
import { start } from '../../agent/src/scan/runtime/process-start.ts';
import { end, markVariable, run, until, type Program } from './processes.ts';

export const storeKinds = ['manifest-directory', 'sqlite', 'labels'] as const;
export type StoreKind = (typeof storeKinds)[number];

export interface ServoSpec {
  readonly uid: string;
  readonly project: string;
  /** How it takes SIGTERM: at once unless given, after so many milliseconds, or (negative) not at all. */
  readonly termMs?: number;
}

export interface HostSetting {
  readonly id: string;
  readonly kind: StoreKind;
  /** Directory of this host. */
  readonly dir: string;
  /** Name of the world that it belongs to. */
  readonly world: string;
  /** How this host spells a uid. The platform's own spelling, except on a host of the kind that took customers down. */
  readonly spell: (uid: string) => string;
  readonly tls: TlsFiles;
  readonly orderKey: string;
  /** Words for Node itself, where it runs the agent. */
  readonly nodeArguments: readonly string[];
}

/** Whom the agent of a host belongs to. */
export interface Leader {
  readonly address: string;
  readonly installation: string;
  readonly factor: number;
}

/** Variable that names world and host of a servo. */
const hostVariable = 'DEMO_HOST';
const repository = join(import.meta.dirname, '../..');
const servoScript = join(import.meta.dirname, 'servo.ts');
const agentScript = join(repository, 'agent/src/main.ts');

export class DemoHost {
  readonly setting: HostSetting;
  readonly servos: readonly ServoSpec[];
  #agent: Program | undefined;

  constructor(setting: HostSetting, servos: readonly ServoSpec[]) {
    this.setting = setting;
    this.servos = servos;
  }

  get id(): string {
    return this.setting.id;
  }

  get configFile(): string {
    return join(this.setting.dir, 'agent.yaml');
  }

  get logFile(): string {
    return join(this.setting.dir, 'agent.log');
  }

  /** Starts all servos and records them in the store. Resolves when every one serves. */
  async populate(): Promise<void> {
    mkdirSync(join(this.setting.dir, 'ports'), { recursive: true });
    const launches = this.servos.map((servo) => ({ servo, launch: this.#launch(servo) }));
    this.#record(launches);
    for (const { servo, launch } of launches) {
      const started = await start(launch);
      if (started.kind === 'failed') throw new Error(`${servo.uid} on ${this.id}: ${started.message}`);
    }
    for (const { uid } of this.servos)
      await until(`${uid} on ${this.id} to serve`, 60_000, () => this.port(uid));
  }

  /** Port of a servo, by the platform's own name for it; undefined while it does not serve. */
  port(uid: string): number | undefined {
    try {
      return Number(readFileSync(this.#portFile(uid), 'utf8'));
    } catch {
      return undefined;
    }
  }

  /** Whether the servo answers an HTTP request now. */
  async answers(uid: string): Promise<boolean> {
    const port = this.port(uid);
    if (port === undefined) return false;
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(5000) });
      return (await response.text()).trim() === uid;
    } catch {
      return false;
    }
  }

  /** Forgets where a servo served, so that only its next start tells. */
  forgetPort(uid: string): void {
    rmSync(this.#portFile(uid), { force: true });
  }

  startAgent(leader: Leader): void {
    this.#writeConfig(leader);
    const { world, nodeArguments } = this.setting;
    this.#agent = run(
      world,
      agentScript,
      ['run', '--config', this.configFile],
      this.logFile,
      'ignore',
      nodeArguments,
    );
  }

  get agent(): Program | undefined {
    return this.#agent;
  }

  async stopAgent(): Promise<void> {
    if (this.#agent !== undefined) await end(this.#agent);
  }

  #portFile(uid: string): string {
    return join(this.setting.dir, 'ports', uid);
  }

  #launch({ uid, project, termMs = 0 }: ServoSpec) {
    const { id, kind, world, spell, dir } = this.setting;
    const reported = spell(uid);
    const identity =
      kind === 'labels' ? { PLATFORM_UID: reported, PLATFORM_PROJECT: project } : { SERVO_UID: reported };
    return {
      argv: [process.execPath, servoScript, this.#portFile(uid), `--servo-uid=${reported}`],
      cwd: dir,
      env: {
        PATH: '/usr/bin:/bin',
        [markVariable]: world,
        [hostVariable]: `${world}/${id}`,
        DEMO_NAME: uid,
        DEMO_TERM_MS: String(termMs),
        ...identity,
      },
    };
  }

  #record(launches: readonly { servo: ServoSpec; launch: CommandLaunch }[]): void {
    const { kind, spell, dir } = this.setting;
    switch (kind) {
      case 'manifest-directory':
        for (const { servo, launch } of launches) {
          const folder = join(dir, 'servos', servo.project);
          mkdirSync(folder, { recursive: true });
          const manifest = { uid: spell(servo.uid), project: servo.project, ...launch };
          writeFileSync(join(folder, `${servo.uid}.json`), JSON.stringify(manifest, undefined, 2));
        }
        return;
      case 'sqlite': {
        const db = new Database(join(dir, 'servos.db'));
        db.exec(
          'CREATE TABLE IF NOT EXISTS instance (uid TEXT PRIMARY KEY, project TEXT, argv TEXT, cwd TEXT, env TEXT)',
        );
        const insert = db.prepare('INSERT INTO instance VALUES (?, ?, ?, ?, ?)');
        for (const { servo, launch } of launches)
          insert.run(
            spell(servo.uid),
            servo.project,
            JSON.stringify(launch.argv),
            launch.cwd,
            JSON.stringify(launch.env),
          );
        db.close();
        return;
      }
      case 'labels':
        // The record is in the environment of the process itself.
        return;
    }
  }

  /** What the agent is told of store and runtime. */
  protected generation(): Readonly<Record<'store' | 'runtime', unknown>> {
    const { id, dir, kind, world } = this.setting;
    const fields = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
    const store = {
      'manifest-directory': { kind, root: join(dir, 'servos'), fields },
      sqlite: { kind, file: join(dir, 'servos.db'), table: 'instance', fields },
      labels: { kind, fields: { uid: 'PLATFORM_UID', project: 'PLATFORM_PROJECT' } },
    }[kind];
    const identity =
      kind === 'labels'
        ? { from: 'argument', prefix: '--servo-uid=' }
        : { from: 'environment', variable: 'SERVO_UID' };
    const runtime = {
      kind: 'process',
      users: [String(process.getuid?.() ?? 0)],
      marker: { variable: hostVariable, value: `${world}/${id}` },
      commands: [servoScript],
      identity,
      stopGrace: '2 s',
    };
    return { store, runtime };
  }

  #writeConfig({ address, installation, factor }: Leader): void {
    const { dir, tls, orderKey } = this.setting;
    mkdirSync(join(dir, 'state'), { recursive: true, mode: 0o700 });
    const config = {
      installation,
      coordinator: { address },
      tls,
      orderKeys: [orderKey],
      state: join(dir, 'state'),
      ...this.generation(),
      demo: { factor },
    };
    // JSON is YAML.
    writeFileSync(this.configFile, JSON.stringify(config, undefined, 2));
  }
}
