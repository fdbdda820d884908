// LXC for real: what is broken, hidden, or not what it seems makes the inventory incomplete, and says why.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { lxcActor } from '../../../../../agent/src/act/lxc/actor.ts';
import { openLxc } from '../../../../../agent/src/scan/runtime/lxc/lxc.ts';
import type { RuntimeObject } from '../../../../../agent/src/scan/runtime/port.ts';
import { lxcHand, type LxcHand } from '../../../../engines/hand-lxc.ts';
import { offers } from '../../../../engines/need.ts';
import { never, until } from '../../support.ts';

t.setTimeout(120_000);

const plain = { labels: {}, kind: 'plain' } as const;
const asNobody = join(import.meta.dirname, '../../../../engines/as-nobody.ts');

/** Codes and places of the problems, without the lxcpath, and the uids that run. */
async function reading(hand: LxcHand, depth: 'full' | 'hinted' = 'full', runtime = openLxc(hand.options)) {
  const { objects, problems } = await runtime.list(never, depth);
  return {
    uids: objects.map((object) => object.uid as string).toSorted(),
    problems: problems
      .map(({ code, path }) => `${code} ${path.replace(`${hand.options.lxcpath}/`, '')}`)
      .toSorted(),
    messages: problems.map(({ message }) => message),
    objects,
  };
}

async function one(hand: LxcHand, uid: string): Promise<RuntimeObject> {
  const found = (await reading(hand)).objects.find((object) => object.uid === uid);
  if (found === undefined) throw new Error(`${uid} does not run`);
  return found;
}

async function keepableOf(hand: LxcHand, uid: string) {
  const target = await actorOf(hand).look(await one(hand, uid));
  return target?.keepable;
}

const actorOf = (hand: LxcHand) =>
  lxcActor({ lxcpath: hand.options.lxcpath, hooks: ['/bin/true'], stopGraceMs: 1000 });

