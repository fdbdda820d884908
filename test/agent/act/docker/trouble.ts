// Engines that do not do their part, for real ones with something in front of them: each time the reason is told, nothing
// unknown counts as absent, and what a servo had it has again.
import { rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { dockerActor } from '../../../../agent/src/act/docker/actor.ts';
import type { Actor, Target } from '../../../../agent/src/act/actor.ts';
import { openDocker, type DockerOptions } from '../../../../agent/src/scan/runtime/docker/docker.ts';
import type { Runtime, RuntimeObject } from '../../../../agent/src/scan/runtime/port.ts';
import type { Launch } from '../../../../agent/src/scan/scan.ts';
import { realDisk } from '../../../../agent/src/act/disk.ts';
import type { ContainerEngine } from '../../../engines/docker.ts';
import { front, pass, say, type Front } from '../../../engines/front.ts';
import { DockerHand, uidLabel } from '../../../engines/hand-docker.ts';
import { never, until } from '../../scan/support.ts';
import { ContainerWorld } from '../../support/container-world.ts';
import { enrol, hand, orderFor } from '../../support/hand.ts';

const rules = { pruner: 'none', scratch: ['/tmp'] } as const;
/** Dies of its own file at its second start. */
const once = ['/bin/sh', '-c', '[ ! -e /root/mark ] || exit 7; echo >/root/mark; exec /bin/servo'];

export async function troubles(t: Test, engine: ContainerEngine): Promise<void> {
  const made = new DockerHand(t, engine, { scope: 'trouble' });
  const between = await front(t, engine.socket);
  const open = (more: Partial<DockerOptions> = {}): Runtime => {
    const runtime = openDocker({
      socket: between.socket,
      marker: made.marker,
      identity: { from: 'label', label: uidLabel },
      answerMs: 10_000,
      fullEveryMs: 60_000,
      probeSources: [],
      ...more,
    });
    t.teardown(() => runtime.close?.());
    return runtime;
  };
  const actor = dockerActor({ socket: between.socket, answerMs: 10_000, stopGraceMs: 1000, ...rules });
  const stage: Stage = { made, between, open, actor };
  t.afterEach(() => void (between.fate = () => pass));
  await readings(t, stage);
  await hints(t, stage);
  await stops(t, stage);
  await starts(t, stage);
  await keeping(t, stage);
}

interface Stage {
  readonly made: DockerHand;
  readonly between: Front;
  readonly open: (more?: Partial<DockerOptions>) => Runtime;
  readonly actor: Actor;
}

async function readings(t: Test, { made, between, open }: Stage): Promise<void> {
  await t.test(
    'an engine that goes away in the middle of a reading: incomplete, and it says so',
    async (t) => {
      await plain(t, made, 'a');
      const runtime = open();
      between.fate = (asked) => (asked.endsWith('/json') ? { kind: 'break' } : pass);
      const { objects, problems } = await runtime.list(never);
      t.strictSame(objects, []);
      t.match(problems, [{ code: 'engine-away', message: /went away while it was asked/ }]);
      between.fate = () => pass;
      t.match(await runtime.list(never), { objects: [{ uid: 'a' }], problems: [] });
    },
  );

  await t.test('an engine that answers slowly is waited for, and not for ever', async (t) => {
    await plain(t, made, 'slow');
    between.fate = () => ({ kind: 'pass', afterMs: 300 });
    t.match(await open().list(never), { objects: [{ uid: 'slow' }], problems: [] });
    t.match((await open({ answerMs: 200 }).list(never)).problems, [
      { code: 'engine-away', message: /did not answer within 200 ms/ },
    ]);
  });

  await t.test('one container that cannot be looked at is a problem, and the others are there', async (t) => {
    await plain(t, made, 'well');
    const id = await plain(t, made, 'ill');
    between.fate = (asked) =>
      asked === `GET /containers/${id}/json` ? say(500, { message: 'input/output error' }) : pass;
    t.match(await open().list(never), {
      objects: [{ uid: 'well' }],
      problems: [{ code: 'unreadable', path: /^container trouble-ill /, message: /input\/output error/ }],
    });
  });

  await t.test('a list that is cut short, or no list at all, is no empty host', async (t) => {
    await plain(t, made, 'here');
    for (const text of ['[{"Id":"', '{}', 'null', '[null]', '"x"']) {
      between.fate = (asked) => (asked.startsWith('GET /containers/json') ? say(200, text) : pass);
      const { objects, problems } = await open().list(never);
      t.strictSame(objects, []);
      t.ok(problems.length > 0, text);
    }
  });

  await t.test('a socket that the agent may not use is said so', async (t) => {
    const root = process.geteuid?.() ?? 0;
    process.seteuid?.(65_534);
    t.teardown(() => process.seteuid?.(root));
    t.match((await open().list(never)).problems, [{ code: 'engine-away', message: /user may not use/ }]);
  });

  await t.test('no engine at all', async (t) => {
    t.match((await open({ socket: '/nowhere/docker.sock' }).list(never)).problems, [
      { path: '/nowhere/docker.sock', code: 'engine-away', message: /no engine on/ },
    ]);
  });
}

async function hints(t: Test, { made, between, open }: Stage): Promise<void> {
  const asks = () => between.asked.filter((asked) => !asked.startsWith('GET /events'));
  await t.test('an unchanged host costs one ping; what changed is listed again', async (t) => {
    await plain(t, made, 'calm');
    const runtime = open();
    await until('a reading that rests on events', async () => {
      // Events of what was just made may still come in.
      await runtime.list(never);
      between.asked.length = 0;
      await runtime.list(never, 'hinted');
      return asks().join() === 'GET /_ping' ? true : undefined;
    });
    await plain(t, made, 'new');
    await until('the new one', async () => {
      const { objects } = await runtime.list(never, 'hinted');
      return objects.some((object) => object.uid === 'new') ? true : undefined;
    });
    between.asked.length = 0;
    await runtime.list(never);
    t.ok(
      asks().some((asked) => asked.startsWith('GET /containers/json')),
      'whoever acts reads all',
    );
  });

  await t.test('events that are missed, or break off, hide nothing for long', async (t) => {
    await plain(t, made, 'first');
    between.fate = (asked) => (asked.startsWith('GET /events') ? { kind: 'break' } : pass);
    const deaf = open();
    await deaf.list(never);
    await plain(t, made, 'second');
    t.equal((await deaf.list(never, 'hinted')).objects.length, 2, 'without events everything is read');
    between.fate = () => pass;
    const forgetful = open({ fullEveryMs: 1 });
    await forgetful.list(never);
    between.asked.length = 0;
    await forgetful.list(never, 'hinted');
    t.ok(
      asks().some((asked) => asked.startsWith('GET /containers/json')),
      'an old list is read again',
    );
  });
}

async function stops(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  await t.test('a stop that the engine accepts and does not do', async (t) => {
    await plain(t, made, 'liar');
    const target = await targetOf(stage, 'liar');
    between.fate = (asked) => (asked.includes('/stop') ? say(204, '') : pass);
    t.match(await target.stop(), {
      kind: 'survived',
      message: /^the engine accepted to stop container trouble-liar, and it still runs \(process \d+\)$/,
    });
    t.equal(await made.runs('liar'), true);
  });

  await t.test('a stop that the engine refuses, and one in which it goes away', async (t) => {
    await plain(t, made, 'refuses');
    const target = await targetOf(stage, 'refuses');
    between.fate = (asked) => (asked.includes('/stop') ? say(500, { message: 'cannot kill' }) : pass);
    t.match(await target.stop(), { kind: 'survived', message: /answered 500: cannot kill; it still runs/ });
    between.fate = (asked) => (asked.includes('/stop') ? { kind: 'break' } : pass);
    t.match(await target.stop(), {
      kind: 'survived',
      message: /went away while it was asked; it still runs/,
    });
  });

  await t.test('a policy that the engine says it changed and did not: nothing is stopped', async (t) => {
    await plain(t, made, 'policy', { host: { RestartPolicy: { Name: 'always' } } });
    between.fate = (asked) => (asked.includes('/update') ? say(200, {}) : pass);
    const { launch } = await targetOf(stage, 'policy');
    t.match(
      await actor.settle(launch as Launch, 'kept'),
      /policy is still always: the engine does not change it/,
    );
  });

  await t.test('the receipt says it, and the servo has again what it had', async (t) => {
    // On Podman this one stays stopped by itself, and its policy is left as it is.
    const policy = made.engine.name === 'docker' ? 'always' : 'unless-stopped';
    await plain(t, made, 'receipt', { host: { RestartPolicy: { Name: policy } } });
    const world = new ContainerWorld(await objectOf(stage, 'receipt'));
    const h = hand(world, realDisk, actor);
    enrol(h);
    between.fate = (asked) => (asked.includes('/stop') ? say(204, '') : pass);
    h.executor.takeOrder(orderFor(world));
    await h.executor.idle();
    t.match(h.receipts, [{ outcome: 'unknown', code: 'survived', message: /accepted to stop.*still runs/ }]);
    t.match((await made.inspect('receipt')).HostConfig.RestartPolicy, { Name: policy });
  });

  await t.test('killed after its policy was taken away: the next agent gives it back', async (t) => {
    if (made.engine.name !== 'docker') return;
    await plain(t, made, 'killed', { host: { RestartPolicy: { Name: 'always' } } });
    const world = new ContainerWorld(await objectOf(stage, 'killed'));
    const h = hand(world, realDisk, actor);
    enrol(h);
    const target = await targetOf(stage, 'killed');
    const launch = target.launch as Launch;
    const { uid, incarnation, runtimeId } = world.facts().servo;
    const intent = {
      order: parseId('order', 'o-1'),
      local: false,
      action: 'stop',
      uid,
      incarnation,
    } as const;
    h.journal.append({ kind: 'intent', intent: { ...intent, runtimeId, launch, listens: [] } }, world.ms);
    t.equal(await actor.settle(launch, 'kept'), undefined);
    t.match((await made.inspect('killed')).HostConfig.RestartPolicy, { Name: 'no' });
    // It begins while the engine is away, so whether the servo runs cannot be told.
    between.fate = () => ({ kind: 'break' });
    const next = hand(world, realDisk, { ...actor, stopGraceMs: 0 });
    await next.executor.idle();
    t.match(next.receipts, [{ outcome: 'unknown', code: 'interrupted', message: /cannot be told/ }]);
    next.executor.tend();
    await next.executor.idle();
    between.fate = () => pass;
    next.executor.tend();
    await next.executor.idle();
    t.match((await made.inspect('killed')).HostConfig.RestartPolicy, { Name: 'always' });
  });
}

async function starts(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  const quarantined = async (t: Pick<Test, 'match'>, slot: string): Promise<Launch> => {
    const target = await targetOf(stage, slot);
    t.match(await target.stop(), { kind: 'stopped' });
    return target.launch as Launch;
  };

  await t.test('a root that is gone: the start says so, and the servo is still kept', async (t) => {
    await plain(t, made, 'rootless');
    const launch = await quarantined(t, 'rootless');
    const { GraphDriver } = (await made.ask('GET', `/containers/${made.nameOf('rootless')}/json`)) as {
      readonly GraphDriver: { readonly Data: { readonly UpperDir: string } };
    };
    rmSync(dirname(GraphDriver.Data.UpperDir), { recursive: true });
    const started = await actor.start(launch);
    t.match(started, { kind: 'failed', code: 'engine', message: /^container [0-9a-f]{12}: .*no such file/s });
    t.equal(await made.runs('rootless'), false);
  });

  await t.test('one that ends as soon as it has started', async (t) => {
    await plain(t, made, 'brief', { cmd: once });
    const launch = await quarantined(t, 'brief');
    t.match(await actor.start(launch), {
      kind: 'failed',
      code: 'ended-at-once',
      message: /^container trouble-brief ended as soon as it had started, with code 7/,
    });
  });

  await t.test('an engine that says no, or nothing', async (t) => {
    await plain(t, made, 'unlucky');
    const launch = await quarantined(t, 'unlucky');
    between.fate = (asked) => (asked.includes('/start') ? say(500, { message: 'no space left' }) : pass);
    t.match(await actor.start(launch), { kind: 'failed', code: 'engine', message: /no space left/ });
    between.fate = () => ({ kind: 'break' });
    t.match(await actor.start(launch), { kind: 'failed', code: 'engine-away' });
    t.equal(await actor.runs(parseId('runtime id', 'x'), parseId('incarnation', 'x')), undefined);
    between.fate = () => pass;
    t.match(await actor.start(launch), { kind: 'started' });
    t.match(await actor.start(launch), { kind: 'started' }, 'twice is as good as once');
  });
}

async function keeping(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  await t.test(
    'what a stop would lose, or somebody would bring back, is not keepable, with the reason',
    async (t) => {
      const cases: readonly (readonly [string, string, Parameters<typeof plain>[3], RegExp])[] = [
        ['memory', 'tmpfs', { host: { Tmpfs: { '/cache': '' } } }, /keeps \/cache in memory alone/],
        ['swarm', 'managed', { labels: { 'com.docker.swarm.task.id': 'x' } }, /run by Docker Swarm/],
        ['unit', 'managed', { labels: { PODMAN_SYSTEMD_UNIT: 'x.service' } }, /run by a systemd unit/],
      ];
      for (const [slot, code, more, message] of cases) {
        await plain(t, made, slot, more);
        t.match((await targetOf(stage, slot)).keepable, { keepable: false, code, message });
      }
      await plain(t, made, 'scratch', { host: { Tmpfs: { '/tmp': '', '/tmp/x': '' } } });
      t.match((await targetOf(stage, 'scratch')).keepable, { keepable: true });
      const wary = dockerActor({
        socket: between.socket,
        answerMs: 10_000,
        stopGraceMs: 1,
        pruner: 'unknown',
        scratch: ['/tmp'],
      });
      t.match((await wary.look(await objectOf(stage, 'scratch')))?.keepable, {
        code: 'pruner',
        message: /set runtime\.pruner to none/,
      });
    },
  );

  await t.test('a paused one, and one whose network another lives in', async (t) => {
    await plain(t, made, 'paused');
    await made.ask('POST', `/containers/${made.nameOf('paused')}/pause`);
    t.match((await targetOf(stage, 'paused')).keepable, { code: 'paused' });
    await made.ask('POST', `/containers/${made.nameOf('paused')}/unpause`);
    await plain(t, made, 'base');
    await plain(t, made, 'rider', { host: { NetworkMode: `container:${made.nameOf('base')}` } });
    t.match((await targetOf(stage, 'base')).keepable, { code: 'entangled', message: /first servo rider/ });
    t.match((await targetOf(stage, 'rider')).keepable, { keepable: true });
  });

  await t.test(
    'a policy that the engine cannot change is not stopped where it would bring the servo back',
    async (t) => {
      await plain(t, made, 'always', { host: { RestartPolicy: { Name: 'always' } } });
      const { keepable } = await targetOf(stage, 'always');
      if (made.engine.name === 'docker') t.match(keepable, { keepable: true });
      else
        t.match(keepable, { code: 'restart-policy', message: /always, which this engine does not change/ });
    },
  );

  await t.test(
    'while the engine does not answer nothing is keepable, and the reason is the engine',
    async (t) => {
      await plain(t, made, 'unseen');
      const object = await objectOf(stage, 'unseen');
      between.fate = () => ({ kind: 'break' });
      const target = await actor.look(object);
      t.match(target?.keepable, { code: 'engine', message: /went away/ });
      t.match(await target?.stop(), { kind: 'refused', code: 'engine' });
    },
  );
}

/** A servo that runs until the test ends. Resolves with its container's id. */
async function plain(
  t: Pick<Test, 'teardown'>,
  made: DockerHand,
  slot: string,
  more: Parameters<DockerHand['create']>[2] = {},
): Promise<string> {
  const id = await made.create(slot, slot, more);
  t.teardown(() => made.remove(slot));
  await made.ask('POST', `/containers/${made.nameOf(slot)}/start`);
  return id;
}

async function objectOf({ open }: Stage, uid: string): Promise<RuntimeObject> {
  const runtime = open();
  const { objects } = await runtime.list(never);
  runtime.close?.();
  const object = objects.find((one) => one.uid === uid);
  if (object === undefined) throw new Error(`${uid} does not run`);
  return object;
}

async function targetOf(stage: Stage, uid: string): Promise<Target> {
  const target = await stage.actor.look(await objectOf(stage, uid));
  if (target === undefined) throw new Error(`${uid} is gone`);
  return target;
}
