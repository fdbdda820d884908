// A host in a test: its servos are entries in a map, and everything else of it is real: scan, pairing, activity, journal,
// holds, judgement, the life of an order. The truth of what was stopped is kept here, whatever anybody believes.
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { parseId, type HostId, type Incarnation, type RuntimeId } from '@servo-auditor/proto/ids.ts';
import { maxServosPerChunk, protocolMax, protocolMin } from '@servo-auditor/proto/limits.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type {
  Ask,
  ConfirmReply,
  ConfirmRequest,
  CoordinatorMessage,
  Problem,
} from '@servo-auditor/proto/wire.ts';
import type { Actor } from '../../../agent/src/act/actor.ts';
import { Executor } from '../../../agent/src/act/execute.ts';
import { Holds } from '../../../agent/src/act/holds.ts';
import { Journal } from '../../../agent/src/act/journal.ts';
import { Seen } from '../../../agent/src/act/memory.ts';
import { SentNonces } from '../../../agent/src/act/nonces.ts';
import { Scanner } from '../../../agent/src/act/scanner.ts';
import { readerVersion } from '../../../agent/src/scan/reader.ts';
import type { Runtime, RuntimeObject } from '../../../agent/src/scan/runtime/port.ts';
import type { Store } from '../../../agent/src/scan/store/port.ts';
import { reportOf, type Sent } from '../../../agent/src/session/report.ts';
import { judgeWelcome, type Past } from '../../../agent/src/session/welcome.ts';
import type { Coordinator } from '../../../coordinator/src/coordinator.ts';
import { serveSession } from '../../../coordinator/src/session/handler.ts';
import { Pipe } from './pipe.ts';
import type { Machine } from './world.ts';

const minute = 60_000;
/** What the agent has by default. */
const limits = { stops: 1, windowMs: 10 * minute, longShare: 0.05, longWindowMs: 24 * 60 * minute };

/** One servo as it truly is. */
export interface TrueServo {
  /** The uid by which the platform knows it. */
  readonly uid: string;
  /** The uid that store and runtime of the host show. */
  readonly spelled: string;
  readonly project: string;
  readonly incarnation: string;
  cpuMs: number;
  connections: number;
}

export interface HostSetting {
  readonly id: string;
  readonly cell: string;
  /** `<store>/<runtime>`. */
  readonly generation: string;
  /** Part of the reader version: another one is another reader. */
  readonly mapping: Readonly<Record<string, unknown>>;
  readonly directory: string;
  readonly machine: Machine;
  readonly log: Logger;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
  readonly confirm: (question: ConfirmRequest, host: HostId) => Promise<ConfirmReply>;
}

export class TestHost {
  readonly id: HostId;
  readonly setting: HostSetting;
  /** What truly runs, by slot: the uid that the platform knows. */
  readonly servos = new Map<string, TrueServo>();
  /** What its store records, by the same slot: a servo that was stopped keeps its record. */
  readonly records = new Map<string, TrueServo>();
  /** Broken items of its store: content by path. */
  readonly broken = new Map<string, string>();
  /** Uids that were stopped here, by the agent, in order. The truth. */
  readonly stopped: string[] = [];
  /** Codes of the receipts that left, or would have left. */
  readonly receipts: { readonly outcome: string; readonly code: string }[] = [];
  /** Faults. */
  losesReceipts = false;
  /** Called between the agent's own judgement and its question. */
  beforeAsking: () => Promise<void> | void = () => undefined;
  /** Called when an order has come, before the agent judges it. */
  onOrder: () => void = () => undefined;
  readonly #clock: Clock;
  readonly #store: Store;
  readonly #runtime: Runtime;
  readonly #journal: Journal;
  readonly #seen: Seen;
  readonly #nonces = new SentNonces();
  readonly #holds: Holds;
  readonly #scanner: Scanner;
  readonly #executor: Executor;
  #created = 0;
  #pipe: Pipe | undefined;
  #past: Past = { installation: undefined, epoch: 0, decision: undefined };
  #coordinator: Coordinator | undefined;
  #ask: Ask | undefined;
  #full = true;
  #sent: Sent | undefined;
  /** Why the session ended, or was refused. */
  farewell: string | undefined;

