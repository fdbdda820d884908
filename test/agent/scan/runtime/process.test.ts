import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { openProcess } from '../../../../agent/src/scan/runtime/process.ts';

import { inspect, start, stop } from '../../../../agent/src/scan/runtime/process-act.ts';
import { freshMarker, me, never, PATH, processOptions, run, until } from '../support.ts';

const list = (marker: string, more: object = {}) => openProcess(processOptions(marker, more)).list(never);

t.test('a process with the marker is a servo, with all that a later start needs', async (t) => {
  const marker = freshMarker();
  const facts = await run(t, ['sleep', '1000'], { SERVO_HOST: marker, SERVO_UID: 'u-1', X: 'a=b' });
  const { objects, problems } = await list(marker);
  t.strictSame(problems, []);
  t.equal(objects.length, 1);
  t.match(objects[0], {
    uid: 'u-1',
    pid: facts.pid,
    runtimeId: facts.runtimeId,
    incarnation: facts.incarnation,
    argv: ['sleep', '1000'],
    cwd: '/',
    labels: { SERVO_UID: 'u-1', X: 'a=b', PATH },
    usage: { cpuStepMs: 10, connections: 0 },
    entangledWith: [],
  });
  t.ok((objects[0]?.usage.cpuMs ?? -1) >= 0);
});

t.test('the incarnation changes when a servo is created anew, and only then', async (t) => {
  const marker = freshMarker();
  const env = { SERVO_HOST: marker, SERVO_UID: 'u-1' };
  const first = await run(t, ['sleep', '1000'], env);
  const before = (await list(marker)).objects[0];
  t.equal((await list(marker)).objects[0]?.incarnation, before?.incarnation, 'another scan, the same one');
  t.equal((await stop(first, 2000)).kind, 'stopped');
  t.strictSame((await list(marker)).objects, []);
  const second = await run(t, ['sleep', '1000'], env);
  const after = (await list(marker)).objects[0];
  t.equal(after?.uid, before?.uid);
  t.not(after?.incarnation, before?.incarnation);
  t.match(second.incarnation, new RegExp(`^[0-9a-f]{12}:${second.pid}:${second.startTicks}$`));
});

t.test('out of scope is no servo', async (t) => {
  const marker = freshMarker();
  await run(t, ['sleep', '1000'], { SERVO_HOST: `${marker}-other`, SERVO_UID: 'u-other-host' });
  await run(t, ['sleep', '1000'], { SERVO_UID: 'u-without-marker' });
  await run(t, ['sleep', '1000'], { SERVO_HOST: marker, SERVO_UID: 'u-1' });
  t.strictSame(
    (await list(marker)).objects.map((o) => o.uid),
    ['u-1'],
  );
  t.strictSame(await list(marker, { users: ['4294967294'] }), { objects: [], problems: [] }, 'another user');
  t.strictSame(await list(marker, { commands: ['tail'] }), { objects: [], problems: [] }, 'another command');
  t.equal((await list(marker, { commands: ['tail', '100'] })).objects.length, 1);
});

t.test('without a uid, or with one that is spelled badly, it is a problem and no absence', async (t) => {
  const marker = freshMarker();
  const none = await run(t, ['sleep', '1000'], { SERVO_HOST: marker });
  const bad = await run(t, ['sleep', '1000'], { SERVO_HOST: marker, SERVO_UID: 'two words' });
  const { objects, problems } = await list(marker);
  t.strictSame(objects, []);
  t.equal(problems.length, 2);
  t.match(
    problems.find((p) => p.path === `/proc/${none.pid}`),
    { code: 'no-uid', message: /no env:SERVO_UID/, contentSha256: /^[0-9a-f]{64}$/ },
  );
  t.match(
    problems.find((p) => p.path === `/proc/${bad.pid}`),
    { code: 'bad-uid', message: /want 1 to 128/ },
  );
});

