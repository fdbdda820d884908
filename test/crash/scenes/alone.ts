// A coordinator of its own, beside the world's: over its own state, on its own port, with the same witnesses and no hosts.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Admin } from '../../../scripts/demo/admin.ts';
import { run, type Program } from '../../../scripts/demo/processes.ts';
import { nodeArguments, untilEnded, type Ground, type Trapped } from '../ground.ts';
import { persist } from '../scene.ts';

const script = join(import.meta.dirname, '../../../coordinator/src/main.ts');

export class Alone {
  readonly trapped: Trapped;
  readonly state: string;
  readonly log: string;
  readonly #ground: Ground;
  #program: Program | undefined;
  #port = 0;

  /**
   * @param instead what stands in its configuration in the place of the world's; without a state it has a new one.
   */
  constructor(
    ground: Ground,
    turn: number,
    instead: { readonly state?: string; readonly [key: string]: unknown } = {},
  ) {
    this.#ground = ground;
    const { world } = ground;
    const folder = join(world.dir, `alone-${turn}`);
    mkdirSync(folder, { recursive: true });
    this.state = instead.state ?? join(folder, 'state.db');
    this.log = join(folder, 'log');
    const configFile = join(folder, 'coordinator.yaml');
    const config = JSON.parse(readFileSync(world.coordinatorConfig, 'utf8')) as object;
    writeFileSync(
      configFile,
      JSON.stringify({ ...config, listen: '127.0.0.1:0', ...instead, state: this.state }),
    );
    this.trapped = {
      name: 'other coordinator',
      ends: true,
      configFile,
      program: () => this.#program,
      start: async () => {
        const program = run(
          [...world.hosts.values()][0]?.setting.world ?? '',
          script,
          ['run', '--config', configFile, '--print-port'],
          this.log,
          'ignore',
          nodeArguments,
        );
        this.#program = program;
        this.#port = (JSON.parse(await program.firstLine) as { port: number }).port;
      },
    };
  }

  get port(): number {
    return this.#port;
  }

  admin(): Admin {
    const { tls } = JSON.parse(readFileSync(this.#ground.world.servoctlConfig, 'utf8')) as {
      tls: ConstructorParameters<typeof Admin>[1];
    };
    return new Admin(`localhost:${this.#port}`, tls);
  }

  /** Waits until it leads, ends it, and looks at what it leaves: one installation, a whole chain. */
  async leads(): Promise<readonly string[]> {
    const wrong: string[] = [];
    await persist('the other coordinator to lead', async () => {
      const admin = this.admin();
      try {
        const { firstBroken } = await admin.call<{ firstBroken?: string }>('VerifyAudit', {});
        if (firstBroken !== undefined) wrong.push(`its audit chain is broken at ${firstBroken}`);
        return true;
      } finally {
        admin.close();
      }
    });
    this.#program?.child.kill('SIGTERM');
    await untilEnded(this.trapped);
    const db = new Database(this.state, { readonly: true });
    const { n, epoch } = db.prepare('SELECT count(*) AS n, max(epoch) AS epoch FROM installation').get() as {
      n: number;
      epoch: number;
    };
    db.close();
    if (n !== 1 || epoch < 1) wrong.push(`${n} installations, epoch ${epoch}`);
    return wrong;
  }
}