  constructor(setting: HostSetting) {
    this.setting = setting;
    this.id = parseId('host', setting.id);
    mkdirSync(setting.directory, { recursive: true, mode: 0o700 });
    this.#journal = new Journal(setting.directory);
    this.#clock = setting.machine.clock(this.#journal.view.waitedMs);
    this.#seen = new Seen(this.#journal, this.#clock);
    this.#holds = new Holds(join(setting.directory, 'holds'));
    this.#holds.prepare();
    this.#store = this.#storeOf();
    this.#runtime = this.#runtimeOf();
    this.#scanner = new Scanner({
      store: this.#store,
      runtime: this.#runtime,
      clock: this.#clock,
      view: this.#journal.view,
      limits: {
        activity: { windowMs: 15 * minute, quietCpuPermille: 10, quietBytesPerS: 200 },
        maxScanMs: 10_000,
      },
    });
    this.#executor = this.#executorOf();
  }

  /** Something runs from now on. @param spelled as store and runtime of this host show it. */
  start(uid: string, project: string, spelled = uid): TrueServo {
    const incarnation = `${this.id}-${++this.#created}`;
    const servo = { uid, project, spelled, incarnation, cpuMs: 0, connections: 0 };
    this.servos.set(uid, servo);
    this.records.set(uid, servo);
    return servo;
  }

  /** Created anew in the same slot, by the same name. */
  recreate(uid: string): TrueServo {
    const before = this.servo(uid);
    return this.start(uid, before.project, before.spelled);
  }

  /** It is gone, by nobody's order, and its record with it. */
  remove(uid: string): void {
    this.servos.delete(uid);
    this.records.delete(uid);
  }

  servo(uid: string): TrueServo {
    const servo = this.servos.get(uid);
    if (servo === undefined) throw new Error(`${uid} does not run on ${this.id}`);
    return servo;
  }

  get connected(): boolean {
    return this.#pipe?.open === true && this.#ask !== undefined;
  }

  /** Begins a session. What comes of it is in `connected` and `farewell`. */
  async connect(coordinator: Coordinator): Promise<void> {
    this.disconnect();
    this.#coordinator = coordinator;
    this.#ask = undefined;
    this.#full = true;
    this.#sent = undefined;
    this.farewell = undefined;
    const pipe = new Pipe((message) => this.#hear(message));
    this.#pipe = pipe;
    const peer = { kind: 'host', id: this.id, cell: parseId('cell', this.setting.cell) } as const;
    void serveSession(pipe as never, peer, coordinator);
    pipe.send({ kind: 'hello', hello: await this.#hello() });
    await pipe.drained();
  }

  disconnect(): void {
    this.#pipe?.hangUp();
    this.#pipe = undefined;
    this.#ask = undefined;
  }

  /** One report, as the agent sends it every interval: a heartbeat, or a whole inventory. */
  async report(): Promise<void> {
    const pipe = this.#pipe;
    const ask = this.#ask;
    if (pipe === undefined || ask === undefined) return;
    const full = this.#full;
    this.#full = false;
    const inventory = await this.#scanner.scan();
    const agentNonce = newNonce();
    this.#nonces.sent(agentNonce, this.#clock.now());
    const { digest, servos, problems } = inventory;
    const about = {
      echoNonce: ask.nonce,
      digest,
      count: servos.length,
      agentNonce,
      journal: this.#journal.mark,
    };
    const report = reportOf(inventory, this.#sent, full);
    this.#sent = inventory;
    if (report.kind === 'heartbeat')
      pipe.send({ kind: 'heartbeat', heartbeat: { ...about, changes: report.changes } });
    else {
      pipe.send({ kind: 'snapshotBegin', begin: { ...about, problems } });
      for (let i = 0; i < servos.length; i += maxServosPerChunk)
        pipe.send({ kind: 'snapshotChunk', servos: servos.slice(i, i + maxServosPerChunk) });
      pipe.send({ kind: 'snapshotEnd' });
    }
    await pipe.drained();
  }

  /** Waits until nothing is under way here, neither orders nor messages. */
  async settle(): Promise<void> {
    await this.#executor.idle();
    await this.#pipe?.drained();
  }

  /** `servo-agent restore` on this host. */
  async restore(uid: string, why: string) {
    return await this.#executor.restore(parseId('servo uid', uid), why);
  }

  /** `servo-agent accept-installation`: whoever leads now is believed from here on. */
  acceptInstallation({ installation, epoch, decision }: Coordinator): void {
    const entry = { kind: 'accepted', installation, epoch, decision: decision(), why: 'operator' } as const;
    this.#journal.append(entry, this.#clock.now().waitMs);
    this.#seen.forget();
  }

  close(): void {
    this.disconnect();
    this.#journal.close();
  }

  async #hello() {
    const { installation } = this.#journal.view;
    const { decision } = this.#seen;
    this.#past = { installation, epoch: this.#seen.epoch, decision };
    return {
      protocolMin,
      protocolMax,
      agentVersion: '0.0.0',
      bootId: this.#clock.now().bootId,
      generation: parseId('generation', this.setting.generation),
      readerVersion: await readerVersion(this.#store, this.#runtime),
      journal: this.#journal.mark,
      demo: false,
      ...(installation === undefined || decision === undefined
        ? {}
        : { installation, highestEpoch: this.#seen.epoch, highestDecision: decision }),
    };
  }

  #hear(message: CoordinatorMessage): void {
    switch (message.kind) {
      case 'welcome': {
        const { welcome } = message;
        const greeting = judgeWelcome(welcome, this.#past, welcome.installation);
        if (greeting.kind === 'refuse') {
          this.farewell = `${greeting.code}: ${greeting.message}`;
          return this.disconnect();
        }
        const { installation, epoch, decision } = welcome;
        if (greeting.kind === 'first')
          this.#journal.append(
            { kind: 'accepted', installation, epoch, decision, why: 'first-contact' },
            this.#clock.now().waitMs,
          );
        this.#seen.note(epoch, decision);
        this.#seen.keep();
        this.#ask = welcome.ask;
        return this.#executor.sendReceipts();
      }
      case 'ask':
        this.#seen.note(this.#coordinator?.epoch ?? 0, message.ask.decision);
        this.#ask = message.ask;
        this.#full ||= message.ask.full;
        return;
      case 'order':
        this.onOrder();
        return this.#executor.takeOrder(message.order);
      case 'closeOrder':
        return this.#executor.takeClose(message.close);
      case 'receiptAck':
        return this.#executor.takeAck(message.orderId);
      case 'goodbye':
        this.farewell = `${message.goodbye.code}: ${message.goodbye.message}`;
        return this.disconnect();
    }
  }

  #executorOf(): Executor {
    const { verify, confirm, log } = this.setting;
    const executor = new Executor({
      host: this.id,
      clock: this.#clock,
      journal: this.#journal,
      seen: this.#seen,
      scanner: this.#scanner,
      actor: this.#actor(),
      holds: this.#holds,
      nonces: this.#nonces,
      verify,
      ask: async (question) => {
        await this.beforeAsking();
        return await confirm(question, this.id);
      },
      newNonce,
      limits,
      log,
    });
    executor.onReceipt = (receipt) => {
      this.receipts.push({ outcome: receipt.outcome, code: receipt.code });
      if (!this.losesReceipts) this.#pipe?.send({ kind: 'receipt', receipt });
    };
    return executor;
  }

  #storeOf(): Store {
    const [name = ''] = this.setting.generation.split('/');
    return {
      name,
      identityLabel: undefined,
      mapping: this.setting.mapping,
      lock: () => Promise.resolve(undefined),
      read: () =>
        Promise.resolve({
          records: [...this.records.values()].map((servo) => ({
            uid: parseId('servo uid', servo.spelled),
            project: parseId('project', servo.project),
            argv: ['serve', servo.uid],
            cwd: '/',
            env: {},
            path: `/store/${servo.uid}.json`,
            of: undefined,
          })),
          problems: [...this.broken].map(([path, content]): Problem => ({
            path,
            code: 'not-json',
            message: 'is no JSON',
            contentSha256: sha256Hex(content),
          })),
        }),
      conform: () => Promise.resolve([]),
    };
  }

  #runtimeOf(): Runtime {
    const [, name = ''] = this.setting.generation.split('/');
    return {
      name,
      identityField: 'env:SERVO_UID',
      labelKind: 'env',
      mapping: {},
      lock: this.id,
      list: () => Promise.resolve({ objects: [...this.servos.values()].map(objectOf), problems: [] }),
      conform: () => Promise.resolve([]),
    };
  }

  #find(runtimeId: RuntimeId, incarnation: Incarnation): TrueServo | undefined {
    return [...this.servos.values()].find(
      (s) => runtimeIdOf(s) === runtimeId && s.incarnation === incarnation,
    );
  }

  #actor(): Actor {
    return {
      stopGraceMs: 0,
      settle: () => Promise.resolve(undefined),
      look: (object) => {
        const servo = this.#find(object.runtimeId, object.incarnation);
        if (servo === undefined) return Promise.resolve(undefined);
        return Promise.resolve({
          keepable: { keepable: true },
          listens: [],
          stop: () => {
            if (this.servos.get(servo.uid) !== servo)
              return Promise.resolve({ kind: 'refused', code: 'gone', message: 'it is another one by now' });
            this.servos.delete(servo.uid);
            this.stopped.push(servo.uid);
            return Promise.resolve({ kind: 'stopped', message: 'stopped' });
          },
        });
      },
      runs: (runtimeId, incarnation) => Promise.resolve(this.#find(runtimeId, incarnation) !== undefined),
      start: (launch) => {
        if ('by' in launch) throw new Error('no servo of this host is kept by its runtime');
        const servo = this.start(launch.argv[1] ?? '', 'restored');
        return Promise.resolve({
          kind: 'started',
          incarnation: parseId('incarnation', servo.incarnation),
          runtimeId: runtimeIdOf(servo),
          message: 'started',
        });
      },
      conflicts: () => Promise.resolve([]),
    };
  }
}

function runtimeIdOf({ incarnation }: TrueServo): RuntimeId {
  return parseId('runtime id', `r-${incarnation}`);
}

function objectOf(servo: TrueServo): RuntimeObject {
  const { spelled, incarnation, cpuMs, connections, uid } = servo;
  return {
    runtimeId: runtimeIdOf(servo),
    incarnation: parseId('incarnation', incarnation),
    uid: parseId('servo uid', spelled),
    labels: {},
    usage: { cpuMs, cpuStepMs: 10, connections },
    argv: ['serve', uid],
    cwd: '/',
    pid: undefined,
    entangledWith: [],
    path: `/runtime/${uid}`,
  };
}

function newNonce() {
  return parseId('nonce', randomBytes(16).toString('hex'));
}
