// containerd that does not do its part, for a real one with something in front of it: each time the reason is told, nothing
// unknown counts as absent, and what a servo had it has again.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { Actor, Target } from '../../../../agent/src/act/actor.ts';
import { realDisk } from '../../../../agent/src/act/disk.ts';
import type { ContainerdOptions } from '../../../../agent/src/scan/runtime/containerd/containerd.ts';
import type { Runtime, RuntimeObject } from '../../../../agent/src/scan/runtime/port.ts';
import type { Launch } from '../../../../agent/src/scan/scan.ts';
import { bringUpContainerd } from '../../../engines/containerd.ts';
import { front, pass, refuse, yes, type Front } from '../../../engines/front-grpc.ts';
import { ContainerdHand, memory, type More } from '../../../engines/hand-containerd.ts';
import { offers } from '../../../engines/need.ts';
import { never, until } from '../../scan/support.ts';
import { ContainerWorld } from '../../support/container-world.ts';
import { enrol, hand, orderFor } from '../../support/hand.ts';

t.setTimeout(300_000);

const restart = 'containerd.io/restart.status';

interface Stage {
  readonly made: ContainerdHand;
  readonly between: Front;
  readonly open: (more?: Partial<ContainerdOptions>) => Runtime;
  readonly actor: Actor;
}

t.test('containerd that does not do its part', async (t) => {
  if (!offers(t, 'containerd')) return;
  const engine = await bringUpContainerd(t);
  const made = await ContainerdHand.make(t, engine, 'trouble');
  const between = await front(t, engine.socket);
  const { socket } = between;
  const open = (more: Partial<ContainerdOptions> = {}) => made.open({ socket, ...more }).runtime;
  const { actor } = made.open({ socket }, { stopGraceMs: 1000 });
  const stage: Stage = { made, between, open, actor };
  t.afterEach(() => void (between.fate = () => pass));
  await readings(t, stage);
  await hints(t, stage);
  await stops(t, stage);
  await starts(t, stage);
  await keeping(t, stage);
});

async function readings(t: Test, { made, between, open }: Stage): Promise<void> {
  await t.test('an engine that goes away in mid-scan: incomplete, and it says so', async (t) => {
    await plain(t, made, 'a');
    const runtime = open();
    between.fate = (asked) => (asked.startsWith('Containers/') ? { kind: 'break' } : pass);
    t.match(await runtime.list(never), { objects: [], problems: [{ code: 'engine-away' }] });
    between.fate = () => pass;
    const again = await until('an engine that answers', async () => {
      const read = await runtime.list(never);
      return read.problems.length === 0 ? read : undefined;
    });
    t.match(again, { objects: [{ uid: 'a' }] });
  });

  await t.test('an engine that answers slowly is waited for, and not for ever', async (t) => {
    await plain(t, made, 'slow');
    between.fate = () => ({ kind: 'pass', afterMs: 200 });
    t.match(await open().list(never), { objects: [{ uid: 'slow' }], problems: [] });
    between.fate = () => ({ kind: 'silence' });
    t.match((await open({ answerMs: 200 }).list(never)).problems, [
      { code: 'engine-away', message: /did not answer within 200 ms/ },
    ]);
  });

  await t.test('a task that the engine leaves out of its list is asked about by itself', async (t) => {
    await plain(t, made, 'well');
    await plain(t, made, 'ill');
    between.fate = (asked) => (asked === 'Tasks/List' ? yes : pass);
    const { objects, problems } = await open().list(never);
    t.strictSame([objects.map(({ uid }) => uid).toSorted(), problems], [['ill', 'well'], []]);
    between.fate = (asked) =>
      asked === 'Tasks/List' ? yes : asked === 'Tasks/Get' ? refuse('shim is hung') : pass;
    const hung = await open().list(never);
    t.strictSame(hung.objects, []);
    t.match(hung.problems, [
      { code: 'unreadable', path: 'container trouble/ill', message: /shim is hung/ },
      { code: 'unreadable', path: 'container trouble/well' },
    ]);
  });

  await t.test('an answer that is cut short, or none, is no empty host', async (t) => {
    await plain(t, made, 'here');
    for (const call of ['Tasks/List', 'Containers/ListStream', 'Namespaces/List'])
      for (const fate of [{ kind: 'say', message: Buffer.from([0x0a, 0xff]) }, refuse('no')] as const) {
        between.fate = (asked) => (asked === call ? fate : pass);
        const { objects, problems } = await open({ namespaces: ['trouble', 'nobody'] }).list(never);
        t.strictSame(objects, [], `${call} ${fate.kind}`);
        t.ok(problems.length > 0, `${call} ${fate.kind}`);
      }
    between.fate = () => pass;
    t.match(
      (await open({ namespaces: ['trouble', 'nobody'] }).list(never)).problems,
      [{ code: 'no-namespace', path: 'namespace nobody' }],
      'a namespace that nobody ever used is no empty one',
    );
  });

  await t.test('a socket that the agent may not use, and none at all', async (t) => {
    t.match((await open({ socket: '/nowhere/c.sock' }).list(never)).problems, [
      { path: '/nowhere/c.sock', code: 'engine-away', message: /there is no containerd on/ },
    ]);
    const root = process.geteuid?.() ?? 0;
    process.seteuid?.(65_534);
    t.teardown(() => process.seteuid?.(root));
    t.match((await open({ socket: made.engine.socket }).list(never)).problems, [
      { code: 'engine-away', message: /user may not use/ },
    ]);
  });
}