t.test('the children of a servo are part of it', async (t) => {
  const marker = freshMarker();
  // One child in the group, one in a group of its own, one in a session of its own.
  const script = 'sleep 1000 & setsid sleep 1001 & set -m; sleep 1002 & wait';
  const facts = await run(t, ['bash', '-c', script], { SERVO_HOST: marker, SERVO_UID: 'u-1' });
  const children = await until('three children', async () => {
    const found = await inspect(facts.pid);
    return found?.outside.length === 2 ? found.outside : undefined;
  });
  t.teardown(() => children.forEach((pid) => process.kill(pid, 'SIGKILL')));
  const { objects, problems } = await list(marker);
  t.strictSame(problems, []);
  t.match(objects, [{ uid: 'u-1', pid: facts.pid }]);
  t.equal(objects.length, 1);
});

t.test('what a servo leaves behind is seen, although its leader is gone', async (t) => {
  const marker = freshMarker();
  const started = await start({
    argv: ['sh', '-c', 'sleep 1000 & sleep 1001 &'],
    cwd: '/',
    env: { PATH, SERVO_HOST: marker, SERVO_UID: 'u-1' },
  });
  const group = started.kind === 'started' ? started.pid : undefined;
  const objects = await until('a group without its leader', async () => {
    const found = (await list(marker)).objects;
    return found.length === 1 && found[0]?.argv?.[0] === 'sleep' ? found : undefined;
  });
  const facts = await inspect(objects[0]?.pid ?? 0);
  t.teardown(() => process.kill(-(facts?.pgid ?? group ?? 0), 'SIGKILL'));
  t.match(objects, [{ uid: 'u-1' }]);
  t.not(facts?.pid, facts?.pgid, 'it does not lead its group');
});

t.test('two processes that say the same are two objects', async (t) => {
  const marker = freshMarker();
  const env = { SERVO_HOST: marker, SERVO_UID: 'u-1' };
  await run(t, ['sleep', '1000'], env);
  await run(t, ['sleep', '1000'], env);
  t.strictSame(
    (await list(marker)).objects.map((o) => o.uid),
    ['u-1', 'u-1'],
  );
});

t.test('two servos in one process group are two', async (t) => {
  const marker = freshMarker();
  await run(t, ['sh', '-c', 'SERVO_UID=u-2 sleep 1000 & SERVO_UID=u-3 sleep 1000 & wait'], {
    SERVO_HOST: marker,
    SERVO_UID: 'u-1',
  });
  const uids = await until('three servos', async () => {
    const found = (await list(marker)).objects.map((o) => `${o.uid} with ${o.entangledWith.join(' and ')}`);
    return found.length === 3 ? found : undefined;
  });
  t.strictSame(uids.toSorted(), ['u-1 with u-2 and u-3', 'u-2 with u-1 and u-3', 'u-3 with u-1 and u-2']);
});

t.test('identity from an argument', async (t) => {
  const marker = freshMarker();
  const identity = { from: 'argument', prefix: '--servo=' };
  const script = 'setTimeout(() => {}, 1e8)';
  // A child bears the marker, and says nothing of its own.
  const child = `require('child_process').spawn('sleep', ['1000']); ${script}`;
  const one = await run(t, [process.execPath, '-e', child, '--', '--servo=u-1'], {
    SERVO_HOST: marker,
    SERVO_UID: 'other',
  });
  const two = await run(t, [process.execPath, '-e', script, '--', '--servo=u-2', '--servo=u-3'], {
    SERVO_HOST: marker,
  });
  const { objects, problems } = await list(marker, { identity });
  t.match(objects, [{ uid: 'u-1', pid: one.pid, labels: { SERVO_UID: 'other' } }]);
  t.equal(objects.length, 1);
  t.match(problems, [{ path: `/proc/${two.pid}`, code: 'bad-uid', message: /argv:--servo=/ }]);
});

