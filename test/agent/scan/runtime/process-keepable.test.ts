import { readFileSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import t from 'tap';
import { inspect, keepable, type ProcessFacts } from '../../../../agent/src/scan/runtime/process-act.ts';
import { PATH, run, until } from '../support.ts';

const alone = { parents: [] };
const free = { entangledWith: [] };

/** Facts of a process that is kept, whoever adopts orphans on this machine. */
async function kept(t: Parameters<typeof run>[0]): Promise<ProcessFacts> {
  const facts = await run(t, ['sleep', '1000'], {});
  return { ...facts, ppid: 1, unit: undefined };
}

t.test('the leader of its own group, child of pid 1, in no unit', async (t) => {
  t.strictSame(await keepable(await kept(t), free, alone), { keepable: true });
});

t.test('whoever shares a group is not keepable', async (t) => {
  const facts = await kept(t);
  t.match(await keepable({ ...facts, pgid: 4711 }, free, alone), {
    keepable: false,
    code: 'not-leader',
    message: /group 4711/,
  });
});

t.test('whoever shares its group with another servo is not keepable', async (t) => {
  const entangled = { entangledWith: ['u-2', '?'] };
  t.match(await keepable(await kept(t), entangled, alone), {
    keepable: false,
    code: 'entangled',
    message: /stop u-2, \? too/,
  });
});

t.test('whoever has processes outside its group is not keepable', async (t) => {
  const facts = await run(t, ['bash', '-c', 'set -m; sleep 1000 & wait'], {});
  const found = await until('a group of its own', async () => {
    const now = await inspect(facts.pid);
    return now?.outside.length === 1 ? now : undefined;
  });
  t.teardown(() => process.kill(found.outside[0] ?? 0, 'SIGKILL'));
  t.match(await keepable({ ...found, ppid: 1 }, free, alone), {
    keepable: false,
    code: 'several-groups',
    message: new RegExp(`\\(${found.outside[0]}\\)`),
  });
});

t.test('a parent may start it again, unless it is listed', async (t) => {
  const child = spawn('sleep', ['1000'], { detached: true, stdio: 'ignore', env: { PATH } });
  t.teardown(() => child.kill('SIGKILL'));
  await once(child, 'spawn');
  const facts = await inspect(child.pid ?? 0);
  if (facts === undefined) throw new Error('sleep has ended');
  const name = readFileSync('/proc/self/comm', 'utf8').trim();
  const plain = { ...facts, unit: undefined };
  t.match(await keepable(plain, free, alone), {
    keepable: false,
    code: 'parent',
    message: new RegExp(`${process.pid} \\("${name}"\\)`),
  });
  t.match(await keepable(plain, free, { parents: [`${name}x`] }), { keepable: false, code: 'parent' });
  t.strictSame(await keepable(plain, free, { parents: [name] }), { keepable: true });
});

t.test('a unit that nobody can ask about is not known to leave it stopped', async (t) => {
  const facts = await kept(t);
  const unit = { name: 'no-such-unit-of-this-test.service', user: false };
  const answer = await keepable({ ...facts, unit }, free, alone);
  // Where systemd runs it says "no" for a unit that it does not know; elsewhere nobody says anything.
  if (answer.keepable) t.pass('systemd answered');
  else t.match(answer, { code: 'unit-unknown', message: /no-such-unit/ });
  t.strictSame(await keepable({ ...facts, unit: { name: 'run-1.scope', user: false } }, free, alone), {
    keepable: true,
  });
});
