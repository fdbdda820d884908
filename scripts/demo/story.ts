// The story that the demo tells, chapter by chapter. What it says is what it has seen: every figure is asked for, of the
// auditor through `servoctl` and its API, and of the platform itself (the demo's own truth), never assumed.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { until } from './processes.ts';
import type { DemoHost, ServoSpec, StoreKind } from './host.ts';
import type { Teller } from './say.ts';
import { cell, type World, type WorldSetting } from './world.ts';

export interface Result {
  readonly hosts: number;
  readonly generations: readonly string[];
  readonly servos: number;
  readonly orphans: number;
  readonly stopped: number;
  readonly restored: number;
  readonly liveStopped: number;
  readonly naiveLiveStopped: number;
}

interface ServoRow {
  readonly uid: string;
  readonly incarnation: string;
  readonly host: string;
  readonly generation: string;
  readonly state: string;
  readonly verdict?: string;
  readonly refusedBy?: readonly string[];
}
interface Certification {
  readonly generation: string;
  readonly readerVersion: string;
  readonly certified: string;
}

const servosPerHost = 6;
const hostKinds: readonly StoreKind[] = [
  'manifest-directory',
  'manifest-directory',
  'sqlite',
  'sqlite',
  'labels',
  'labels',
];
const servoctlScript = join(import.meta.dirname, '../../coordinator/src/cli/main.ts');
/** Longest that one step may take, on a machine that has much else to do. */
const patienceMs = 240_000;

export class Story {
  readonly #world: World;
  readonly #setting: WorldSetting;
  readonly #tell: Teller;
  /** Projects that the demo deleted: whatever else is claimed and stops is a live servo that was taken down. */
  readonly #deleted = new Set<string>();
  /** Stops that hosts showed, as uid and incarnation. */
  readonly #stopped = new Set<string>();

  constructor(world: World, setting: WorldSetting, tell: Teller) {
    this.#world = world;
    this.#setting = setting;
    this.#tell = tell;
  }

  async tell(): Promise<Result> {
    await this.#fleet();
    await this.#trust();
    const orphan = await this.#ripening();
    const restored = await this.#restore(orphan);
    const naiveLiveStopped = await this.#july22();
    return await this.#ending(restored, naiveLiveStopped);
  }

