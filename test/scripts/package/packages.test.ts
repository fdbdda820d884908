// The packages as files: the same sources make the same bytes wherever they are built, Debian's own checker finds no error in them,
// and what systemd lets the services do stays little.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import t from 'tap';
import { skip } from '../../engines/need.ts';
import { built } from '../../package/support/built.ts';

t.setTimeout(300_000);
const root = join(import.meta.dirname, '../../..');
const files = join(root, 'scripts/package/files');
if (!existsSync('/usr/bin/dpkg-deb')) {
  skip(t, 'packages: missing dpkg; apt-get install --no-install-recommends dpkg');
  process.exit();
}
const packages = await built();

t.test('another build, with another umask, time zone and language, makes the same bytes', (t) => {
  const out = t.testdir({});
  const build = `umask 077; exec '${process.execPath}' '${root}/scripts/package/main.ts' --out '${out}'`;
  execFileSync('sh', ['-c', build], {
    cwd: '/',
    env: { ...process.env, TZ: 'Pacific/Kiritimati', LC_ALL: 'C' },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  for (const file of [packages.agent, packages.coordinator]) {
    const again = readFileSync(join(out, basename(file)));
    t.ok(again.equals(readFileSync(file)), basename(file));
  }
  t.end();
});

t.test('lintian finds no error', (t) => {
  if (!existsSync('/usr/bin/lintian')) skip(t, 'lintian; apt-get install --no-install-recommends lintian');
  else {
    const options = ['--fail-on', 'error', '--allow-root', packages.agent, packages.coordinator];
    const { status, stdout, stderr } = spawnSync('lintian', options, { encoding: 'utf8' });
    t.equal(status, 0, `${stdout}${stderr}`);
  }
  t.end();
});

/** How exposed systemd finds a service, from 0 to 10. */
function exposure(unit: string): number {
  const args = ['security', '--offline=true', '--no-pager', unit];
  const { stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  const [, found] = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout) ?? [];
  if (found === undefined) throw new Error(`systemd-analyze ${args.join(' ')}: ${stdout}${stderr}`);
  return Number(found);
}

t.test('the services may do little, whatever the runtime', (t) => {
  if (!existsSync('/usr/bin/systemd-analyze')) {
    skip(t, 'systemd-analyze; apt-get install --no-install-recommends systemd');
    t.end();
    return;
  }
  t.ok(exposure(join(files, 'servo-coordinator/servo-coordinator.service')) <= 2.5, 'the coordinator');
  const unit = 'servo-agent.service';
  t.ok(exposure(join(files, 'servo-agent', unit)) <= 3, 'the agent before it has a runtime');
  for (const runtime of ['process', 'docker', 'containerd', 'lxc']) {
    const folder = t.testdir({});
    cpSync(join(files, 'servo-agent', unit), join(folder, unit));
    mkdirSync(join(folder, `${unit}.d`));
    cpSync(join(files, `servo-agent/runtimes/${runtime}.conf`), join(folder, `${unit}.d/runtime.conf`));
    t.ok(exposure(join(folder, unit)) <= 3, `the agent with runtime ${runtime}`);
  }
  t.end();
});
