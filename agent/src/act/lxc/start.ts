// Starts a kept guest again: by lxc-start, with its autostart given back first, so that what runs has what it had before. What
// fails leaves it stopped. An agent that is a service of systemd may itself do almost nothing, and a guest must be allowed to do
// much: there the manager runs lxc-start, with nothing of the agent's sandbox.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Incarnation } from '@servo-auditor/proto/ids.ts';
import { readCgroup, unitIn, type Unit } from '../../scan/runtime/cgroup.ts';
import { readGuest } from '../../scan/runtime/lxc/guest.ts';
import { removeBlock } from '../../scan/runtime/lxc/kept.ts';
import { lastLine, runProgram, standingOf, type LxcHost } from '../../scan/runtime/lxc/tools.ts';
import { isAlive, readStatSync } from '../../scan/runtime/proc.ts';
import type { RuntimeLaunch } from '../../scan/scan.ts';
import type { StartResult } from '../actor.ts';

/** How long lxc-start may take: it waits until the guest runs, its start hooks and networks included. */
const maxStartMs = 60_000;
/** How long a guest must have run to count as started. One whose program is gone ends sooner. */
const settlingMs = 300;
const pollMs = 50;

export async function startGuest(
  { runtimeId, before }: RuntimeLaunch,
  incarnation: Incarnation | undefined,
  host: LxcHost,
): Promise<StartResult> {
  const read = readGuest(host.lxcpath, runtimeId);
  if (read.kind === 'gone') return failed('gone', `guest ${runtimeId} has been destroyed`);
  if (read.kind === 'fault') return failed(read.code, `guest ${runtimeId} ${read.message}`);
  const { guest } = read;
  if (guest.incarnation !== incarnation)
    return failed(
      'other-incarnation',
      `guest ${runtimeId} is ${guest.incarnation} now, made anew since ${incarnation} was stopped`,
    );
  try {
    removeBlock(guest.path);
  } catch (error) {
    const says = error instanceof Error ? error.message : String(error);
    return failed(
      'autostart',
      `guest ${runtimeId}: its autostart cannot be given back: ${says}; let this agent write ${guest.path}`,
    );
  }
  const unit = unitIn((await readCgroup('self')) ?? '');
  const service = unit?.name.endsWith('.service') === true ? unit : undefined;
  const lxcStart = ['lxc-start', '-P', host.lxcpath, '-n', guest.name, '-d'] as const;
  const [program, ...argv] =
    service === undefined ? lxcStart : ([...byManager(service), ...lxcStart] as const);
  const ran = await runProgram(program, argv, { ms: maxStartMs });
  if (ran.kind === 'failed') return failed(ran.code, ran.message);
  if (ran.code !== 0)
    return failed(
      'lxc-start',
      `guest ${runtimeId} did not start: ${startError(ran.err)}; lxc-start -F says more`,
    );
  const ended = await endedSoon(host, guest.name);
  if (ended !== undefined) return ended;
  const by = `started by ${service === undefined ? '' : 'systemd-run and '}lxc-start`;
  const auto = `autostart ${before['autostart'] === '0' ? 'off' : 'on'}, as before`;
  return { kind: 'started', incarnation: guest.incarnation, runtimeId, message: `${by}; ${auto}` };
}

/** The first line says why; those behind it what else one could try. */
function startError(err: string): string {
  return lastLine(err.split('\n').find((line) => line.includes('.c:')) ?? err);
}

/** Ends with lxc-start's own code, and says what it said. The guest goes on when the unit has ended. */
function byManager({ user }: Unit): readonly [string, ...string[]] {
  const unit = ['--property=Type=oneshot', '--property=KillMode=process'];
  return [
    'systemd-run',
    ...(user ? ['--user'] : []),
    '--quiet',
    '--collect',
    '--wait',
    '--pipe',
    ...unit,
    '--',
  ];
}

/** Undefined: its first process has run for a while. */
async function endedSoon(host: LxcHost, name: string): Promise<StartResult | undefined> {
  const until = performance.now() + settlingMs;
  for (;;) {
    const standing = await standingOf(host, name);
    if (standing !== undefined && 'kind' in standing) return failed(standing.code, standing.message);
    const first = standing?.pid === undefined ? undefined : readStatSync(standing.pid);
    if (standing?.state !== 'RUNNING' || !isAlive(first))
      return failed('ended-at-once', `guest ${name} ended as soon as it had started; lxc-start -F says why`);
    if (performance.now() >= until) return undefined;
    await sleep(pollMs);
  }
}

function failed(code: string, message: string): StartResult {
  return { kind: 'failed', code, message };
}
