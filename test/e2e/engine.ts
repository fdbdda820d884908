// The main job over an engine that speaks the Docker Engine API, with agent and coordinator as processes of their own:
// released in the registry, stopped, restored; and nothing happens to anybody while the engine does not do its part.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Test } from 'tap';
import { until } from '../../scripts/demo/processes.ts';
import type { ContainerEngine } from '../engines/docker.ts';
import { DockerHand } from '../engines/hand-docker.ts';
import { EngineHost } from '../engines/host.ts';
import { labels, manifests } from '../engines/stores.ts';
import { aStage, rounds } from '../support/stage.ts';

const patienceMs = 180_000;

export async function mainJob(t: Test, engine: ContainerEngine): Promise<void> {
  const hands = new Map<string, DockerHand>();
  // Two generations on one engine: each agent serves the servos of its own marker.
  const stage = await aStage(
    t,
    { h1: ['manifest-directory', {}, {}, {}], h2: ['labels', {}] },
    {
      make(setting, servos) {
        const store = setting.kind === 'labels' ? labels() : manifests(setting.dir);
        const identity =
          setting.kind === 'labels'
            ? ({ from: 'environment', variable: 'SERVO_UID' } as const)
            : ({ from: 'label', label: 'servo.uid' } as const);
        const hand = new DockerHand(t, engine, { scope: setting.id, identity });
        hands.set(setting.id, hand);
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
  const { world } = stage;
  const handOf = (uid: string): DockerHand => {
    const hand = hands.get(uid.split('-')[0] ?? '');
    if (hand === undefined) throw new Error(`no host has ${uid}`);
    return hand;
  };
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
      const { HostConfig } = await hand.inspect(uid);
      if (engine.name === 'docker') t.match(HostConfig.RestartPolicy, { Name: 'no' });
      await world.admin.call('RestoreServo', { uid, reason: 'test' });
      await stage.untilServo(uid, 'running again', (row) => row.state === 'SERVO_STATE_RUNNING');
      t.equal(await hand.marksOf(uid), marks, 'the same container, with all that it had');
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
    for (const [verb, undo] of [
      ['hang', 'resume'],
      ['down', 'up'],
    ] as const) {
      await handOf('h1-3').host(verb);
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
      await handOf('h1-3').host(undo);
      await until('every servo to be live again', patienceMs, async () =>
        (await live()) === stays ? true : undefined,
      );
      if (verb === 'hang') await stage.untilStopped('h1-3');
    }
    t.equal(await executed('h1-3'), 1, 'and the orphan was stopped, once, when the engine answered');
    for (const [id, hand] of hands)
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
