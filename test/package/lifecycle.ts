// Upgraded, removed, installed again and purged: what a package may take with it, and what it must leave. Plays in an installation that
// already did its work: servos run, one is in quarantine.
import type { Test } from 'tap';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import { built, type Built } from './support/built.ts';
import type { Installation } from './support/installation.ts';
import { eventually } from './support/machine.ts';

const units = ['servo-coordinator', 'servo-agent'] as const;
const both = units.join(' ');
/** Of the next release: the same sources, another number. */
const nextVersion = releaseVersion.replace(/\d+$/, (patch) => String(Number(patch) + 1));

export function nextRelease(): Promise<Built> {
  return built(nextVersion);
}

/** What is others': the processes of servos (but for what one starts again and again), their records, the operator's folder. */
async function othersOf(it: Installation): Promise<string> {
  const servos = await it.machine.sh(
    `grep -lz '^SERVO_UID=' /proc/[0-9]*/environ 2>/dev/null | while read -r file; do
       pid=$(echo "$file" | cut -d/ -f3)
       echo "$pid $(tr '\\0' ' ' <"/proc/$pid/cmdline") $(cut -d' ' -f22 "/proc/$pid/stat")"
     done | grep '^[0-9]* [^ ]' | grep -v ' sleep 5 ' | sort -n`,
  );
  const files = await it.machine.sh(
    'find /root/fleet /var/lib/platform/servos -type f -exec sha256sum {} + | sort -k2',
  );
  return `${servos}\n${files}`;
}

/** The files that an operator put into /etc, or changed there. */
function settings(it: Installation): Promise<string> {
  return it.machine.sh(
    `find /etc/servo-agent /etc/servo-coordinator /etc/systemd/system/servo-*.d -type f -exec sha256sum {} + | sort -k2
     readlink /etc/systemd/system/servo-agent.service.d/runtime.conf`,
  );
}

async function untilRunning(it: Installation, unit: string): Promise<string> {
  return await eventually(`${unit} to run`, 60_000, async () => {
    const { ActiveState, MainPID = '' } = await it.machine.show(unit, 'ActiveState', 'MainPID');
    return ActiveState === 'active' ? MainPID : undefined;
  });
}

const installationOf = async (it: Installation) =>
  /inst-[0-9a-f]+/.exec(await it.shell.run('servoctl status'))?.[0];

/** @param kept the uid of the servo that is in quarantine, and stays there. */
export async function upgrade(t: Test, it: Installation, kept: string): Promise<void> {
  for (const unit of units)
    await it.machine.sh(`echo '# noted by hand' >>/etc/${unit}/${unit.slice(6)}.yaml`);
  const [others, set, installation] = [await othersOf(it), await settings(it), await installationOf(it)];
  t.match(others, /sleep 1000000/);
  const pids = new Map<string, string>();
  for (const unit of units) pids.set(unit, await untilRunning(it, unit));

  await it.putPackages(await nextRelease());
  await it.installPackages();

  for (const unit of units) {
    const pid = await untilRunning(it, unit);
    t.not(pid, pids.get(unit), `${unit} runs anew`);
    t.equal(await it.machine.sh(`readlink /proc/${pid}/exe`), `/usr/lib/${unit}/bin/node\n`);
    t.equal(
      await it.machine.sh(`dpkg-query -W -f '\${Version} \${Status}' ${unit}`),
      `${nextVersion} install ok installed`,
    );
    t.equal(await it.shell.run(`${unit} --version`), `${nextVersion}\n\n`);
  }
  t.equal(await settings(it), set, 'configuration, certificates and drop-ins are as they were');
  t.equal(await installationOf(it), installation, 'it is the same installation');
  await stillQuarantined(t, it, kept);
  t.equal(await othersOf(it), others, 'nothing of others was touched');
}

async function stillQuarantined(t: Test, it: Installation, uid: string): Promise<void> {
  t.match(await it.shell.run('servo-agent quarantine'), uid);
  await it.untilServo(uid, 'in quarantine', (row) => row.state === 'quarantined');
  t.equal(await it.runs(uid), false, 'it is still stopped');
}

/** @param kept as above. */
export async function removeAndReturn(t: Test, it: Installation, kept: string): Promise<void> {
  const [others, set, installation] = [await othersOf(it), await settings(it), await installationOf(it)];
  await it.machine.sh('systemctl stop servo-coordinator');
  const said = await it.shell.run(`apt-get remove -y ${both}`);
  t.match(
    said,
    new RegExp(`after a purge no command brings them back:\r?\n${kept} `),
    'it says what it leaves',
  );
  for (const unit of units)
    t.match(await it.machine.show(unit, 'ActiveState', 'MainPID'), { ActiveState: 'inactive', MainPID: '0' });
  t.equal(
    await it.machine.sh(
      `find /usr/lib/servo-* /usr/bin/servo* /lib/systemd/system/servo-* /usr/share/man /usr/share/doc \\
         -name 'servo*' 2>/dev/null | grep -v '^/usr/share/doc/servo-[a-z]*$' || true`,
    ),
    '',
    'the programs are gone',
  );
  t.equal(await settings(it), set, 'configuration, certificates and drop-ins are as they were');
  t.equal(await othersOf(it), others, 'nothing of others was touched');

  await it.installPackages();
  await untilRunning(it, 'servo-agent');
  t.match(
    await it.machine.show('servo-coordinator', 'ActiveState'),
    { ActiveState: 'inactive' },
    'what did not run is not started',
  );
  await it.machine.sh('systemctl start servo-coordinator');
  t.equal(await settings(it), set);
  t.equal(await installationOf(it), installation, 'it goes on from its state');
  await stillQuarantined(t, it, kept);
  t.equal(await othersOf(it), others);
}

/** Every file and folder of the system with mode and owner, without what dpkg, apt and systemd note down for themselves. */
export async function systemFiles(it: Installation): Promise<readonly string[]> {
  const found = await it.machine.sh(
    `find /etc /usr /opt /srv /var -xdev \\( -path /var/lib/dpkg -o -path /var/lib/apt -o -path /var/cache -o -path /var/log \\
       -o -path /var/lib/platform -o -path /var/tmp -o -path /var/lib/systemd -o -path /var/lib/PackageKit \\) -prune -o -printf '%p %M %u:%g\\n' | sort`,
  );
  return found.split('\n').filter(Boolean);
}

/** @param before `systemFiles` when nothing was installed yet. */
export async function purge(t: Test, it: Installation, before: readonly string[]): Promise<void> {
  const others = await othersOf(it);
  await it.shell.run(`apt-get purge -y ${both}`);
  const known = new Set(before);
  const now = await systemFiles(it);
  const left = now.filter((line) => !known.has(line)).map((line) => line.split(' ', 1)[0]);
  t.strictSame(left, [
    '/etc/servo-agent',
    ...['ca.pem', 'cert.pem', 'key.pem', 'order-key.pem'].map((file) => `/etc/servo-agent/${file}`),
    '/etc/servo-coordinator',
    ...['ca.pem', 'cert.pem', 'key.pem', 'order-key.pem'].map((file) => `/etc/servo-coordinator/${file}`),
  ]);
  const there = new Set(now);
  t.strictSame(
    before.filter((line) => !there.has(line) && !line.startsWith('/etc/systemd/system/servo-')),
    [],
    'nothing that was there before is gone',
  );
  for (const unit of units) t.match(await it.machine.show(unit, 'ActiveState'), { ActiveState: 'inactive' });
  t.equal(await othersOf(it), others, 'nothing of others was touched');
}