async function hints(t: Test, { made, between, open }: Stage): Promise<void> {
  await t.test('an unchanged host costs one question; what changed is listed again', async (t) => {
    await plain(t, made, 'calm');
    const runtime = open();
    await until('a reading that rests on events', async () => {
      between.asked.length = 0;
      await runtime.list(never, 'hinted');
      return between.asked.join() === 'Version/Version' ? true : undefined;
    });
    await plain(t, made, 'new');
    await until('the new one', async () => {
      const { objects } = await runtime.list(never, 'hinted');
      return objects.some(({ uid }) => uid === 'new') ? true : undefined;
    });
    between.asked.length = 0;
    await runtime.list(never);
    t.ok(between.asked.includes('Containers/ListStream'), 'whoever acts reads all');
  });

  await t.test('events that break off hide nothing', async (t) => {
    await plain(t, made, 'first');
    between.fate = (asked) => (asked.startsWith('Events/') ? refuse('no events here') : pass);
    const deaf = open();
    await deaf.list(never, 'hinted');
    await plain(t, made, 'second');
    t.equal((await deaf.list(never, 'hinted')).objects.length, 2);
  });
}

async function stops(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  await t.test('a stop that the engine refuses, and one in which it goes away', async (t) => {
    await plain(t, made, 'refuses');
    const target = await targetOf(stage, 'refuses');
    between.fate = (asked) => (asked === 'Tasks/Kill' ? refuse('cannot kill') : pass);
    t.match(await target.stop(), { kind: 'survived', message: /cannot kill; it still runs/ });
    between.fate = (asked) => (asked === 'Tasks/Kill' ? { kind: 'break' } : pass);
    t.match(await target.stop(), { kind: 'survived', message: /it still runs/ });
    t.equal(await made.runs('refuses'), true);
  });

  await t.test('made anew in the same slot since it was looked at: not stopped', async (t) => {
    await plain(t, made, 'anew');
    const target = await targetOf(stage, 'anew');
    await made.remove('anew');
    await made.make('anew', 'anew');
    t.match(await target.stop(), { kind: 'refused', code: 'gone' });
    t.equal(await made.runs('anew'), true);
  });

  await t.test('a label that the engine says it took away and did not: nothing is stopped', async (t) => {
    await plain(t, made, 'policy');
    await made.keepAlive('policy');
    const { launch } = await targetOf(stage, 'policy');
    between.fate = (asked) => (asked === 'Containers/Update' ? yes : pass);
    t.match(
      await actor.settle(launch as Launch, 'kept'),
      /is "running" and should be "": containerd does not change it/,
    );
    between.fate = (asked) => (asked === 'Containers/Update' ? refuse('read only') : pass);
    t.match(await actor.settle(launch as Launch, 'kept'), /read only/);
    between.fate = () => pass;
    t.equal((await made.inspect('policy')).labels[restart], 'running');
    t.equal(await actor.settle(launch as Launch, 'kept'), undefined);
    t.notOk((await made.inspect('policy')).labels[restart]);
  });

  await t.test(
    'a stop that the engine accepts and does not do: the receipt says it, and the servo has again what it had',
    async (t) => {
      await plain(t, made, 'receipt');
      await made.keepAlive('receipt');
      const world = new ContainerWorld(await objectOf(stage, 'receipt'));
      const h = hand(world, realDisk, actor);
      enrol(h);
      between.fate = (asked) => (asked === 'Tasks/Kill' ? yes : pass);
      h.executor.takeOrder(orderFor(world));
      await h.executor.idle();
      t.match(h.receipts, [
        {
          outcome: 'unknown',
          code: 'survived',
          message:
            /^container trouble\/receipt: containerd accepted to stop it, and it still runs \(process \d+\)$/,
        },
      ]);
      t.equal(await made.runs('receipt'), true);
      t.equal((await made.inspect('receipt')).labels[restart], 'running');
    },
  );
}

