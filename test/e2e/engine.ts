// The main job over a real engine, with agent and coordinator as processes of their own: released in the registry, stopped,
// restored; and nothing happens to anybody while the engine does not do its part.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from '../../scripts/demo/processes.ts';
import type { HostVerb } from '../../agent/src/conformance/ground.ts';
import type { RuntimeHand } from '../engines/ground.ts';
import { EngineHost } from '../engines/host.ts';
import { labels, manifests } from '../engines/stores.ts';
import { aStage, rounds } from '../support/stage.ts';

const patienceMs = 180_000;

/** Runs the servos of one host, and answers for its engine. */
export interface EngineHand extends RuntimeHand {
  /** What an agent's configuration says of it. */
  readonly config: Readonly<Record<string, unknown>>;
  /** What a trouble strikes as a whole: hands may share one. */
  readonly engine: unknown;
  /** By the engine itself. */
  runs(slot: string): Promise<boolean>;
}

/** A way in which an engine does not do its part, and its end. */
export type Trouble = readonly [begin: HostVerb, end: HostVerb];

/** Of an engine that is a daemon. */
export const troublesOfDaemon: readonly Trouble[] = [
  ['hang', 'resume'],
  ['down', 'up'],
];

/** Where its runtime finds the uids of the servos of each host: elsewhere than the host's store. */
export const identities = {
  h1: { from: 'label', label: 'servo.uid' },
  h2: { from: 'environment', variable: 'SERVO_UID' },
} as const;

/**
 * @param hands h1's records are manifests, h2's are what the runtime itself keeps with each servo.
 * @param settled looks at a servo in quarantine as its engine has it, further than whether it runs.
 */
export async function mainJob(
  t: Test,
  hands: Readonly<Record<'h1' | 'h2', EngineHand>>,
  troubles: readonly Trouble[],
  settled: (uid: string) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const handOf = (uid: string): EngineHand => (uid.startsWith('h1') ? hands.h1 : hands.h2);
  // Two generations: each agent serves the servos of its own marker.
  const stage = await aStage(
    t,
    { h1: ['manifest-directory', {}, {}, {}], h2: ['labels', {}] },
    {
      make(setting, servos) {
        const store = setting.kind === 'labels' ? labels() : manifests(setting.dir);
        const hand = handOf(setting.id);
        return new EngineHost(setting, servos, {
          store,
          runtime: hand,
          config: { store: store.config, runtime: hand.config },
          runs: (slot) => hand.runs(slot),
          stubborn: ['h1-1', 'h2-1'],
        });
      },
    },
  );
  const engines = [...new Map(Object.values(hands).map((hand) => [hand.engine, hand])).values()];
  const { world } = stage;
  const executed = async (uid: string) => (await stage.audit('receipt.executed', uid)).length;
  const live = async () => {
    const rows = await stage.servos();
    return rows.filter((row) => row.verdict === 'VERDICT_LIVE' && row.uid.includes('-stay-')).length;
  };

  for (const uid of ['h1-1', 'h2-1'])
    await t.test(`${uid}: released in the registry, stopped, restored`, async (t) => {
      const hand = handOf(uid);
      const marks = await hand.marksOf(uid);
      await world.deleteProject(`project-${uid}`);
      await stage.untilStopped(uid);
      t.equal(await hand.runs(uid), false, 'the engine says so');
      t.equal(await executed(uid), 1);
      await settled(uid);
      await world.admin.call('RestoreServo', { uid, reason: 'test' });
      await stage.untilServo(uid, 'running again', (row) => row.state === 'SERVO_STATE_RUNNING');
      // It runs a moment before it has all of it back.
      await until(`${uid} to be the same one, with all that it had: ${marks}`, patienceMs, async () =>
        (await hand.marksOf(uid)) === marks ? true : undefined,
      );
    });

  await t.test('restored on the host alone', async (t) => {
    const hand = handOf('h1-2');
    const host = world.hostOf('h1-2');
    const marks = await hand.marksOf('h1-2');
    await world.deleteProject('project-h1-2');
    await stage.untilStopped('h1-2');
    await host.stopAgent();
    const { code, text } = await servoAgent(
      'restore',
      'h1-2',
      '--reason',
      'test',
      '--config',
      host.configFile,
    );
    t.equal(code, 0, text);
    t.equal(await hand.marksOf('h1-2'), marks);
    host.startAgent(world.leader);
    await stage.untilServo('h1-2', 'running again', (row) => row.state === 'SERVO_STATE_RUNNING');
  });

  await t.test('an engine that hangs or is gone: no stop, no servo lost, no orphan more', async (t) => {
    const stays = await live();
    t.equal(stays, 10);
    for (const [verb, undo] of troubles) {
      for (const hand of engines) await hand.host(verb);
      await until('hosts that say that they cannot read', patienceMs, async () => {
        const { hosts = [] } = await world.admin.call<{ hosts?: { inventory?: { problems?: unknown[] } }[] }>(
          'ListHosts',
          {
            all: true,
            pageSize: 100,
          },
        );
        return hosts.every((host) => (host.inventory?.problems ?? []).length > 0) ? true : undefined;
      });
      if (verb === 'hang') await world.deleteProject('project-h1-3');
      await rounds(stage, 5);
      const stray = (await stage.servos()).filter(
        (row) => row.verdict === 'VERDICT_ORPHAN' || row.verdict === 'VERDICT_STRAY',
      );
      t.strictSame(
        stray.map((row) => row.uid).filter((uid) => uid.includes('-stay-')),
        [],
      );
      t.equal(await executed('h1-3'), verb === 'hang' ? 0 : 1, 'an agent that cannot see stops nothing');
      for (const hand of engines) await hand.host(undo);
      await until('every servo to be live again', patienceMs, async () =>
        (await live()) === stays ? true : undefined,
      );
      if (verb === 'hang') await stage.untilStopped('h1-3');
    }
    t.equal(await executed('h1-3'), 1, 'and the orphan was stopped, once, when the engine answered');
    for (const [id, hand] of Object.entries(hands))
      for (let i = 0; i < 5; i++) t.equal(await hand.runs(`${id}-stay-${i}`), true);
  });
}

async function servoAgent(...args: readonly string[]): Promise<{ code: number; text: string }> {
  const main = join(import.meta.dirname, '../../agent/src/main.ts');
  const child = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [number];
  return { code, text };
}
