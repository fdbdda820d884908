// The main job with the packages on a host of one engine, which is Debian's own, under its own unit: stopped, still stopped after the
// machine was booted anew, and brought back as it was.
import t from 'tap';
import { offers, skip, type EngineName } from '../engines/need.ts';
import { mainJob, orphan } from './job.ts';
import { Installation } from './support/installation.ts';
import { eventually, lacking } from './support/machine.ts';
import { engines } from './support/servos.ts';

export function onEngine(name: EngineName): void {
  t.setTimeout(600_000);
  t.test(`the main job with the packages over ${name}`, async (t) => {
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
      await eventually('the others to run again', 60_000, async () =>
        servos.restarts === undefined || (await it.runs('host-1-app-7')) ? true : undefined,
      );
      await it.untilServo(orphan, 'in quarantine after a boot', (row) => row.state === 'quarantined');
      t.equal(await it.runs(orphan), false);
    });
    if (servos.restarts !== undefined)
      t.equal(await servos.restarts(machine, orphan), true, 'and now it is started again, as before');
  });
}