async function starts(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  const quarantined = async (t: Pick<Test, 'match'>, slot: string): Promise<Launch> => {
    const target = await targetOf(stage, slot);
    t.match(await target.stop(), { kind: 'stopped' });
    return target.launch as Launch;
  };

  await t.test('a snapshot that is gone: the start says so, and the servo is still kept', async (t) => {
    await plain(t, made, 'rootless');
    const launch = await quarantined(t, 'rootless');
    await made.spoil('rootless');
    t.match(await actor.start(launch), {
      kind: 'failed',
      code: 'rootfs-gone',
      message: 'container trouble/rootless: its snapshot rootless is gone',
    });
    t.equal(await made.task('rootless'), undefined);
  });

  await t.test('one that ends as soon as it has started', async (t) => {
    await plain(t, made, 'brief', {
      args: ['/bin/sh', '-c', '[ ! -e /root/mark ] || exit 7; echo >/root/mark; exec /bin/servo'],
    });
    const launch = await quarantined(t, 'brief');
    t.match(await actor.start(launch), {
      kind: 'failed',
      code: 'ended-at-once',
      message: /^container trouble\/brief ended as soon as it had started, with code 7/,
    });
    t.equal(await made.task('brief'), undefined, 'and leaves no task');
  });

  await t.test('an engine that says no, or nothing', async (t) => {
    await plain(t, made, 'unlucky');
    const launch = await quarantined(t, 'unlucky');
    for (const call of ['Tasks/Create', 'Tasks/Start']) {
      between.fate = (asked) => (asked === call ? refuse('no space left') : pass);
      t.match(await actor.start(launch), { kind: 'failed', code: 'engine', message: /no space left/ });
      t.equal(await made.task('unlucky'), undefined, `${call}: leaves no task`);
    }
    between.fate = () => ({ kind: 'break' });
    t.match(await actor.start(launch), { kind: 'failed', code: 'engine-away' });
    const { runtimeId, incarnation } = keptAs(launch);
    t.equal(await actor.runs(runtimeId, incarnation), undefined);
    between.fate = () => pass;
    await until('the engine', async () =>
      (await actor.runs(runtimeId, incarnation)) === false ? true : undefined,
    );
    t.match(await actor.start(launch), { kind: 'started' });
    t.match(await actor.start(launch), { kind: 'started' }, 'twice is as good as once');
  });

  await t.test('deleted while it was kept, and made anew under its id', async (t) => {
    await plain(t, made, 'gone');
    const launch = await quarantined(t, 'gone');
    await made.remove('gone');
    t.match(await actor.start(launch), { kind: 'failed', code: 'gone' });
    await made.make('gone', 'gone');
    t.match(await actor.start(launch), { kind: 'failed', code: 'other-incarnation' });
    t.equal(await actor.settle(launch, 'kept'), undefined, 'and is nothing of its business');
  });
}

