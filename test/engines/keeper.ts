// Keeps one engine for one test, in a process of its own: it ends the engine, and everything that came of it, when the test
// says so or is gone in whatever way (its end of the pipe closes), and removes the scratch directory.
//
// It runs in a mount namespace of its own, with empty /run and /dev/shm, and its engine in control groups of their own: so
// nothing of the machine's is touched, and no mount or file stays behind.
//
// Reads one JSON command per line: {"do":"start","argv":[...],"env":{...}}, {"do":"signal","signal":"SIGSTOP"},
// {"do":"run","argv":[...],"env":{...}}, {"do":"reap"}; answers each with one line: {"pid":n}, {"code":n,"out":"..."} or
// {"error":"..."}.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { join } from 'node:path';
import { enter, leave, members, removeGroups } from './cgroups.ts';
import { programPath } from './need.ts';

/** How long a command may take: none of them waits for anything. */
const maxCommandMs = 60_000;
const maxEndMs = 20_000;

interface Command {
  readonly do: 'start' | 'signal' | 'run' | 'reap';
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: NodeJS.Signals;
}

const [directory, group] = process.argv.slice(2);
if (directory === undefined || group === undefined) throw new Error('usage: keeper DIRECTORY GROUP');
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
let daemon: ChildProcess | undefined;

async function obey(command: Command): Promise<unknown> {
  const [program, ...args] = command.argv ?? [];
  const env = { PATH: programPath, HOME: directory, ...command.env };
  switch (command.do) {
    case 'start': {
      const log = openSync(join(directory ?? '', 'engine.log'), 'a');
      daemon = spawn(program ?? '', args, { env, stdio: ['ignore', log, log], cwd: '/' });
      await once(daemon, 'spawn');
      return { pid: daemon.pid };
    }
    case 'signal': {
      if (daemon?.exitCode !== null || daemon.signalCode !== null) return { error: 'no engine runs' };
      daemon.kill(command.signal ?? 'SIGTERM');
      if (command.signal === 'SIGKILL' || command.signal === 'SIGTERM') await once(daemon, 'exit');
      if (command.signal === 'SIGSTOP') while (!isStopped(daemon.pid)) await sleep(5);
      return { pid: daemon.pid };
    }
    case 'reap':
      await endOthers();
      return { pid: 0 };
    case 'run': {
      const ran = spawnSync(program ?? '', args, { env, encoding: 'utf8', timeout: maxCommandMs, cwd: '/' });
      return { code: ran.status, out: `${ran.stdout}${ran.stderr}` };
    }
  }
}

/** Whether every thread stands still: each takes the signal by itself, and one that has not may still answer. */
function isStopped(pid: number | undefined): boolean {
  const tasks = `/proc/${pid}/task`;
  return readdirSync(tasks).every((task) => {
    const stat = readFileSync(`${tasks}/${task}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T');
  });
}

/** Ends everything that was started in here, however deep. */
async function endOthers(): Promise<void> {
  const until = performance.now() + maxEndMs;
  for (;;) {
    const others = members(group ?? '').filter((pid) => pid !== process.pid);
    if (others.length === 0 || performance.now() > until) break;
    for (const pid of others)
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    await sleep(20);
  }
}

async function takeDown(): Promise<void> {
  await endOthers();
  leave(process.pid);
  // Later ones may stand on earlier ones.
  for (const mount of mountsBelow(directory ?? '').toReversed()) spawnSync('umount', ['--lazy', mount]);
  removeGroups(group ?? '');
  rmSync(directory ?? '', { recursive: true, force: true, maxRetries: 5 });
}

function mountsBelow(folder: string): readonly string[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.map((line) => line.split(' ')[4] ?? '').filter((path) => path.startsWith(`${folder}/`));
}

enter(group, process.pid);
for (const folder of ['/run', '/dev/shm']) {
  const mounted = spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', folder]);
  if (mounted.status !== 0) throw new Error(`cannot mount over ${folder}: ${String(mounted.stderr)}`);
}
process.stdout.write('{"pid":0}\n');
for await (const line of createInterface(process.stdin)) {
  const answer = await obey(JSON.parse(line) as Command).catch((error: unknown) => ({
    error: String(error),
  }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await takeDown();