t.test('guests on one host', async (t) => {
  if (!offers(t, 'lxc')) return;
  const hand = await lxcHand(t);
  const { engine, options } = hand;
  await hand.run('good', { ...plain, uid: 's-good' });

  await t.test('a directory that is no guest, and one that is being made', async (t) => {
    mkdirSync(engine.pathOf('empty'));
    await engine.define('half', { environment: {} });
    writeFileSync(engine.pathOf('half', 'partial'), '');
    writeFileSync(engine.pathOf('a-file'), '');
    const seen = await reading(hand);
    t.strictSame(seen.uids, ['s-good'], 'the other one is not lost');
    t.strictSame(seen.problems, ['no-config empty', 'partial half']);
    const ignoring = await reading(hand, 'full', openLxc({ ...options, ignore: ['empty', 'half'] }));
    t.strictSame(ignoring.problems, []);
    await engine.remove('half');
    rmSync(engine.pathOf('empty'), { recursive: true });
  });

  await t.test('a guest that is defined and broken', async (t) => {
    for (const [name, text] of [
      ['nonsense', 'lxc.nonsense = 1\nSCOPE'],
      ['no-pair', 'what is this\n'],
      ['include', 'lxc.include = /nowhere.conf\n'],
    ] as const) {
      mkdirSync(engine.pathOf(name));
      const scope = `lxc.environment = SERVO_HOST=${options.marker.value}\nlxc.environment = SERVO_UID=s-x\n`;
      writeFileSync(engine.pathOf(name, 'config'), text.replace('SCOPE', scope));
    }
    const seen = await reading(hand);
    t.strictSame(seen.uids, ['s-good']);
    t.strictSame(
      seen.problems,
      ['broken include', 'broken no-pair', 'broken nonsense'],
      'also where only LXC knows',
    );
    t.ok(seen.messages.every((message) => /LXC/.test(message)));
    for (const name of ['nonsense', 'no-pair', 'include']) await engine.remove(name);
    t.strictSame((await reading(hand)).problems, []);
  });

  await t.test(
    'a root file system that is gone, of a guest that runs and of one that does not',
    async (t) => {
      await hand.run('rootless', { ...plain, uid: 's-rootless' });
      await engine.define('off', { environment: { SERVO_HOST: options.marker.value, SERVO_UID: 's-off' } });
      for (const name of ['rootless', 'off'])
        renameSync(engine.pathOf(name, 'rootfs'), engine.pathOf(name, 'away'));
      const seen = await reading(hand);
      t.strictSame(seen.problems, ['rootfs-gone off', 'rootfs-gone rootless']);
      t.match(seen.messages[0], /which is not there: mount it/);
      for (const name of ['rootless', 'off'])
        renameSync(engine.pathOf(name, 'away'), engine.pathOf(name, 'rootfs'));
      t.strictSame((await reading(hand)).uids, ['s-good', 's-rootless'], 'mended');
      await hand.remove('rootless');
      await engine.remove('off');
    },
  );

  await t.test('permission denied', async (t) => {
    const seen = () => {
      const argv = [
        '--reuid',
        '65534',
        '--regid',
        '65534',
        '--clear-groups',
        process.execPath,
        asNobody,
        JSON.stringify(options),
      ];
      const ran = spawnSync('setpriv', argv, { encoding: 'utf8' });
      return JSON.parse(ran.stdout) as { objects: number; problems: { code: string; message: string }[] };
    };
    const outside = seen();
    t.equal(outside.objects, 0);
    t.match(
      outside.problems.map((p) => p.code),
      ['unreadable'],
      'its lxcpath stands where others may not look',
    );
    chmodSync(engine.scratch.directory, 0o755);
    chmodSync(engine.pathOf('good', 'config'), 0o600);
    const inside = seen();
    t.equal(inside.objects, 0);
    t.ok(inside.problems.some((p) => p.code === 'unreadable' && /may not read it/.test(p.message)));
    chmodSync(engine.scratch.directory, 0o700);
  });

  await t.test('what LXC does not say: a guest whose monitor cannot be asked from here', async (t) => {
    const other = openLxc({ ...options, lxcpath: `${engine.scratch.directory}/./lxc` });
    const seen = await reading(hand, 'full', other);
    t.strictSame(seen.uids, [], 'LXC says that it is stopped');
    t.match(seen.problems, [/^unknown-to-lxc \/proc\/\d+$/], 'the kernel shows that it runs');
  });

  await t.test('no lxcpath', async (t) => {
    const seen = await reading(hand, 'full', openLxc({ ...options, lxcpath: '/nowhere/lxc' }));
    t.ok(seen.problems.some((problem) => problem.startsWith('vanished')));
  });

  await t.test('what is out of scope is no servo', async (t) => {
    await engine.define('other', { environment: { SERVO_HOST: 'other', SERVO_UID: 's-other' } });
    await engine.start('other');
    t.strictSame(await reading(hand).then(({ uids, problems }) => ({ uids, problems })), {
      uids: ['s-good'],
      problems: [],
    });
    await engine.remove('other');
  });

  await t.test('identity: none, none that is one, and one that was edited while it ran', async (t) => {
    await hand.run('nameless', { ...plain, uid: undefined });
    await hand.run('odd', { ...plain, uid: '-no uid-' });
    await hand.run('edited', { ...plain, uid: 's-was' });
    const runtime = openLxc(options);
    await reading(hand, 'full', runtime);
    appendFileSync(engine.pathOf('edited', 'config'), 'lxc.environment = SERVO_UID=s-is\n');
    for (const depth of ['hinted', 'full'] as const)
      t.strictSame(
        (await reading(hand, depth, runtime)).problems,
        ['bad-uid odd', 'edited edited', 'no-uid nameless'],
        `${depth}: a file that changed is read again`,
      );
    const byName = openLxc({ ...options, identity: { from: 'name' } });
    t.ok((await reading(hand, 'full', byName)).uids.includes('nameless'));
    const byHost = openLxc({ ...options, identity: { from: 'hostname', prefix: 'name' } });
    t.ok((await reading(hand, 'full', byHost)).uids.includes('less'));
    for (const name of ['nameless', 'odd', 'edited']) await hand.remove(name);
  });

  await t.test('activity: CPU time of the whole guest, and what its own network does', async (t) => {
    const { usage } = await one(hand, 's-good');
    t.type(usage.cpuMs, 'number');
    t.equal(usage.connections, 0);
    t.equal(usage.networkBytes, 0, 'loopback is left out');
    const { first } = await engine.pids('good');
    const [address = ''] = JSON.parse(await hand.marksOf('good'))[3] as string[];
    // A server that takes a connection and keeps it, both in the guest's network; who calls it waits until it listens.
    const isUp = "grep -q ':0009 .* 0A ' /proc/net/tcp /proc/net/tcp6";
    const serve = `(sleep 600 | nc -l -p 9) & until ${isUp}; do sleep 0.1; done; sleep 600 | nc ${address} 9`;
    const argv = [`--net=/proc/${first}/ns/net`, 'busybox', 'sh', '-c', serve];
    const inside = spawn('nsenter', argv, { stdio: 'ignore', detached: true });
    t.teardown(() => inside.pid !== undefined && process.kill(-inside.pid, 'SIGKILL'));
    const busy = await until('a connection', async () => {
      const { connections } = (await one(hand, 's-good')).usage;
      return connections === 0 ? undefined : connections;
    });
    t.equal(busy, 2, 'both ends are in this network');
  });
});