async function keeping(t: Test, stage: Stage): Promise<void> {
  const { made, between, actor } = stage;
  await t.test('what a stop would lose, or somebody would bring back, is not keepable', async (t) => {
    const cases: readonly (readonly [string, string, More, RegExp])[] = [
      ['memory', 'tmpfs', { mounts: [memory('/cache')] }, /keeps \/cache in memory alone/],
      ['rm', 'auto-remove', { labels: { 'nerdctl/auto-remove': 'true' } }, /deleted by nerdctl/],
      ['pod', 'managed', { labels: { 'io.kubernetes.pod.uid': 'x' } }, /run by Kubernetes/],
      [
        'hook',
        'stop-hook',
        { hooks: { poststop: [{ path: '/bin/true' }] } },
        /runs \/bin\/true when it has ended/,
      ],
    ];
    for (const [slot, code, more, message] of cases) {
      await plain(t, made, slot, more);
      t.match((await targetOf(stage, slot)).keepable, { keepable: false, code, message });
    }
    const allowed = made.open({}, { hooks: ['/bin/true'], scratch: ['/cache', '/run'] }).actor;
    for (const slot of ['hook', 'memory'])
      t.match((await allowed.look(await objectOf(stage, slot)))?.keepable, { keepable: true });
    const wary = made.open({}, { pruner: 'unknown' }).actor;
    await plain(t, made, 'prunable');
    t.match((await wary.look(await objectOf(stage, 'prunable')))?.keepable, {
      code: 'pruner',
      message: /set runtime\.pruner to none/,
    });
  });

  await t.test(
    'one that writes into a pipe, whose other end nobody would hold after a restore',
    async (t) => {
      const pipe = join(made.engine.scratch.directory, 'pipe');
      execFileSync('mkfifo', [pipe]);
      const end = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
      t.teardown(() => closeSync(end));
      await plain(t, made, 'piped', { stdout: pipe });
      t.match((await targetOf(stage, 'piped')).keepable, {
        code: 'attached',
        message: `container trouble/piped reads or writes the pipe ${pipe}, and nobody`,
      });
    },
  );

  await t.test('a paused one, and one whose network another lives in', async (t) => {
    await plain(t, made, 'paused');
    await made.ask('task Pause', { containerId: 'paused' });
    t.match((await targetOf(stage, 'paused')).keepable, { code: 'paused' });
    await made.ask('task Resume', { containerId: 'paused' });
    await plain(t, made, 'base');
    const { pid = 0 } = (await made.task('base')) ?? {};
    await plain(t, made, 'rider', { join: { network: `/proc/${pid}/ns/net` } });
    t.match((await targetOf(stage, 'base')).keepable, { code: 'entangled', message: /first servo rider/ });
    t.match((await targetOf(stage, 'rider')).keepable, { keepable: true });
  });

  await t.test(
    'while the engine does not answer nothing is keepable, and the reason is the engine',
    async (t) => {
      await plain(t, made, 'unseen');
      const object = await objectOf(stage, 'unseen');
      between.fate = () => ({ kind: 'break' });
      const target = await actor.look(object);
      t.match(target?.keepable, { code: 'engine', message: /containerd/ });
      t.match(await target?.stop(), { kind: 'refused', code: 'engine' });
    },
  );
}

/** A servo that runs until the test ends. */
async function plain(
  t: Pick<Test, 'teardown'>,
  made: ContainerdHand,
  slot: string,
  more: More = {},
): Promise<void> {
  t.teardown(() => made.remove(slot));
  await made.make(slot, slot, more);
}

async function objectOf({ made }: Stage, uid: string): Promise<RuntimeObject> {
  const { runtime } = made.open();
  const { objects } = await runtime.list(never);
  runtime.close?.();
  const object = objects.find((one) => one.uid === uid);
  if (object === undefined) throw new Error(`${uid} does not run`);
  return object;
}

/** What a kept servo is known by. */
function keptAs(launch: Launch) {
  if (!('by' in launch)) throw new Error('no container');
  return {
    runtimeId: parseId('runtime id', launch.runtimeId),
    incarnation: parseId('incarnation', String(launch.before['incarnation'])),
  };
}

async function targetOf(stage: Stage, uid: string): Promise<Target> {
  const target = await until(`${uid} to be looked at`, async () => {
    const seen = await stage.actor.look(await objectOf(stage, uid));
    // A connection that broke in the scene before may still be made anew.
    return seen?.keepable.keepable === false && seen.keepable.code === 'engine' ? undefined : (seen ?? null);
  });
  if (target === null) throw new Error(`${uid} is gone`);
  return target;
}
