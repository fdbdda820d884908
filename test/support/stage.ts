// A certified world for end-to-end tests: real processes, every generation trusted and in enforce, earned as anywhere else.
import type t from 'tap';
import type { DemoHost, HostSetting, ServoSpec, StoreKind } from '../../scripts/demo/host.ts';
import { until } from '../../scripts/demo/processes.ts';
import { cell, World, type WorldSetting } from '../../scripts/demo/world.ts';

/** A week of waiting in two seconds, so that trust is earned quickly; rounds and staleness are as real as ever. */
const defaults = { factor: 300_000, heartbeatIntervalMs: 1000, roundIntervalMs: 700 };
/** On a machine that has much else to do; an order that came to nothing stands in the way of the next for its life, two minutes. */
const patienceMs = 240_000;

export interface ServoRow {
  readonly uid: string;
  readonly incarnation: string;
  readonly host: string;
  readonly generation: string;
  readonly state: string;
  readonly verdict?: string;
  readonly refusedBy?: readonly string[];
}
export interface OrderRow {
  readonly id: string;
  readonly uid: string;
  readonly action: string;
  readonly state: string;
}
export interface AuditRow {
  readonly event: string;
  readonly aboutJson?: string;
}

export interface StageOptions {
  readonly setting?: Partial<WorldSetting>;
  readonly policy?: Readonly<Record<string, number>>;
  readonly prepare?: (world: World) => Promise<void>;
  /** Another kind of host. */
  readonly make?: (setting: HostSetting, servos: readonly ServoSpec[]) => DemoHost;
}

export class Stage {
  readonly world: World;

  constructor(world: World) {
    this.world = world;
  }

  async servos(): Promise<readonly ServoRow[]> {
    return (
      (await this.world.admin.call<{ servos?: ServoRow[] }>('ListServos', { all: true, pageSize: 1000 }))
        .servos ?? []
    );
  }

  /** What it waits in vain for, it fails with what is known of the servo. */
  async untilServo(uid: string, what: string, fits: (row: ServoRow) => boolean): Promise<ServoRow> {
    return await until(`${uid} to be ${what}`, patienceMs, async () => {
      try {
        return (await this.servos()).find((row) => row.uid === uid && fits(row));
      } catch {
        // The coordinator may be down in this scene.
        return undefined;
      }
    }).catch(async (cause: unknown) => {
      const { admin } = this.world;
      const known = [
        admin.call('Explain', { uid }),
        admin.call('ListOrders', { all: true }),
        admin.call('Status', {}),
      ];
      const said = (await Promise.allSettled(known)).map((one) =>
        JSON.stringify(one.status === 'fulfilled' ? one.value : String(one.reason)),
      );
      throw new Error([String(cause), ...said].join('\n'), { cause });
    });
  }

  async untilStopped(uid: string): Promise<ServoRow> {
    return await this.untilServo(uid, 'in quarantine', (row) => row.state === 'SERVO_STATE_QUARANTINED');
  }

  /** Every entry of the audit chain with this event that is about this uid. */
  async audit(event: string, uid: string): Promise<readonly AuditRow[]> {
    const entries = await this.world.admin.stream<AuditRow>('ExportAudit', { afterVersion: 0 });
    return entries.filter((entry) => entry.event === event && JSON.stringify(entry).includes(`\\"${uid}\\"`));
  }

  /** Releases a servo whose last question the router will answer `ms` late, and waits until that question is asked. */
  async releaseAndHoldQuestion(uid: string, ms: number): Promise<void> {
    await this.world.slowDown(uid, ms);
    const before = await this.world.asked(uid);
    await this.world.deleteProject(`project-${uid}`);
    await until(`the last question about ${uid}`, patienceMs, async () =>
      (await this.world.asked(uid)) > before ? true : undefined,
    );
  }
}

/**
 * A stage with a host per kind; every host has the given servos, each in a project of its own, and five that stay.
 * @param policy of the coordinator, beside that of the stage.
 * @param prepare is called once the router runs, and nothing else.
 */
export async function aStage(
  test: Pick<typeof t, 'teardown'>,
  hosts: Readonly<Record<string, readonly [StoreKind, ...Partial<ServoSpec>[]]>>,
  { policy = {}, setting = {}, prepare = () => Promise.resolve(), make }: StageOptions = {},
): Promise<Stage> {
  const world = await World.create({ ...defaults, ...setting, policy });
  test.teardown(async () => await world.close());
  const stage = new Stage(world);
  await world.startRouter();
  await prepare(world);
  for (const [id, [kind, ...extra]] of Object.entries(hosts)) {
    const stay = Array.from({ length: 5 }, (_, i) => ({ uid: `${id}-stay-${i}` }));
    const servos = [
      ...extra.map((spec, i) => ({ ...spec, uid: `${id}-${i + 1}` })),
      { uid: `${id}-trial` },
      ...stay,
    ];
    const plan = { id, kind, servos: servos.map((spec) => ({ ...spec, project: `project-${spec.uid}` })) };
    await world.addHost(plan, make);
  }
  await world.startCoordinator();
  for (const host of world.hosts.values()) host.startAgent(world.leader);
  await until('every servo to be judged live', patienceMs, async () => {
    const rows = await stage.servos();
    const all = [...world.hosts.values()].reduce((sum, host) => sum + host.servos.length, 0);
    return rows.length === all && rows.every((row) => row.verdict === 'VERDICT_LIVE') ? true : undefined;
  });
  await rounds(stage, 5);
  for (const id of Object.keys(hosts)) await certify(stage, `${id}-trial`);
  return stage;
}

/** Waits for so many more rounds. */
export async function rounds(stage: Stage, count: number): Promise<void> {
  const number = async (): Promise<number> => {
    const { cells } = await stage.world.admin.call<{ cells?: { lastRound?: { number?: number } }[] }>(
      'Status',
      {},
    );
    return cells?.[0]?.lastRound?.number ?? 0;
  };
  const before = await number();
  await until(`${count} rounds`, patienceMs, async () =>
    (await number()) >= before + count ? true : undefined,
  );
}

async function certify(stage: Stage, trial: string): Promise<void> {
  const { admin } = stage.world;
  await stage.world.deleteProject(`project-${trial}`);
  const orphan = await stage.untilServo(trial, 'an orphan', (row) => row.verdict === 'VERDICT_ORPHAN');
  await stage.world.confirmOrphan(orphan, 'trial');
  const { generation } = orphan;
  await until(`${generation} to be certified`, patienceMs, async () => {
    const { certifications } = await admin.call<{
      certifications: { generation: string; certified: string }[];
    }>('ListCertifications', {});
    return certifications.find((c) => c.generation === generation)?.certified === 'MODE_ENFORCE'
      ? true
      : undefined;
  });
  await admin.call('SetMode', { cell, generation, mode: 'MODE_ENFORCE', reason: 'trial' });
  await stage.untilStopped(trial);
}
