// One order's life in memory: a servo that is a value, a clock that the test owns, and a journal on a real disk that can be
// made to fail, or to die, at any of its operations.
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateKeyPairSync } from 'node:crypto';
import pino from 'pino';
import {
  closeBytes,
  identityDigest,
  inventoryDigest,
  orderBytes,
  yesBytes,
} from '@servo-auditor/proto/canonical.ts';
import { parseEpoch, parseId, type OrderId } from '@servo-auditor/proto/ids.ts';
import { orderSigner, orderVerifier } from '@servo-auditor/proto/sign.ts';
import type {
  ConfirmReply,
  ConfirmRequest,
  Order,
  Receipt,
  SignedClose,
  SignedOrder,
  Yes,
} from '@servo-auditor/proto/wire.ts';
import type { Actor, StartResult, StopResult } from '../../../agent/src/act/actor.ts';
import type { Context } from '../../../agent/src/act/context.ts';
import { realDisk, type Disk } from '../../../agent/src/act/disk.ts';
import { Executor } from '../../../agent/src/act/execute.ts';
import { Holds } from '../../../agent/src/act/holds.ts';
import { Journal } from '../../../agent/src/act/journal.ts';
import { Seen } from '../../../agent/src/act/memory.ts';
import { SentNonces } from '../../../agent/src/act/nonces.ts';
import type { Inventory, Launch, ServoFacts } from '../../../agent/src/scan/scan.ts';
import { object } from '../scan/support.ts';
import { hash, limits, nowAt } from './orders.ts';

export const generation = parseId('generation', 'manifest-directory/process');
export const uid = parseId('servo uid', 's-1');
export const agentNonce = parseId('nonce', '1'.repeat(32));
const decision = { version: 7, hash: hash('decision 7') };

const keys = (() => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
})();
export const sign = orderSigner(keys.privateKey);
const verify = orderVerifier([keys.publicKey]);

/** Thrown by a disk in whose place the process would have died. */
export class Died extends Error {}

/** A disk that dies before its nth change, and does nothing ever after. */
export function dyingDisk(after: number): Disk {
  let left = after;
  const counted = <A extends unknown[], R>(change: (...args: A) => R) => {
    return (...args: A): R => {
      if (left-- <= 0) throw new Died('the process died');
      return change(...args);
    };
  };
  return {
    ...realDisk,
    // Half a line may reach the disk.
    write: (fd, bytes, at) => {
      if (left-- > 0) return realDisk.write(fd, bytes, at);
      if (left === -1) realDisk.write(fd, bytes.subarray(0, bytes.length / 2), at);
      throw new Died('the process died');
    },
    sync: counted((fd) => realDisk.sync(fd)),
    truncate: () => {
      throw new Died('the process died');
    },
  };
}

/** The servo, which outlives every agent. */
export class World {
  readonly directory = mkdtempSync(join(tmpdir(), 'servo-hand-'));
  ms = 1_000_000;
  runs = true;
  /** Whether anybody can say what runs. */
  tells = true;
  pid = 4;
  signals = 0;
  starts = 0;
  /** What happens when the signal is sent. */
  stopping: () => StopResult = () => {
    this.runs = false;
    return { kind: 'stopped', message: 'ended by SIGTERM after 3 ms' };
  };
  answer: (question: ConfirmRequest) => Promise<ConfirmReply> = (question) =>
    Promise.resolve(yesTo(question));
  questions: ConfirmRequest[] = [];
  problems: Inventory['problems'] = [];
  launch: Launch = { argv: ['sleep', '1'], cwd: '/', env: { SECRET: 'x' } };
  conflicts: { address: string; holder: string }[] = [];
  /** What a start comes to, where it does not work. */
  failing: StartResult | undefined;
  /** What was asked of the engine to keep the servo down, or to give back what it had. */
  settled: ('kept' | 'running')[] = [];
  unsettled: (state: 'kept' | 'running') => string | undefined = () => undefined;

  facts(): ServoFacts {
    const { incarnation, runtimeId } = object('s-1', this.pid);
    return {
      servo: {
        uid,
        incarnation,
        runtimeId,
        state: 'running',
        activity: 'quiet',
        contradiction: 'none',
      },
      object: object('s-1', this.pid),
      record: undefined,
      launch: this.launch,
    };
  }
}