t.test('what a stop would not keep', async (t) => {
  if (!offers(t, 'lxc')) return;
  const hand = await lxcHand(t);
  const { engine, options } = hand;
  const environment = (uid: string) => ({ SERVO_HOST: options.marker.value, SERVO_UID: uid });
  const withLines = async (t: Test, code: string | undefined, says: RegExp, ...lines: readonly string[]) => {
    await engine.define('g', { environment: environment('s-g'), lines });
    await engine.start('g');
    const keepable = await keepableOf(hand, 's-g');
    if (code === undefined) t.strictSame(keepable, { keepable: true });
    else t.match(keepable, { keepable: false, code, message: says });
    await engine.remove('g');
  };
  await withLines(t, undefined, /./);
  await withLines(t, 'ephemeral', /deletes it when it stops/, 'lxc.ephemeral = 1');
  await withLines(t, 'hook', /lxc.hook.post-stop runs "\/bin\/false"/, 'lxc.hook.post-stop = /bin/false');
  await withLines(t, undefined, /./, 'lxc.hook.post-stop = /bin/true');
  await withLines(t, 'tmpfs-data', /\/data in it is in memory/, 'lxc.mount.entry = none data tmpfs rw 0 0');
  await withLines(t, undefined, /./, 'lxc.mount.entry = none tmp tmpfs rw 0 0');

  await t.test('its root in memory', async (t) => {
    const shm = `/dev/shm/servo-test-${process.pid}`;
    mkdirSync(join(shm, 'delta'), { recursive: true });
    t.teardown(() => rmSync(shm, { recursive: true, force: true }));
    const lower = join(engine.scratch.directory, 'base');
    await engine.define('g', {
      environment: environment('s-g'),
      lines: [`lxc.rootfs.path = overlay:${lower}:${join(shm, 'delta')}`],
    });
    await engine.start('g');
    t.match(await keepableOf(hand, 's-g'), {
      code: 'tmpfs-root',
      message: /a reboot of this host would delete it/,
    });
    await engine.remove('g');
  });

  await t.test('frozen, and a monitor in the foreground', async (t) => {
    await engine.define('g', { environment: environment('s-g') });
    await engine.start('g');
    await engine.scratch.run(['lxc-freeze', '-P', options.lxcpath, '-n', 'g']);
    t.match(await keepableOf(hand, 's-g'), { code: 'frozen', message: /lxc-unfreeze it first/ });
    await engine.scratch.run(['lxc-unfreeze', '-P', options.lxcpath, '-n', 'g']);
    await engine.scratch.run(['lxc-stop', '-P', options.lxcpath, '-n', 'g', '-k']);
    await engine.scratch.run([
      'sh',
      '-c',
      `lxc-start -P ${options.lxcpath} -n g -F </dev/null >/dev/null 2>&1 & lxc-wait -P ${options.lxcpath} -n g -s RUNNING -t 10`,
    ]);
    t.match(await keepableOf(hand, 's-g'), { code: 'foreground', message: /may start it again/ });
    await engine.remove('g');
  });

  await t.test('another guest lives in its namespaces', async (t) => {
    await engine.define('g', { environment: environment('s-g') });
    await engine.start('g');
    await engine.define('guest', {
      environment: environment('s-guest'),
      lines: ['lxc.namespace.share.net = g'],
    });
    writeFileSync(
      engine.pathOf('guest', 'config'),
      readFileSync(engine.pathOf('guest', 'config'), 'utf8').replace('lxc.net.0.type = empty\n', ''),
    );
    await engine.start('guest');
    t.match(await keepableOf(hand, 's-g'), { code: 'entangled', message: /s-guest share its namespaces/ });
    t.strictSame(await keepableOf(hand, 's-guest'), { keepable: true });
    await engine.remove('guest');
    await engine.remove('g');
  });

  await t.test('a stop that LXC accepts and does not do', async (t) => {
    await engine.define('g', { environment: environment('s-g') });
    await engine.start('g');
    const target = await actorOf(hand).look(await one(hand, 's-g'));
    const { monitor } = await engine.pids('g');
    process.kill(monitor, 'SIGSTOP');
    const stopped = await target?.stop();
    t.match(stopped, { kind: 'survived', message: /lxc-stop of guest g .* its first process runs/ });
    t.equal(
      await actorOf(hand).runs('g' as never, 'x' as never),
      undefined,
      'whether it runs cannot be told',
    );
    process.kill(monitor, 'SIGCONT');
    await until('LXC answers again', async () =>
      (await engine.state('g')) === undefined ? undefined : true,
    );
    await engine.remove('g');
  });

  await t.test('autostart that cannot be taken away is said, and changes nothing', async (t) => {
    await engine.define('g', { environment: environment('s-g'), lines: ['lxc.start.auto = 1'] });
    await engine.start('g');
    const actor = actorOf(hand);
    const target = await actor.look(await one(hand, 's-g'));
    if (target?.launch === undefined) throw new Error('nothing to start it by');
    t.match(target.launch.before, { autostart: '1', groups: [], addresses: [] });
    const before = readFileSync(engine.pathOf('g', 'config'), 'utf8');
    mkdirSync(engine.pathOf('g', 'config.servo-auditor-new'));
    t.match(await actor.settle(target.launch, 'kept'), /its autostart cannot be taken away/);
    t.equal(readFileSync(engine.pathOf('g', 'config'), 'utf8'), before);
    rmSync(engine.pathOf('g', 'config.servo-auditor-new'), { recursive: true });
    t.equal(await actor.settle(target.launch, 'kept'), undefined);
    t.equal(await actor.settle(target.launch, 'running'), undefined);
    t.equal(readFileSync(engine.pathOf('g', 'config'), 'utf8'), before);
    await engine.remove('g');
  });

  await t.test('without the block, LXC would start it again', async (t) => {
    await hand.run('auto', { uid: 's-auto', labels: {}, kind: 'stubborn' });
    await engine.reboot();
    t.equal(await engine.state('auto'), 'RUNNING');
    await hand.remove('auto');
  });
});

t.test('a thousand guests, most of them off', async (t) => {
  if (!offers(t, 'lxc')) return;
  const hand = await lxcHand(t);
  const { engine, options } = hand;
  for (let i = 0; i < 10; i++) await hand.run(`on-${i}`, { ...plain, uid: `s-on-${i}` });
  const text = readFileSync(engine.pathOf('on-0', 'config'), 'utf8').replace(
    'SERVO_UID=s-on-0',
    'SERVO_UID=s-off',
  );
  for (let i = 0; i < 990; i++) {
    mkdirSync(engine.pathOf(`off-${i}`));
    writeFileSync(engine.pathOf(`off-${i}`, 'config'), text);
  }
  const runtime = openLxc(options);
  for (const depth of ['full', 'hinted'] as const) {
    const began = performance.now();
    const seen = await reading(hand, depth, runtime);
    const tookMs = Math.round(performance.now() - began);
    t.strictSame(seen.problems, []);
    t.equal(seen.uids.length, 10);
    t.ok(tookMs < 20_000, `${depth} in ${tookMs} ms`);
  }
});
