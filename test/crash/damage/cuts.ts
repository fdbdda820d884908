// The log of the coordinator's state ends some transactions early: what was decided last is lost, and nothing in the file tells.
// The hosts know. Each cut ends in one of
//   refused   the agents stay away from a coordinator whose chain lacks what they know, or it gives them no orders; both say so, until
//             operators accept it
//   healed    what was lost is made up from what the hosts still hold: in the end every outcome is receipted as what it is
// and no stop is executed a second time.
import { readFileSync, truncateSync } from 'node:fs';
import { until } from '../../../scripts/demo/processes.ts';
import { patienceMs, type Ground } from '../ground.ts';
import { Ledger } from '../ledger.ts';
import { budgetWindowMs } from '../ground.ts';
import { pidsOf } from '../running.ts';
import type { Tally } from './tally.ts';
import { giveBack, killAll, lengthOf, since, standing, startAll, stateFile, take } from './world.ts';

const frameBytes = 4096 + 24;
const logHeadBytes = 32;
const kind = 'log: short of transactions';

/** @param cuts how many transactions are missing, each a run of its own. */
export async function cutLog(ground: Ground, cuts: readonly number[], tally: Tally): Promise<void> {
  const { world, coordinator } = ground;
  // A log of its own, with an order's whole life in it and little else.
  coordinator.program()?.child.kill('SIGTERM');
  await ground.coordinator.program()?.ended;
  await coordinator.start();
  await ground.settled();
  const subject = await ground.live('h1');
  await ground.release(subject);
  await ground.untilStopped(subject);
  await ground.untilNoOrder(subject);
  await killAll(ground);
  const good = take(ground, 'before-cuts');
  const ends = transactionsIn(readFileSync(`${stateFile(ground)}-wal`));
  for (const missing of cuts.filter((n) => n < ends.length)) {
    giveBack(ground, good);
    truncateSync(`${stateFile(ground)}-wal`, ends[ends.length - 1 - missing] ?? 0);
    const logs = [...world.hosts.values()].map(({ logFile }) => ({ logFile, from: lengthOf(logFile) }));
    await startAll(ground);
    const outcome = await until('hosts to join or to stay away', patienceMs, async () => {
      if (logs.some(({ logFile, from }) => /"session\.refused"/.test(since(logFile, from)))) return 'refused';
      const all = await Promise.all([...world.hosts.keys()].map((id) => standing(ground, id))).catch(
        () => [],
      );
      if (all.some((why) => why !== undefined && why !== '')) return 'refused';
      return all.length > 0 && all.every((why) => why === '') ? 'healed' : undefined;
    });
    const wrong: string[] = [];
    if (pidsOf(subject).length > 0) wrong.push(`${subject.uid} runs again`);
    if (outcome === 'healed') {
      await ground.settled(3);
      await ground.untilNoOrder(subject);
      const said = await new Ledger(world, budgetWindowMs).balance();
      // A yes that was lost is charged with the receipt, which says so.
      wrong.push(...said.filter((text) => !text.endsWith('was executed without a yes')));
    }
    if (wrong.length > 0) tally.fail(kind, `${missing} missing, ${outcome}: ${wrong.join('; ')}`);
    else tally.add(kind, outcome);
    await killAll(ground);
  }
  giveBack(ground, good);
  await startAll(ground);
  await ground.settled(2);
  const wrong = await ground.ledger.balance();
  if (wrong.length > 0) tally.fail(kind, `after all: ${wrong.join('; ')}`);
}

/** Where each transaction of a log ends, in bytes from its beginning. */
function transactionsIn(log: Buffer): readonly number[] {
  const ends: number[] = [];
  for (let n = 0; logHeadBytes + (n + 1) * frameBytes <= log.length; n++) {
    const frame = log.subarray(logHeadBytes + n * frameBytes);
    if (!frame.subarray(8, 16).equals(log.subarray(16, 24))) break;
    if (frame.readUInt32BE(4) !== 0) ends.push(logHeadBytes + (n + 1) * frameBytes);
  }
  return ends;
}