  async #fleet(): Promise<void> {
    const { factor, heartbeatIntervalMs } = this.#setting;
    this.#tell.chapter('A platform, and an auditor that observes it');
    this.#tell.say(
      `This is a demo installation: waits pass ${factor} times faster (7 d are 20 s), nothing else differs.`,
    );
    this.#tell.say(
      `Heartbeats and rounds come every ${heartbeatIntervalMs / 1000} s, so a "day" (2.9 s) is shorter than three rounds.`,
    );
    await this.#world.startRouter();
    for (const [i, kind] of hostKinds.entries())
      await this.#world.addHost({ id: `h${i + 1}`, kind, servos: servosOf(`h${i + 1}`) });
    await this.#world.startCoordinator();
    for (const host of this.#world.hosts.values()) host.startAgent(this.#world.leader);
    await this.#world.untilHosts(hostKinds.length);
    await this.#untilVerdicts(
      'every servo to be judged live',
      (rows) =>
        rows.length === hostKinds.length * servosPerHost && rows.every((r) => r.verdict === 'VERDICT_LIVE'),
    );
    await this.#show('hosts', 'list');
  }

  async #trust(): Promise<void> {
    this.#tell.chapter('Trust is earned, per generation');
    this.#tell.say(
      'One project per generation is deleted in the registry. Nothing may be stopped yet: every generation is in observe.',
    );
    // A source votes "released" only for what it was seen to claim before: give every witness a few rounds to be seen.
    await this.#rounds(5);
    const calibration = await this.#delete('h1-6', 'h3-6', 'h5-6');
    const orphans = await this.#untilOrphans(calibration);
    this.#tell.say('All three ripened into orphans. An operator looks at each, and confirms that it is one.');
    for (const orphan of orphans) await this.#world.confirmOrphan(orphan, 'deleted by the demo itself');
    this.#tell.say(
      'A week (20 s) of judging every known-live servo rightly must pass before a generation may act by itself.',
    );
    await until('all generations to be certified', patienceMs, async () => {
      const { certifications } = await this.#world.admin.call<{ certifications: readonly Certification[] }>(
        'ListCertifications',
        {},
      );
      return certifications.length === 3 && certifications.every((c) => c.certified === 'MODE_ENFORCE')
        ? true
        : undefined;
    });
    await this.#show('certifications', 'list');
    for (const generation of new Set(orphans.map((o) => o.generation)))
      await this.#show('modes', 'set', cell, generation, 'enforce', '--reason', 'certified');
    await this.#untilStopped(calibration);
    this.#tell.say('Promoted, and so the three that were waiting are stopped: into quarantine, kept whole.');
  }

  async #ripening(): Promise<ServoSpec> {
    this.#tell.chapter('Three more projects are deleted');
    this.#tell.say(
      'A day passes first: more than three orphans and stops a day among so few servos would open a breaker.',
    );
    await this.#aDayWithoutStops();
    const servos = await this.#delete('h2-1', 'h4-1', 'h6-1');
    const [first] = servos;
    if (first === undefined) throw new Error('nothing was deleted');
    await this.#untilVerdicts(`${first.uid} to be a suspect`, (rows) =>
      rows.some((r) => r.uid === first.uid && r.verdict === 'VERDICT_SUSPECT'),
    );
    await this.#show('explain', first.uid);
    await this.#untilStopped(servos);
    this.#tell.say(
      'Suspects, orphans, orders, each confirmed at the last moment by look-ups of its own, and stopped:',
    );
    await this.#show('quarantine', 'list');
    await this.#sayLive();
    return first;
  }

  async #restore({ uid }: ServoSpec): Promise<number> {
    this.#tell.chapter('One of them was a mistake of the operator: undo');
    const host = this.#world.hostOf(uid);
    host.forgetPort(uid);
    await this.#show('restore', 'servo', uid, '--reason', 'the customer called');
    await until(`${uid} to answer again`, patienceMs, async () =>
      (await host.answers(uid)) ? true : undefined,
    );
    this.#tell.say(`${uid} answers its HTTP requests again, in a session of its own.`);
    return 1;
  }

  /** The seventh host records its servos slightly differently. */
  async #july22(): Promise<number> {
    this.#tell.chapter('22 July 2015 in miniature');
    this.#tell.say(
      'A host of the previous generation joins. Its store spells uids otherwise: h7_1 for h7-1.',
    );
    const host = await this.#world.addHost({
      id: 'h7',
      kind: 'manifest-directory',
      servos: servosOf('h7'),
      spell: (uid) => uid.replaceAll('-', '_'),
    });
    host.startAgent(this.#world.leader);
    await this.#world.untilHosts(hostKinds.length + 1);
    const rows = await this.#untilVerdicts('the misread servos to be judged', (all) => {
      const misread = all.filter((r) => r.host === 'h7');
      return misread.length === servosPerHost && misread.every((r) => r.verdict === 'VERDICT_STRAY');
    });
    const misread = rows.filter((r) => r.host === 'h7');
    const naive = rows.filter((row) => this.#isLive(row) && !this.#world.registry.plainLookup(row.uid));
    this.#tell.say(
      `An audit that looks each uid up and deletes what it does not find would stop ${naive.length} live servos now.`,
    );
    await this.#rounds(3);
    this.#tell.say(
      `This one stopped none of them, round after round. Why, for one of the ${misread.length}:`,
    );
    if (misread[0] !== undefined) await this.#show('explain', misread[0].uid);
    return naive.length;
  }

  async #ending(restored: number, naiveLiveStopped: number): Promise<Result> {
    this.#tell.chapter('What is left');
    await this.#show('status');
    await this.#show('audit', 'verify');
    const liveStopped = await this.#sayLive();
    const rows = await this.#servos();
    const result: Result = {
      hosts: this.#world.hosts.size,
      generations: [...new Set(rows.map((r) => r.generation))].toSorted(),
      servos: [...this.#world.hosts.values()].reduce((sum, host) => sum + host.servos.length, 0),
      orphans: this.#deleted.size,
      stopped: this.#stopped.size,
      restored,
      liveStopped,
      naiveLiveStopped,
    };
    this.#tell.say('');
    this.#tell.say(
      `${result.servos} servos on ${result.hosts} hosts of ${result.generations.length} generations: ${result.stopped} of ${result.orphans} true orphans stopped, ${restored} restored.`,
    );
    this.#tell.say(
      `Live servos stopped: ${liveStopped}. A lookup-and-delete audit would have stopped ${naiveLiveStopped}.`,
    );
    return result;
  }

  async #delete(...projects: readonly string[]): Promise<readonly ServoSpec[]> {
    const servos: ServoSpec[] = [];
    for (const project of projects)
      for (const uid of await this.#world.deleteProject(`project-${project}`)) {
        this.#deleted.add(uid);
        servos.push({ uid, project: `project-${project}` });
      }
    this.#tell.say(`Deleted: ${servos.map((s) => `${s.project} (${s.uid})`).join(', ')}.`);
    return servos;
  }

  async #servos(): Promise<readonly ServoRow[]> {
    const { servos } = await this.#world.admin.call<{ servos?: readonly ServoRow[] }>('ListServos', {
      all: true,
      pageSize: 1000,
    });
    return servos ?? [];
  }

  async #untilVerdicts(
    what: string,
    fits: (rows: readonly ServoRow[]) => boolean,
  ): Promise<readonly ServoRow[]> {
    return await until(what, patienceMs, async () => {
      const rows = await this.#servos();
      for (const row of rows)
        if (row.state === 'SERVO_STATE_QUARANTINED') this.#stopped.add(`${row.uid} ${row.incarnation}`);
      return fits(rows) ? rows : undefined;
    });
  }

  async #untilOrphans(servos: readonly ServoSpec[]): Promise<readonly ServoRow[]> {
    const wanted = (row: ServoRow): boolean => servos.some((s) => s.uid === row.uid);
    const rows = await this.#untilVerdicts('all of them to be orphans', (all) =>
      servos.every(({ uid }) => all.some((r) => r.uid === uid && r.verdict === 'VERDICT_ORPHAN')),
    );
    return rows.filter(wanted);
  }

  /** Stopped in the host's own eyes and in truth: quarantined, and not answering. */
  async #untilStopped(servos: readonly ServoSpec[]): Promise<void> {
    await this.#untilVerdicts('all of them to be stopped', (all) =>
      servos.every(({ uid }) => all.some((r) => r.uid === uid && r.state === 'SERVO_STATE_QUARANTINED')),
    );
    for (const { uid } of servos)
      if (await this.#world.hostOf(uid).answers(uid))
        throw new Error(`${uid} is said to be stopped, and answers`);
  }

  /** Live by the demo's own truth: its project was never deleted. */
  #isLive(row: ServoRow): boolean {
    const host = this.#world.hosts.get(row.host);
    const spec = host?.servos.find((s) => host.setting.spell(s.uid) === row.uid);
    return spec !== undefined && !this.#deleted.has(spec.uid);
  }

  /** Asks every servo of a living project by HTTP. Returns how many do not answer. */
  async #sayLive(): Promise<number> {
    const asked = [...this.#world.hosts.values()].flatMap((host) =>
      host.servos.filter((s) => !this.#deleted.has(s.uid)).map((s) => [host, s.uid] as const),
    );
    const answers = await Promise.all(
      asked.map(([host, uid]: readonly [DemoHost, string]) => host.answers(uid)),
    );
    const silent = answers.filter((answer) => !answer).length;
    this.#tell.say(
      `${answers.length - silent} of ${answers.length} servos of living projects answer their HTTP requests.`,
    );
    return silent;
  }

  /** Breakers count the stops of a day. */
  async #aDayWithoutStops(): Promise<void> {
    await until('the stops to be a day old', patienceMs, async () => {
      const { servos = [] } = await this.#world.admin.call<{
        servos?: readonly { case: { sinceAgoMs: string } }[];
      }>('ListQuarantine', { all: true, limit: 1000 });
      return servos.every((row) => Number(row.case.sinceAgoMs) > 25 * 3_600_000) ? true : undefined;
    });
  }

  async #rounds(count: number): Promise<void> {
    const before = await this.#passes();
    await until(`${count} more rounds`, patienceMs, async () =>
      (await this.#passes()) >= before + count ? true : undefined,
    );
  }

  async #passes(): Promise<number> {
    const { cells } = await this.#world.admin.call<{
      cells?: readonly { lastRound?: { number?: number } }[];
    }>('Status', {});
    return cells?.[0]?.lastRound?.number ?? 0;
  }

  /** Runs `servoctl` as an operator would, and shows what it says. */
  async #show(...words: readonly string[]): Promise<void> {
    const answer = await new Promise<string>((resolve, reject) => {
      const args = [servoctlScript, '--config', this.#world.servoctlConfig, ...words];
      execFile(
        process.execPath,
        args,
        { env: { ...process.env, COLUMNS: '97' } },
        (error, stdout, stderr) => {
          if (error === null) resolve(stdout);
          else reject(new Error(`servoctl ${words.join(' ')}: ${stderr || error.message}`));
        },
      );
    });
    this.#tell.command(
      words.map((word) => (/^[\w./:@=-]+$/.test(word) ? word : `'${word}'`)),
      answer,
    );
  }
}

function servosOf(host: string): readonly ServoSpec[] {
  return Array.from({ length: servosPerHost }, (_, i) => ({
    uid: `${host}-${i + 1}`,
    project: `project-${host}-${i + 1}`,
  }));
}
