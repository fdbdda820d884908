// The main job, as the README tells it, with the packages, under a real systemd: installed, observed, trusted; a project is
// released in the registry, its servo is stopped, and brought back. Then the packages are upgraded, removed, installed again, and at
// the end purged.
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { skip } from '../engines/need.ts';
import { nextRelease, purge, removeAndReturn, systemFiles, upgrade } from './lifecycle.ts';
import { mainJob, orphan } from './job.ts';
import { Installation } from './support/installation.ts';
import { eventually, inside, lacking } from './support/machine.ts';
import { pidOf } from './support/servos.ts';

t.setTimeout(600_000);
const reason = lacking();
if (reason !== undefined) {
  skip(t, reason);
  process.exit();
}

/** Takes no notice of SIGTERM: it is killed when its time is over. */
const stubborn = 'host-1-app-5';

await nextRelease();
const it = await Installation.prepare(t);
const { machine } = it;
const bare = await systemFiles(it);

t.test('released in the registry, stopped, restored: by the packages and the README alone', async (t) => {
  await it.addServo(stubborn, ['sh', '-c', 'trap : TERM; while :; do sleep 5; done']);
  await mainJob(t, it);
  const pid = await pidOf(machine, orphan);
  t.ok(pid);
  t.match(
    await machine.sh(`ps -o user=,args= -p ${pid}`),
    /^servo +sleep 1000000\n$/,
    'as whom it ran before',
  );
  t.match(await machine.sh(`cat /proc/${pid}/cgroup`), /run-\w+\.service/, 'in a unit of its own');
  const sandbox = async (of: number | undefined) =>
    await machine.sh(`grep -E '^(NoNewPrivs|Seccomp|Cap)' /proc/${of}/status; readlink /proc/${of}/ns/mnt`);
  t.equal(
    await sandbox(pid),
    await sandbox(await pidOf(machine, 'host-1-app-7')),
    'with none of the agent’s sandbox, as one that the platform started',
  );
  await machine.sh('systemctl stop servo-agent');
  t.match(await machine.show('servo-agent', 'Result'), { Result: 'success' }, 'it ends by itself');
  t.equal(await pidOf(machine, orphan), pid, 'stopping the agent stops no servo');
  t.match(await it.shell.run('servo-agent status'), /the agent does not run/);
  await machine.sh('systemctl start servo-agent');
});

t.test('stopped in the middle of an act, the agent finishes the act first', async (t) => {
  await it.follow('6. Propose, then enforce', (text) => text.includes(' enforce '));
  await it.deleteProjectOf(stubborn);
  await eventually('its order', 120_000, async () =>
    (await machine.journal('servo-agent')).includes(`"action":"stop","uid":"${stubborn}"`) ? true : undefined,
  );
  await machine.sh('systemctl stop servo-agent');
  t.equal(await pidOf(machine, stubborn), undefined, 'the act was finished');
  const log = await machine.journal('servo-agent');
  t.match(log, /ended by SIGKILL after 1\d{4} ms/);
  t.ok(log.indexOf('"event":"agent.signal"') < log.indexOf('ended by SIGKILL'), 'after it was told to end');
  t.match(await machine.show('servo-agent', 'Result', 'ActiveState'), {
    Result: 'success',
    ActiveState: 'inactive',
  });
  t.match(await it.shell.run('servo-agent quarantine'), stubborn);
  await machine.sh('systemctl start servo-agent');
  await it.untilServo(stubborn, 'in quarantine', (row) => row.state === 'quarantined');
});

t.test('an upgrade keeps settings, state and quarantine', async (t) => await upgrade(t, it, stubborn));

t.test(
  'a removal keeps them too, and an agent that is installed again goes on',
  async (t) => await removeAndReturn(t, it, stubborn),
);

t.test(
  'what is in quarantine stays there over a reboot, and comes back by one command on the host',
  async (t) => {
    await it.reboot();
    await eventually('both services', 60_000, async () => {
      const { code } = await machine.run(['systemctl', 'is-active', 'servo-agent', 'servo-coordinator']);
      return code === 0 ? true : undefined;
    });
    t.equal(await pidOf(machine, stubborn), undefined);
    t.match(await it.shell.run('servo-agent quarantine'), stubborn);
    await it.untilServo(stubborn, 'in quarantine', (row) => row.state === 'quarantined');
    t.match(
      await it.shell.run(`servo-agent restore ${stubborn} --reason 'needed back'`),
      /started as process \d+ by systemd-run/,
    );
    t.ok(await pidOf(machine, stubborn));
    await it.untilServo(stubborn, 'running', (row) => row.state === 'running');
  },
);

