// One host as it truly is: its servos, what its store records of them, its disk, its clocks. Agents come and go on it.
import {
  parseId,
  type CellId,
  type Generation,
  type HostId,
  type Incarnation,
  type ProjectId,
  type RuntimeId,
  type ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { RuntimeObject, Usage } from '../../../agent/src/scan/runtime/port.ts';
import type { StoreRecord } from '../../../agent/src/scan/store/port.ts';
import { SimDisk } from '../kernel/disk.ts';
import type { Machine, MachineState } from '../kernel/machine.ts';
import type { Servo } from '../event.ts';
import type { Teller } from './tell.ts';

/** CPU of a servo that is in use, in milliseconds per millisecond. */
const usedShare = 0.2;

/** One incarnation of one servo, as it truly is. */
export interface TrueServo {
  /** By which the platform knows it. Changes only when it is renamed. */
  uid: ServoUid;
  project: ProjectId;
  readonly incarnation: Incarnation;
  readonly runtimeId: RuntimeId;
  /** How its host shows it, where that is not its uid. */
  spelled: ServoUid | undefined;
  /** What the store shows, where it disagrees with the runtime. */
  storeSays: ServoUid | undefined;
  running: boolean;
  /** Stopped by the auditor, and not started since. */
  kept: boolean;
  used: boolean;
  readonly measurable: boolean;
  readonly keepable: boolean;
  /** The engine starts it again after a boot, unless that was taken away. */
  autostart: boolean;
  /** CPU time up to `cpuAtMs` of true time. */
  cpuMs: number;
  cpuAtMs: number;
}

/** A host as a prepared world keeps it. */
export interface HostState {
  readonly id: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly machine: MachineState;
  readonly disk: ReadonlyMap<string, Buffer>;
  readonly servos: readonly TrueServo[];
  readonly held: readonly string[];
  readonly created: number;
}

export class Host {
  id: HostId;
  readonly cell: CellId;
  readonly generation: Generation;
  readonly store: string;
  readonly runtime: string;
  readonly machine: Machine;
  readonly disk = new SimDisk();
  up = true;
  /** Every incarnation that its store or runtime still has. */
  readonly servos = new Map<RuntimeId, TrueServo>();
  /** Items of its store that cannot be read: content by path. */
  readonly broken = new Map<string, string>();
  /** Hold files: uids, and `all`. */
  readonly held = new Set<string>();
  /** Hold files cannot be read. */
  holdsUnreadable = false;
  /** How its reader spells uids now. Undefined: as they are. */
  misread: ((uid: ServoUid) => ServoUid) | undefined;
  /** Part of the reader version: another one is another reader. */
  mapping: Readonly<Record<string, unknown>> = {};
  readonly #tell: Teller;
  readonly #now: () => number;
  #created = 0;

  constructor(
    id: HostId,
    about: { readonly cell: CellId; readonly generation: Generation; readonly machine: Machine },
    tell: Teller,
    now: () => number,
  ) {
    this.id = id;
    this.cell = about.cell;
    this.generation = about.generation;
    const [store = '', runtime = ''] = about.generation.split('/');
    this.store = store;
    this.runtime = runtime;
    this.machine = about.machine;
    this.#tell = tell;
    this.#now = now;
  }

  /** Plain processes are gone when they end; every other runtime keeps what was stopped whole, under the same name. */
  get keepsStopped(): boolean {
    return this.runtime !== 'process';
  }

  create(
    uid: ServoUid,
    project: ProjectId,
    about: {
      readonly measurable?: boolean;
      readonly keepable?: boolean;
      readonly spelled?: ServoUid | undefined;
    } = {},
  ): TrueServo {
    const number = ++this.#created;
    const { measurable = true, keepable = true, spelled } = about;
    const servo: TrueServo = {
      uid,
      project,
      incarnation: parseId('incarnation', `${this.machine.name}-i${number}`),
      runtimeId: parseId('runtime id', `${this.machine.name}-r${number}`),
      spelled,
      storeSays: undefined,
      running: true,
      kept: false,
      used: false,
      measurable,
      keepable,
      autostart: this.keepsStopped,
      cpuMs: 0,
      cpuAtMs: this.#now(),
    };
    this.servos.set(servo.runtimeId, servo);
    this.#tell.tell({ kind: 'servo.created', ...this.named(servo), project, measurable, keepable });
    if (this.shown(servo) !== uid) this.tellSpelled(servo);
    return servo;
  }

  /** It exists no more. */
  remove(servo: TrueServo): void {
    if (!this.servos.delete(servo.runtimeId)) return;
    servo.running = false;
    this.#tell.tell({ kind: 'servo.gone', ...this.named(servo) });
  }

  named({ uid, incarnation }: Pick<TrueServo, 'uid' | 'incarnation'>): Servo {
    return { host: this.id, uid, incarnation };
  }

  /** How this host shows its uid. */
  shown(servo: TrueServo): ServoUid {
    const own = servo.spelled ?? servo.uid;
    return this.misread?.(own) ?? own;
  }

  tellSpelled(servo: TrueServo): void {
    this.#tell.tell({ kind: 'servo.spelled', ...this.named(servo), as: this.shown(servo) });
  }

  /** By the true uid; what runs comes first. */
  find(uid: ServoUid): TrueServo | undefined {
    const all = [...this.servos.values()].filter((s) => s.uid === uid);
    return all.find((s) => s.running) ?? all[0];
  }

  get running(): readonly TrueServo[] {
    return [...this.servos.values()].filter((s) => s.running);
  }

  use(servo: TrueServo, used: boolean): void {
    if (servo.used === used) return;
    this.#count(servo);
    servo.used = used;
    this.#tell.tell({ kind: 'servo.used', ...this.named(servo), used });
  }

  usage(servo: TrueServo): Usage {
    if (!servo.measurable) return { cpuMs: undefined, cpuStepMs: 10, connections: undefined };
    this.#count(servo);
    return { cpuMs: Math.round(servo.cpuMs), cpuStepMs: 10, connections: servo.used ? 1 : 0 };
  }

  records(): readonly StoreRecord[] {
    const isKeptByRuntime = this.store === 'labels';
    return [...this.servos.values()].flatMap((servo) => {
      if (isKeptByRuntime && !servo.running) return [];
      const says = servo.storeSays ?? this.shown(servo);
      return {
        uid: says,
        project: servo.project,
        argv: ['serve', servo.uid],
        cwd: '/',
        env: {},
        path: `/store/${servo.runtimeId}.json`,
        of: isKeptByRuntime ? servo.runtimeId : undefined,
      };
    });
  }

  objects(): readonly RuntimeObject[] {
    return this.running.map((servo) => ({
      runtimeId: servo.runtimeId,
      incarnation: servo.incarnation,
      uid: this.shown(servo),
      labels: {},
      usage: this.usage(servo),
      argv: ['serve', servo.uid],
      cwd: '/',
      ...(this.keepsStopped
        ? {
            launch: {
              by: 'runtime',
              runtimeId: servo.runtimeId,
              before: { autostart: servo.autostart },
            } as const,
          }
        : {}),
      pid: undefined,
      entangledWith: [],
      path: `/runtime/${servo.runtimeId}`,
    }));
  }

  save(): HostState {
    const { id, cell, generation, machine, disk, servos, held } = this;
    return {
      id,
      cell,
      generation,
      machine: machine.save(),
      disk: disk.image(),
      servos: [...servos.values()].map((servo) => ({ ...servo })),
      held: [...held],
      created: this.#created,
    };
  }

  load({ machine, disk, servos, held, created }: HostState): void {
    this.machine.load(machine);
    this.disk.restore(disk);
    this.servos.clear();
    for (const servo of servos) this.servos.set(servo.runtimeId, { ...servo });
    for (const scope of held) this.held.add(scope);
    this.#created = created;
  }

  /** A hold file is put there. @param scope a uid as the host shows it, or `all`. */
  hold(scope: string): void {
    if (this.held.has(scope)) return;
    this.held.add(scope);
    this.#tell.tell({ kind: 'local.held', host: this.id, uid: heldUid(scope) });
  }

  /** Whether there was one. */
  unhold(scope: string): boolean {
    if (!this.held.delete(scope)) return false;
    this.#tell.tell({ kind: 'local.released', host: this.id, uid: heldUid(scope) });
    return true;
  }

  /** The machine fails: no process of it runs any more. Plain processes are gone; what an engine keeps stands still. */
  crash(keep: (bytes: number) => number): void {
    this.up = false;
    this.disk.fail(keep);
    this.#tell.tell({ kind: 'host.crashed', host: this.id });
    for (const servo of this.running) {
      if (!this.keepsStopped) this.remove(servo);
      else servo.running = false;
    }
  }

  /** It boots: the engine starts what starts by itself. */
  boot(): void {
    this.machine.boot();
    this.up = true;
    this.#tell.tell({ kind: 'host.booted', host: this.id, boot: this.machine.bootId });
    for (const servo of this.servos.values()) if (servo.autostart && !servo.running) this.runAgain(servo);
  }

  /** The very same one runs again: an engine started what it had kept. */
  runAgain(servo: TrueServo): void {
    const wasStopped = servo.kept;
    servo.running = true;
    servo.kept = false;
    servo.cpuMs = 0;
    servo.cpuAtMs = this.#now();
    if (!wasStopped) return;
    const { project, measurable, keepable } = servo;
    this.#tell.tell({ kind: 'servo.created', ...this.named(servo), project, measurable, keepable });
  }

  /** Its engine keeps what it kept then: what came later is gone, what stops it from starting is as it was. It is down meanwhile. */
  returnTo(before: readonly TrueServo[]): void {
    const then = new Set(before.map((s) => s.runtimeId));
    for (const servo of this.servos.values()) if (!then.has(servo.runtimeId)) this.remove(servo);
    for (const servo of before) {
      const now = this.servos.get(servo.runtimeId);
      if (now !== undefined) now.autostart = servo.autostart;
    }
  }

  /** The platform knows it by another uid from now on; the host shows what it showed before. */
  rename(servo: TrueServo, to: ServoUid): void {
    const shown = this.shown(servo);
    this.#tell.tell({ kind: 'servo.renamed', ...this.named(servo), to });
    servo.spelled = servo.spelled ?? servo.uid;
    servo.uid = to;
    if (this.shown(servo) !== shown) throw new Error(`${to} is not shown as before`);
  }

  /** How it is shown changes. Undefined: by its uid. */
  spell(servo: TrueServo, as: ServoUid | undefined): void {
    servo.spelled = as;
    this.tellSpelled(servo);
  }

  contradict(servo: TrueServo, storeSays: ServoUid | undefined): void {
    servo.storeSays = storeSays;
    this.#tell.tell({
      kind: 'servo.contradicted',
      ...this.named(servo),
      contradicted: storeSays !== undefined,
    });
  }

  #count(servo: TrueServo): void {
    const nowMs = this.#now();
    if (servo.used) servo.cpuMs += (nowMs - servo.cpuAtMs) * usedShare;
    servo.cpuAtMs = nowMs;
  }
}

function heldUid(scope: string): ServoUid | undefined {
  return scope === 'all' ? undefined : parseId('servo uid', scope);
}
