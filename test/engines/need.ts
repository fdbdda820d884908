// What this machine lacks for an engine, said plainly: the packages, and the line that installs them. Tests of what is
// lacking are skipped by name; with SERVO_TEST_SKIP=never (continuous integration) each skip is a failure.
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import type { Test } from 'tap';

export type EngineName = 'docker' | 'podman' | 'containerd' | 'lxc';

/** Program -> the Debian package that brings it. */
const programs: Readonly<Record<EngineName, Readonly<Record<string, string>>>> = {
  docker: {
    dockerd: 'docker.io',
    containerd: 'containerd',
    runc: 'runc',
    busybox: 'busybox-static',
    unshare: 'util-linux',
  },
  podman: { podman: 'podman', runc: 'runc', busybox: 'busybox-static', unshare: 'util-linux' },
  containerd: { containerd: 'containerd', runc: 'runc', busybox: 'busybox-static', unshare: 'util-linux' },
  lxc: { 'lxc-start': 'lxc', busybox: 'busybox-static', unshare: 'util-linux' },
};

/** Where Debian puts programs; root's PATH may lack some of them. Never /usr/local: that is not the distribution's engine. */
export const programPath = ['/usr/sbin', '/usr/bin', '/sbin', '/bin'].join(delimiter);

/** Why the engine cannot run here, or undefined when it can. */
export function lacking(name: EngineName): string | undefined {
  if (process.getuid?.() !== 0) return `${name}: the tests must run as root`;
  const missing = Object.entries(programs[name])
    .filter(([program]) => !programPath.split(delimiter).some((folder) => existsSync(join(folder, program))))
    .map(([, pkg]) => pkg);
  if (missing.length === 0) return undefined;
  const packages = [...new Set(missing)].join(' ');
  return `${name}: missing ${packages}; apt-get install --no-install-recommends ${packages}`;
}

/** Whether the engine can run here. Where it cannot, the test says so as skipped, or fails where nothing may be skipped. */
export function offers(t: Test, name: EngineName): boolean {
  const reason = lacking(name);
  if (reason === undefined) return true;
  skip(t, reason);
  return false;
}

/** A test that cannot run here: skipped with its reason, or failed where nothing may be skipped. */
export function skip(t: Test, reason: string): void {
  if (process.env['SERVO_TEST_SKIP'] === 'never') t.fail(`nothing may be skipped here: ${reason}`);
  else t.pass(reason, { skip: reason });
}