export interface Hand {
  readonly executor: Executor;
  readonly journal: Journal;
  readonly context: Context;
  readonly receipts: Receipt[];
}

/** An agent in this world; another one after it finds what it left. */
export function hand(world: World, disk: Disk = realDisk, actor: Actor = handOf(world)): Hand {
  const clock = { now: () => nowAt(world.ms) };
  const journal = new Journal(world.directory, { disk });
  const seen = new Seen(journal, clock);
  const nonces = new SentNonces();
  nonces.sent(agentNonce, clock.now());
  const holds = new Holds(join(world.directory, 'holds'));
  holds.prepare();
  const receipts: Receipt[] = [];
  const context: Context = {
    host: parseId('host', 'h-1'),
    clock,
    journal,
    seen,
    nonces,
    holds,
    verify,
    scanner: { scan: () => Promise.resolve(inventoryOf(world)) },
    actor,
    ask: (question) => {
      world.questions.push(question);
      return world.answer(question);
    },
    newNonce: () => parseId('nonce', String(world.questions.length).padStart(32, '0')),
    limits,
    log: pino({ level: 'silent' }),
  };
  const executor = new Executor(context);
  executor.onReceipt = (receipt) => receipts.push(receipt);
  executor.recover();
  return { executor, journal, context, receipts };
}

/** What an actor can do to a servo that is a value. */
function handOf(world: World): Actor {
  return {
    stopGraceMs: 0,
    look: () =>
      Promise.resolve({
        keepable: { keepable: true },
        listens: [],
        stop: () => {
          world.signals++;
          return Promise.resolve(world.stopping());
        },
      }),
    runs: (_runtimeId, incarnation) =>
      Promise.resolve(
        world.tells ? world.runs && incarnation === world.facts().servo.incarnation : undefined,
      ),
    start: () => {
      if (world.failing !== undefined) return Promise.resolve(world.failing);
      world.starts++;
      world.runs = true;
      world.pid++;
      const { incarnation, runtimeId } = world.facts().servo;
      return Promise.resolve({ kind: 'started', incarnation, runtimeId, message: 'started' });
    },
    settle: (_launch, state) => {
      world.settled.push(state);
      return Promise.resolve(world.unsettled(state));
    },
    conflicts: () => Promise.resolve(world.conflicts),
  };
}

/** A host that belongs to the installation already. */
export function enrol({ journal }: Hand): void {
  const installation = parseId('installation', 'main');
  journal.append({ kind: 'accepted', installation, epoch: 3, decision, why: 'first-contact' }, 0);
}

function inventoryOf(world: World): Inventory {
  const facts = world.runs ? [world.facts()] : [];
  const servos = facts.map((f) => f.servo);
  return {
    generation,
    servos,
    digest: inventoryDigest(generation, servos),
    problems: world.problems,
    complete: world.problems.length === 0,
    facts: new Map(facts.length === 0 ? [] : [[uid, facts]]),
    began: nowAt(world.ms),
    activity: new Map(),
  };
}

export function orderFor(world: World, more: Partial<Order> = {}): SignedOrder {
  const { servo } = world.facts();
  const order: Order = {
    id: parseId('order', 'o-1'),
    installation: parseId('installation', 'main'),
    host: parseId('host', 'h-1'),
    epoch: parseEpoch(3),
    decision,
    action: 'stop',
    uid,
    incarnation: servo.incarnation,
    identity: identityDigest(generation, servo),
    agentNonce,
    livesMs: 60_000,
    acknowledged: [],
    reason: 'orphan',
    ...more,
  };
  return { ...order, signature: sign(orderBytes(order)) };
}

export function closeFor(id: OrderId, epoch = 3): SignedClose {
  const close = {
    id,
    installation: parseId('installation', 'main'),
    host: parseId('host', 'h-1'),
    epoch: parseEpoch(epoch),
  };
  return { ...close, signature: sign(closeBytes(close)) };
}

export function yesTo(
  { orderId, epoch, bootId, nonce }: ConfirmRequest,
  more: Partial<Yes> = {},
): ConfirmReply {
  const yes = { orderId, epoch, bootId, nonce, ...more };
  return { kind: 'yes', yes: { ...yes, signature: sign(yesBytes(yes)) } };
}
