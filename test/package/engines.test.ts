// The main job with the packages on a host of each engine, which is Debian's own, under its own unit: stopped, still stopped after the
// machine was booted anew, and brought back as it was. Each is an installation and a machine of its own; all wait for the most
// part, so they go on side by side.
import t, { type Test } from 'tap';
import { offers, skip, type EngineName } from '../engines/need.ts';
import { mainJob, orphan } from './job.ts';
import { built } from './support/built.ts';
import { Installation } from './support/installation.ts';
import { eventually, lacking } from './support/machine.ts';
import { engines } from './support/servos.ts';

t.setTimeout(600_000);
const names = ['docker', 'podman', 'containerd', 'lxc'] as const satisfies readonly EngineName[];
if (lacking() === undefined) await built();

t.jobs = names.length;
for (const name of names) t.test(`the main job with the packages over ${name}`, (t) => onEngine(t, name));

async function onEngine(t: Test, name: EngineName): Promise<void> {
  if (!offers(t, name)) return;
  const reason = lacking();
  if (reason !== undefined) return skip(t, reason);
  const servos = engines[name];
  const it = await Installation.prepare(t, servos);
  const { machine } = it;
  await mainJob(t, it, async () => {
    if (servos.restarts !== undefined)
      t.equal(await servos.restarts(machine, orphan), false, 'nothing starts it again');
    await it.reboot();
    await eventually('the others to run again', 120_000, async () =>
      servos.restarts === undefined || (await it.runs('host-1-app-7')) ? true : undefined,
    );
    await it.untilServo(orphan, 'in quarantine after a boot', (row) => row.state === 'quarantined');
    t.equal(await it.runs(orphan), false, 'it is still stopped');
  });
  if (servos.restarts !== undefined)
    t.equal(await servos.restarts(machine, orphan), true, 'it is started again from now on, as before');
}
