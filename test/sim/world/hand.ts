// The hand of an agent: what `Store`, `Runtime` and `Actor` are on a simulated host. Nothing else stops or starts a servo for
// the auditor, so the truth of what was executed is told here.
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Problem } from '@servo-auditor/proto/wire.ts';
import type { Actor, StopResult, Target } from '../../../agent/src/act/actor.ts';
import type { Intent } from '../../../agent/src/act/entries.ts';
import type { Runtime } from '../../../agent/src/scan/runtime/port.ts';
import type { Store } from '../../../agent/src/scan/store/port.ts';
import type { Proc } from '../kernel/loop.ts';
import type { Host, TrueServo } from './host.ts';
import type { Teller } from './tell.ts';

/** Milliseconds that one look at store, runtime or engine takes at most. */
const lookMs = 3;
/** Milliseconds that a servo takes to end after its signal, at most. */
const endingMs = 40;

export function storeOf(host: Host, proc: Proc): Store {
  return {
    name: host.store,
    identityLabel: undefined,
    mapping: host.mapping,
    lock: () => Promise.resolve(undefined),
    async read() {
      await proc.wait(proc.rng.int(0, lookMs));
      const problems = [...host.broken].map(([path, content]): Problem => ({
        path,
        code: 'not-json',
        message: 'is no JSON',
        contentSha256: sha256Hex(content),
      }));
      return { records: host.records(), problems };
    },
    conform: () => Promise.resolve([]),
  };
}

export function runtimeOf(host: Host, proc: Proc): Runtime {
  return {
    name: host.runtime,
    identityField: 'env:SERVO_UID',
    labelKind: 'env',
    mapping: {},
    lock: host.machine.name,
    async list() {
      await proc.wait(proc.rng.int(0, lookMs));
      return { objects: host.objects(), problems: [] };
    },
    conform: () => Promise.resolve([]),
  };
}

/** @param intent what the journal holds of what is being done now. */
export function actorOf(host: Host, proc: Proc, tell: Teller, intent: () => Intent | undefined): Actor {
  const pause = async (): Promise<void> => await proc.wait(proc.rng.int(0, lookMs));
  const find = (incarnation: string): TrueServo | undefined =>
    [...host.servos.values()].find((s) => s.incarnation === incarnation);
  return {
    stopGraceMs: 200,
    async look(object): Promise<Target | undefined> {
      await pause();
      const servo = host.servos.get(object.runtimeId);
      if (servo?.running !== true || servo.incarnation !== object.incarnation) return undefined;
      return {
        keepable: servo.keepable
          ? { keepable: true }
          : { keepable: false, code: 'ephemeral', message: 'stopping it would delete it' },
        listens: [],
        launch: object.launch,
        stop: async () => await stop(servo),
      };
    },
    async runs(_runtimeId, incarnation) {
      await pause();
      return find(incarnation)?.running === true;
    },
    async start(launch) {
      await pause();
      const order = intent();
      const began = order?.local === true ? undefined : order?.order;
      const was = order?.incarnation;
      if (was === undefined) throw new Error('a start without an intent');
      const before = find(was);
      if (!('by' in launch)) {
        if (before !== undefined && !before.running) host.servos.delete(before.runtimeId);
        const servo = host.create(
          before?.uid ?? parseId('servo uid', launch.argv[1]),
          before?.project ?? parseId('project', 'restored'),
          {
            spelled: before?.spelled,
          },
        );
        tell.tell({ kind: 'start.executed', order: began, was, ...host.named(servo) });
        const { incarnation, runtimeId } = servo;
        return { kind: 'started', incarnation, runtimeId, message: 'started' };
      }
      const servo = host.servos.get(launch.runtimeId);
      if (servo === undefined)
        return { kind: 'failed', code: 'gone', message: `${launch.runtimeId} is gone` };
      host.runAgain(servo);
      servo.autostart = launch.before['autostart'] === true;
      tell.tell({ kind: 'start.executed', order: began, was, ...host.named(servo) });
      const { incarnation, runtimeId } = servo;
      return { kind: 'started', incarnation, runtimeId, message: 'started' };
    },
    async settle(launch, state) {
      if (!('by' in launch)) return undefined;
      await pause();
      const servo = host.servos.get(launch.runtimeId);
      if (servo === undefined) return undefined;
      if (state === 'kept') servo.autostart = false;
      else if (servo.running) servo.autostart = launch.before['autostart'] === true;
      return undefined;
    },
    conflicts: async () => {
      await pause();
      return [];
    },
  };

  async function stop(servo: TrueServo): Promise<StopResult> {
    if (!proc.alive) return await proc.ended();
    if (host.servos.get(servo.runtimeId) !== servo || !servo.running || !host.up)
      return { kind: 'refused', code: 'gone', message: 'it is not what was seen any more' };
    const order = intent()?.order;
    if (order === undefined) throw new Error('a stop without an intent');
    const named = host.named(servo);
    tell.tell({ kind: 'stop.began', order, ...named });
    // The signal has left: the servo ends, whatever becomes of the agent.
    const ended = new Promise<void>((resolve) => {
      proc.loop.after(proc.rng.int(0, endingMs), undefined, () => {
        if (servo.running && host.servos.get(servo.runtimeId) === servo) {
          servo.running = false;
          servo.kept = true;
          tell.tell({ kind: 'stop.executed', order, ...host.named(servo) });
        }
        proc.loop.after(1, proc, resolve);
      });
    });
    await ended;
    return { kind: 'stopped', message: 'stopped' };
  }
}
