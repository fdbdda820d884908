// Starts a plain process so that it outlives the agent: in a session of its own, with pid 1 (or the nearest reaper) as its
// parent, its three standard streams at /dev/null, and outside the agent's control group.
//
// A short-lived helper process starts it and ends, so that the agent is never its parent. Where the agent runs in a systemd
// service, systemd starts it in a unit of its own (process-unit.ts); if systemd will not, nothing is started.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBootId } from '@servo-auditor/proto/clock.ts';
import type { Incarnation, RuntimeId } from '@servo-auditor/proto/ids.ts';
import type { CommandLaunch } from '../facts.ts';
import { readCgroup, unitIn, type Unit } from './cgroup.ts';
import { isAlive, readParts, readStatSync } from './proc.ts';
import { processIncarnation, processRuntimeId } from './process-id.ts';
import { beginInUnit, becoming } from './process-unit.ts';

export type Started =
  | {
      readonly kind: 'started';
      readonly pid: number;
      readonly runtimeId: RuntimeId;
      readonly incarnation: Incarnation;
      /** Who started it: systemd, or a helper where the agent is in no unit. */
      readonly way: 'systemd-run' | 'setsid';
    }
  | { readonly kind: 'failed'; readonly code: StartFailure; readonly message: string };

export type StartFailure = 'no-program' | 'spawn' | 'ended-at-once' | 'unit' | 'helper';

/** How long the helper, and systemd, may take. */
const maxHelperMs = 10_000;
const maxUnitMs = 5000;
const pollMs = 20;

// Reads a launch as JSON, starts it as its user in a new session, says its pid or why not, and ends.
const helper = `
const { spawn } = require('node:child_process');
const { readFileSync, writeSync } = require('node:fs');
const { argv, cwd, env, as } = JSON.parse(readFileSync(0, 'utf8'));
const say = (v) => { writeSync(1, JSON.stringify(v)); process.exit(0); };
try {
  if (as !== undefined && (as.user !== process.getuid() || as.group !== process.getgid())) {
    process.setgroups(as.groups);
    process.setgid(as.group);
    process.setuid(as.user);
  }
  process.chdir(cwd);
} catch (e) { say({ error: e.message }); }
const child = spawn(argv[0], argv.slice(1), { cwd, env, detached: true, stdio: 'ignore' });
child.once('error', (e) => say({ error: e.message }));
child.once('spawn', () => say({ pid: child.pid }));
`;

/** Starts it. A failure is a value; it says what was to be started, and what would be right. */
export async function start(launch: CommandLaunch): Promise<Started> {
  const [program] = launch.argv;
  if (program === undefined || program === '') return failed('no-program', 'there is no command to start');
  const unit = unitIn((await readCgroup('self')) ?? '');
  const inService = unit?.name.endsWith('.service') === true ? unit : undefined;
  const said: Said = inService === undefined ? await runHelper(launch) : await begin(launch, inService);
  if ('error' in said) return failed(said.code, `${program} in ${launch.cwd}: ${said.error}`);
  if (inService !== undefined && !(await becameIt(said.pid, inService)))
    return failed(
      'unit',
      `systemd did not begin ${program} outside of ${inService.name}, or it ended at once`,
    );
  const stat = readStatSync(said.pid);
  if (!isAlive(stat))
    return failed('ended-at-once', `${program} in ${launch.cwd} ended as soon as it had started`);
  return {
    kind: 'started',
    pid: stat.pid,
    runtimeId: processRuntimeId(stat.pid, stat.startTicks),
    incarnation: processIncarnation(readBootId(), stat.pid, stat.startTicks),
    way: inService === undefined ? 'setsid' : 'systemd-run',
  };
}

async function begin(launch: CommandLaunch, service: Unit): Promise<Said> {
  const begun = await beginInUnit(launch, service);
  return 'error' in begun ? { code: 'unit', error: begun.error } : begun;
}

/** Whether it is in a unit other than this service, and the servo itself, before the time is over. */
async function becameIt(pid: number, service: Unit): Promise<boolean> {
  const until = performance.now() + maxUnitMs;
  while (performance.now() < until) {
    const cgroup = await readCgroup(pid);
    const argv = await readParts(pid, 'cmdline');
    if (cgroup === undefined || argv === undefined) return false;
    const name = unitIn(cgroup)?.name;
    if (name !== undefined && name !== service.name && !argv.includes(becoming)) return true;
    await sleep(pollMs);
  }
  return false;
}

function failed(code: StartFailure, message: string): Started {
  return { kind: 'failed', code, message };
}

type Said = { readonly pid: number } | { readonly code: StartFailure; readonly error: string };

/** The helper gets nothing of the agent's environment, and the launch on a pipe: arguments of a process are no secret. */
function runHelper(launch: CommandLaunch): Promise<Said> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['-e', helper], {
      env: {},
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: maxHelperMs,
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stdin.on('error', () => undefined);
    child.stdin.end(JSON.stringify(launch));
    child.once('error', (error) =>
      resolve({ code: 'helper', error: `cannot run ${process.execPath}: ${error.message}` }),
    );
    child.once('close', () => resolve(whatItSaid(text)));
  });
}

function whatItSaid(text: string): Said {
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said === 'object' && said !== null) {
      if ('pid' in said && typeof said.pid === 'number') return { pid: said.pid };
      if ('error' in said && typeof said.error === 'string') return { code: 'spawn', error: said.error };
    }
  } catch {
    // Falls through: it ended without a word.
  }
  return {
    code: 'helper',
    error: `the helper process ended without saying what it did ("${text.slice(0, 80)}")`,
  };
}