t.test('what ended and was not waited for is gone', async (t) => {
  const marker = freshMarker();
  const script = `const c = require('child_process').spawn('sh', ['-c', 'echo; kill -STOP $PPID'], { stdio: ['ignore', 1, 2], detached: true }); setTimeout(() => {}, 1e8)`;
  const parent = spawn(process.execPath, ['-e', script], {
    env: { PATH, SERVO_HOST: marker, SERVO_UID: 'u-1' },
    stdio: ['ignore', 'pipe', 'inherit'],
    detached: true,
  });
  t.teardown(() => parent.kill('SIGKILL'));
  await once(parent.stdout, 'data');
  const objects = await until('a zombie', async () => {
    const states = execFileSync('ps', ['-o', 'stat=', '--ppid', String(parent.pid)], { encoding: 'utf8' });
    return states.startsWith('Z') ? (await list(marker)).objects : undefined;
  });
  t.match(objects, [{ pid: parent.pid }]);
  t.equal(objects.length, 1);
});

// A program that may be run and not read hides its memory from everybody but root. So the scan runs as a user of its own.
t.test('an environment that cannot be read makes the inventory incomplete', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'servo-hidden-'));
  const asRoot = process.getuid?.() === 0;
  const user = asRoot ? 65534 : Number(me);
  chmodSync(dir, 0o755);
  const program = join(dir, 'hidden');
  copyFileSync('/bin/sleep', program);
  chmodSync(program, 0o111);
  const hidden = spawn(program, ['1000'], {
    detached: true,
    stdio: 'ignore',
    env: { SERVO_HOST: 'hidden', SERVO_UID: 'u-1' },
    ...(asRoot ? { uid: user, gid: user } : {}),
  });
  t.teardown(() => {
    hidden.kill('SIGKILL');
    rmSync(dir, { recursive: true });
  });
  await once(hidden, 'spawn');
  const source = join(import.meta.dirname, '../../../../agent/src/scan/runtime/process.ts');
  const code = `
    import { openProcess } from ${JSON.stringify(source)};
    const options = { users: [${JSON.stringify(String(user))}], marker: { variable: 'SERVO_HOST', value: 'hidden' }, identity: { from: 'environment', variable: 'SERVO_UID' }, probeSources: [] };
    const list = (commands) => openProcess({ ...options, commands }).list(new AbortController().signal);
    console.log(JSON.stringify([await list([]), await list(['something else'])]));`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
    ...(asRoot ? { uid: user, gid: user } : {}),
    env: { PATH },
  });
  let text = '';
  child.stdout.on('data', (part: Buffer) => (text += part.toString()));
  await once(child, 'close');
  const [all, other] = JSON.parse(text) as {
    objects: [];
    problems: { path: string; code: string; message: string }[];
  }[];
  const mine = all?.problems.filter((p) => p.path === `/proc/${hidden.pid}`);
  t.match(mine, [{ code: 'unreadable', message: /environ.*EACCES.*may be a servo/ }]);
  t.equal(mine?.length, 1);
  t.strictSame(other, { objects: [], problems: [] }, 'a scope of other commands leaves it out');
});

t.test('stops when the scan is over', async (t) => {
  const runtime = openProcess(processOptions(freshMarker()));
  await t.rejects(runtime.list(AbortSignal.abort(new Error('over'))), { message: 'over' });
});

t.test('refuses options that cannot be right', async (t) => {
  t.throws(() => openProcess(processOptions('m', { users: [] })), /no Unix user/);
  t.throws(
    () => openProcess(processOptions('m', { users: ['no-such-user'] })),
    /no Unix user "no-such-user"/,
  );
  t.throws(
    () => openProcess(processOptions('m', { probeSources: ['localhost'] })),
    /"localhost" is no IP address/,
  );
  const byName = openProcess(processOptions('m', { users: ['root'] }));
  t.equal(byName.lock, openProcess(processOptions('m', { users: ['0'] })).lock);
});
