// The demo as a newcomer runs it: what it ends with, two at a time, and that nothing of it stays behind however it ends.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { markVariable, until } from '../../scripts/demo/processes.ts';

const main = join(import.meta.dirname, '../../scripts/demo/main.ts');
/** A machine may be busy with other tests: the demo takes a minute alone. */
const patienceMs = 600_000;
t.setTimeout(2 * patienceMs);

interface Demo {
  readonly pid: number;
  /** Directory in which it makes its own. */
  readonly tmp: string;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | string | null>;
}

/** @param tmp a short path: sockets are made below it. */
function demo(t: Pick<Tester, 'teardown'>, ...args: readonly string[]): Demo {
  const tmp = realpathSync(mkdtempSync('/tmp/demo-test-'));
  const child = spawn('env', ['-u', 'NODE_OPTIONS', process.execPath, main, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TMPDIR: tmp },
  });
  t.teardown(async () => {
    child.kill('SIGKILL');
    await ended;
    rmSync(tmp, { recursive: true, force: true });
  });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (bytes: Buffer) => (said.stdout += String(bytes)));
  child.stderr.on('data', (bytes: Buffer) => (said.stderr += String(bytes)));
  const ended = new Promise<number | string | null>((resolve) =>
    child.once('close', (code, signal) => resolve(signal ?? code)),
  );
  if (child.pid === undefined) throw new Error('the demo was not started');
  return {
    pid: child.pid,
    tmp,
    stdout: () => said.stdout,
    stderr: () => said.stderr,
    ended,
  };
}
type Tester = typeof t;

/** Processes whose world is below this directory, by what they were started with. */
function processesOf(tmp: string): readonly string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
        return (environment.includes(`${markVariable}=`) && environment.includes(tmp)) ||
          command.includes(tmp)
          ? [command]
          : [];
      } catch {
        // It ended in the meantime.
        return [];
      }
    });
}

async function leftNothing(t: Pick<Tester, 'strictSame'>, { tmp }: Demo): Promise<void> {
  await until('every process to be gone, and the directory', patienceMs, () =>
    processesOf(tmp).length === 0 && readdirSync(tmp).length === 0 ? true : undefined,
  ).catch(() => undefined);
  t.strictSame(processesOf(tmp), [], 'no process stays behind');
  t.strictSame(readdirSync(tmp), [], 'no file stays behind');
}

t.test('two at once, to their end', async (t) => {
  const demos = [demo(t, '--json'), demo(t, '--json')];
  for (const one of demos) {
    const code = await one.ended;
    if (code !== 0) t.comment(one.stderr().slice(-2000));
    t.equal(code, 0);
    const lines = one.stdout().trimEnd().split('\n');
    t.equal(lines.length, 1, 'nothing but the result is on standard output');
    const result = JSON.parse(lines[0] ?? '') as Record<string, number | string[]>;
    t.match(result, { liveStopped: 0, restored: 1, generations: ['labels', 'manifest-directory', 'sqlite'] });
    t.equal(result['stopped'], result['orphans']);
    t.ok(Number(result['orphans']) > 0);
    t.ok(Number(result['naiveLiveStopped']) > 0, 'what a plain look-up would have stopped');
    t.ok(Number(result['hosts']) >= 4);
    await leftNothing(t, one);
  }
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGKILL'] as const)
  t.test(`${signal} in the middle of it`, async (t) => {
    const one = demo(t);
    await until('servos and agents to run', patienceMs, () =>
      processesOf(one.tmp).some((command) => command.includes('agent/src/main.ts')) ? true : undefined,
    );
    t.ok(existsSync(one.tmp));
    process.kill(one.pid, signal);
    t.equal(await one.ended, { SIGINT: 130, SIGTERM: 143, SIGKILL: 'SIGKILL' }[signal]);
    if (signal !== 'SIGKILL') t.match(one.stderr(), new RegExp(`${signal}, cleaning up`));
    await leftNothing(t, one);
  });

t.test('an option that it does not have', async (t) => {
  const one = demo(t, '--fast');
  t.equal(await one.ended, 2);
  t.match(one.stderr(), /--fast.*the only option is --json/);
  await leftNothing(t, one);
});
