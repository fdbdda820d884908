import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { inspect, stop } from '../../../../agent/src/scan/runtime/process-act.ts';
import { readStatSync } from '../../../../agent/src/scan/runtime/proc.ts';
import { run, until } from '../support.ts';

const deaf = 'trap "" TERM; while :; do sleep 1000; done';

t.test('a servo that obeys is stopped by SIGTERM, its children with it', async (t) => {
  const facts = await run(t, ['sh', '-c', 'sleep 1000 & sleep 1001 & wait'], {});
  t.match(await stop(facts, 10_000), { kind: 'stopped', signal: 'SIGTERM' });
  t.equal(await inspect(facts.pid), undefined);
});

t.test('a servo that does not is killed after the grace', async (t) => {
  const facts = await run(t, ['bash', '-c', deaf], {});
  await until('its trap', () => (readIgnored(facts.pid) ? true : undefined));
  const stopped = await stop(facts, 100);
  t.match(stopped, { kind: 'stopped', signal: 'SIGKILL' });
  t.ok(stopped.kind === 'stopped' && stopped.tookMs >= 100);
  t.equal(await inspect(facts.pid), undefined);
});

t.test('children that outlive their leader are killed too', async (t) => {
  const facts = await run(t, ['bash', '-c', `(${deaf}) & exec sleep 1000`], {});
  const child = await until('a deaf child', () => {
    const pid = childOf(facts.pid);
    return pid !== undefined && readIgnored(pid) ? pid : undefined;
  });
  t.match(await stop(facts, 100), { kind: 'stopped', signal: 'SIGKILL' });
  t.notOk(readStatSync(child)?.state.match(/[^ZX]/));
});

t.test('nothing is signalled that is not exactly what was seen', async (t) => {
  const facts = await run(t, ['sleep', '1000'], {});
  const refused = async (change: object, code: string) => {
    t.match(await stop({ ...facts, ...change }, 0), { kind: 'refused', code });
    t.equal((await inspect(facts.pid))?.incarnation, facts.incarnation, `still runs (${code})`);
  };
  await refused({ startTicks: facts.startTicks - 1 }, 'other-incarnation');
  await refused({ bootId: parseId('boot', 'another') }, 'other-boot');
  const self = await inspect(process.pid);
  t.ok(self);
  if (self !== undefined)
    t.match(await stop(self, 0), {
      kind: 'refused',
      code: self.pid === self.pgid ? 'own-group' : 'not-leader',
    });
  await stop(facts, 1000);
  t.match(await stop(facts, 0), { kind: 'refused', code: 'gone' });
});

t.test('a member of a group is not stopped, since a signal would reach the whole group', async (t) => {
  const facts = await run(t, ['sh', '-c', 'sleep 1000 & wait'], {});
  const child = await until('its child', () => {
    const pid = childOf(facts.pid);
    return pid === undefined ? undefined : inspect(pid);
  });
  t.match(await stop(child, 0), { kind: 'refused', code: 'not-leader' });
  t.ok(await inspect(facts.pid));
});

t.test('facts of a process', async (t) => {
  const facts = await run(t, ['sleep', '1000'], {});
  t.match(facts, { pgid: facts.pid, session: facts.pid, outside: [] });
  t.equal(facts.runtimeId, `${facts.pid}:${facts.startTicks}`);
  t.equal(await inspect(2 ** 22 + 1), undefined);
});

function childOf(pid: number): number | undefined {
  try {
    const pids = execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)], { encoding: 'utf8' });
    return Number(pids.trim().split('\n')[0]);
  } catch {
    // ps says so by its exit code when it finds nobody.
    return undefined;
  }
}

/** Whether a process ignores SIGTERM by now. */
function readIgnored(pid: number): boolean {
  try {
    const mask = /^SigIgn:\t([0-9a-f]+)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1] ?? '0';
    return (BigInt(`0x${mask}`) & (1n << 14n)) !== 0n;
  } catch {
    return false;
  }
}
