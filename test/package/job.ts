// The main job as the README tells it: installed, observed, trusted; a project is released in the registry, its servo is stopped, and
// brought back. The README's commands and files are run as they stand there.
import type { Test } from 'tap';
import type { Installation } from './support/installation.ts';
import { eventually } from './support/machine.ts';

const propose6 = '6. Propose, then enforce';
/** The one that the README confirms. */
export const orphan = 'host-1-app-6';
/** Enough of them for the host to be trusted. */
const others = [1, 2, 3, 4, 7].map((n) => `host-1-app-${n}`);

/** @param inQuarantine looks further while the orphan is there. */
export async function mainJob(
  t: Test,
  it: Installation,
  inQuarantine: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const { machine, servos } = it;
  for (const uid of [...others, orphan]) await it.addServo(uid);
  await it.install();
  for (const unit of ['servo-coordinator', 'servo-agent'])
    t.match(await machine.show(unit, 'ActiveState', 'SubState', 'UnitFileState'), {
      ActiveState: 'active',
      SubState: 'running',
      UnitFileState: 'enabled',
    });
  await it.untilServo('host-1-app-7', 'live', (row) => row.verdict === 'live');
  t.match(await it.commands('5. Observe', 'servoctl hosts list'), /host-1/);

  await it.deleteProjectOf(orphan);
  const first = await it.untilServo(orphan, 'an orphan', (row) => row.verdict === 'orphan');
  t.equal(first.generation, servos.generation);
  t.ok(await it.runs(orphan), 'in observe nothing is touched');
  await it.follow('5. Observe', (text) => text.startsWith('servoctl certifications confirm'), {
    'd75856af3d31:6646:1104904': first.incarnation,
  });
  await eventually('the generation to be trusted', 60_000, async () => {
    const { certifications } = await it.servoctl<{ certifications: { certified?: string }[] }>(
      'certifications list',
    );
    return certifications[0]?.certified === 'enforce' ? true : undefined;
  });
  const [propose = '', show = '', approve = '', list = ''] = it.commandsOf(
    propose6,
    'servoctl modes set c1 manifest-directory/process propose',
  );
  await it.shell.run(propose);
  const hash = await eventually('a list to approve', 60_000, async () => {
    const { plans } = await it.servoctl<{ plans: { hash?: string; proposals?: unknown[] }[] }>(
      'plans show c1',
    );
    return (plans[0]?.proposals ?? []).length > 0 ? plans[0]?.hash : undefined;
  });
  t.match(await it.shell.run(show), hash);
  await it.shell.run(approve.replace('<hash>', hash));
  await it.untilServo(orphan, 'in quarantine', (row) => row.state === 'quarantined');
  t.equal(await it.runs(orphan), false, 'it is stopped');
  for (const uid of others) t.equal(await it.runs(uid), true, `${uid} runs`);
  t.match(await it.shell.run(list), orphan);
  t.match(await it.shell.run('servo-agent quarantine'), orphan);
  await inQuarantine();

  await it.shell.run(`servoctl restore servo ${orphan} --reason 'the customer called'`);
  await it.untilServo(orphan, 'running again', (row) => row.state === 'running');
  t.equal(await it.runs(orphan), true, 'it runs');
}