t.test('a reload takes over what is right, and refuses what is not', async (t) => {
  for (const [unit, file] of [
    ['servo-agent', '/etc/servo-agent/agent.yaml'],
    ['servo-coordinator', '/etc/servo-coordinator/coordinator.yaml'],
  ] as const) {
    const reloads = async () => (await machine.journal(unit)).split('"event":"config.reloaded"').length;
    const before = await reloads();
    await machine.sh(`systemctl reload ${unit}`);
    await eventually(`${unit} to have reloaded`, 30_000, async () =>
      (await reloads()) > before ? true : undefined,
    );
    const { MainPID } = await machine.show(unit, 'MainPID');
    await machine.sh(`cp ${file} /tmp/right; echo 'nonsense: 1' >>${file}`);
    t.not((await machine.run(['systemctl', 'reload', unit])).code, 0, 'the reload fails');
    t.match(await machine.journal(unit), /nonsense: unknown key/);
    await machine.sh(`cp /tmp/right ${file}`);
    t.match(await machine.show(unit, 'ActiveState', 'MainPID'), { ActiveState: 'active', MainPID });
  }
});

/** The unit with its own watchdog: only how long it waits differs, so that what it does comes within a test's time. */
async function watched(unit: string, more: string): Promise<string> {
  await machine.write(
    `/etc/systemd/system/${unit}.service.d/watchdog.conf`,
    `[Service]\nWatchdogSec=5s\nTimeoutAbortSec=2s\n${more}`,
  );
  await machine.sh(`systemctl daemon-reload; systemctl restart ${unit}`);
  return (await machine.show(unit, 'MainPID'))['MainPID'] ?? '';
}

async function killedByWatchdog(unit: string, pid: string): Promise<void> {
  await eventually(`${unit} to be killed and started again`, 60_000, async () => {
    const now = await machine.show(unit, 'MainPID', 'ActiveState', 'NRestarts');
    return now['ActiveState'] === 'active' && now['MainPID'] !== pid && now['NRestarts'] !== '0'
      ? true
      : undefined;
  });
}

t.test('an event loop that hangs is ended by the watchdog, and stops no servo', async (t) => {
  const servo = await pidOf(machine, stubborn);
  const units = ['servo-agent', 'servo-coordinator'];
  const pids = new Map<string, string>();
  for (const unit of units) pids.set(unit, await watched(unit, ''));
  await sleep(8000);
  for (const [unit, pid] of pids)
    t.match(
      await machine.show(unit, 'MainPID', 'NRestarts'),
      { MainPID: pid, NRestarts: '0' },
      'while it turns, nothing happens',
    );
  await machine.sh(`kill -STOP ${[...pids.values()].join(' ')}`);
  for (const [unit, pid] of pids) {
    await killedByWatchdog(unit, pid);
    t.match(await machine.journal(unit), /Watchdog timeout/);
  }
  t.equal(await pidOf(machine, stubborn), servo);
});

t.test('a reading of the host that hangs is ended by the watchdog too', async (t) => {
  const load = `${inside}/test/package/support/hang.mjs`;
  await machine.sh("sed -i '$a maxScan: 1 s' /etc/servo-agent/agent.yaml");
  const pid = await watched('servo-agent', `Environment=NODE_OPTIONS=--import=${load}\n`);
  await machine.sh('touch /run/servo-test-hang');
  await eventually('the agent to say so', 60_000, async () =>
    (await machine.journal('servo-agent')).includes('"event":"service.hung"') ? true : undefined,
  );
  await machine.sh('rm /run/servo-test-hang');
  await killedByWatchdog('servo-agent', pid);
  t.match(
    await machine.journal('servo-agent'),
    /a reading of manifest-directory and process has not ended for/,
  );
  t.match(await it.shell.run('servo-agent status'), /in session/);
});

t.test(
  'a purge takes all that the programs remember, and nothing else',
  async (t) => await purge(t, it, bare),
);
