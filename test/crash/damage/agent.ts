// What an agent keeps on disk, damaged while it does not run. A released servo waits on its host all the while. Each ends in one of
//   damaged     the agent reports on, and says that it takes no orders before `repair-journal`
//   contested   it has lost its end: the coordinator heard more of it before, and gives no orders before `hosts accept`
//   torn        what was no whole line is cut off, and nothing is missing
//   no start    it does not start, and says which file
//   same        what was damaged decides nothing
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readLines } from '../../../agent/src/act/lines.ts';
import { until } from '../../../scripts/demo/processes.ts';
import { hasEnded, patienceMs, untilEnded, type Ground, type Subject } from '../ground.ts';
import { pidsOf } from '../running.ts';
import { runScript } from '../../support/trouble.ts';
import { stoppedOnce } from '../scenes/lives.ts';
import { Chance, flipped, scratched, truncated } from './chance.ts';
import type { Tally } from './tally.ts';
import { acceptAll, agentState, giveBackAgent, lengthOf, since, standing, take } from './world.ts';

const agentScript = join(import.meta.dirname, '../../../agent/src/main.ts');

type Damage = (bytes: Buffer, chance: Chance) => Buffer;

const journalDamages: Readonly<Record<string, Damage>> = {
  'journal: a bit': flipped,
  'journal: some bytes': (bytes, chance) => scratched(bytes, chance, 300),
  'journal: cut off': (bytes, chance) => truncated(bytes, chance),
  'journal: short of lines': (bytes, chance) => {
    const ends = [...bytes.entries()].flatMap(([i, byte]) => (byte === 10 ? [i + 1] : []));
    return bytes.subarray(0, ends[chance.below(ends.length - 1)] ?? 0);
  },
  'journal: more behind it': (bytes, chance) =>
    Buffer.concat([
      bytes,
      Buffer.from(Array.from({ length: 1 + chance.below(80) }, () => 32 + chance.below(90))),
    ]),
};

/** Every kind so often, read by the agent's own code: a whole line that is not as written is damage. */
export function damageJournals(ground: Ground, seed: number, each: number, tally: Tally): void {
  const good = readFileSync(join(agentState(ground, 'h1'), 'journal'));
  const whole = readLines(good);
  for (const [kind, damage] of Object.entries(journalDamages))
    for (let n = 0; n < each; n++) {
      const bytes = damage(good, new Chance(seed * 1000 + n));
      const { lines, torn, damage: says } = readLines(bytes);
      const isPrefix = lines.every((line, i) => line.mark.hash === whole.lines[i]?.mark.hash);
      const what =
        says !== undefined
          ? 'damaged'
          : lines.length < whole.lines.length
            ? 'shorter'
            : torn > 0
              ? 'torn'
              : 'same';
      if (isPrefix && (what !== 'same' || bytes.equals(good))) tally.add(`${kind} (read)`, what);
      else tally.fail(`${kind} (read)`, `seed ${seed}, number ${n}: ${what}, and it is another journal`);
    }
}

/** The real agent over each, and the coordinator that knows its past. */
export async function damageAgent(ground: Ground, seed: number, each: number, tally: Tally): Promise<void> {
  const agent = ground.agent('h1');
  const subject = await ground.live('h1');
  await ground.settled(2);
  agent.program()?.child.kill('SIGKILL');
  await untilEnded(agent);
  const good = take(ground, `agent-damage-${seed}`);
  await ground.release(subject);
  for (const [kind, damage] of Object.entries(journalDamages))
    for (let n = 0; n < each; n++) {
      giveBackAgent(ground, good, 'h1');
      const file = join(agentState(ground, 'h1'), 'journal');
      writeFileSync(file, damage(readFileSync(file), new Chance(seed * 1000 + n)), { mode: 0o600 });
      await oneStart(ground, kind, `seed ${seed}, number ${n}`, subject, tally);
    }
  await elsewhere(ground, tally);
  giveBackAgent(ground, good, 'h1');
  await agent.start();
  await acceptAll(ground);
  const wrong = await stoppedOnce(ground, subject);
  if (wrong.length > 0) tally.fail('agent, after all', wrong.join('; '));
}

async function oneStart(
  ground: Ground,
  kind: string,
  which: string,
  subject: Subject,
  tally: Tally,
): Promise<void> {
  const agent = ground.agent('h1');
  const { logFile } = ground.host('h1');
  const from = lengthOf(logFile);
  await agent.start();
  const what = await until('what the agent makes of it', patienceMs, async () => {
    const said = since(logFile, from);
    if (hasEnded(agent))
      return /h1\/(state|agent)/.test(said) ? 'no start' : `?it ended, and says ${said.slice(-300)}`;
    if (said.includes('"journal.damaged"')) return 'damaged';
    const why = await standing(ground, 'h1').catch(() => undefined);
    if (why === undefined) return undefined;
    if (why !== '') return 'contested';
    return said.includes('"journal.torn"') ? 'torn' : 'same';
  });
  // Time for an order, were there one.
  if (what === 'damaged' || what === 'contested') await sleep(1000);
  agent.program()?.child.kill('SIGKILL');
  await untilEnded(agent);
  const isRight = what !== 'same' && !what.startsWith('?');
  const stopped = pidsOf(subject).length === 0;
  if (isRight && (!stopped || what === 'torn')) tally.add(kind, what);
  else tally.fail(kind, `${which}: ${what}${stopped ? ', and a servo was stopped' : ''}`);
}

/** Keys that are cut off, and the note of the coordinator that was refused last. */
async function elsewhere(ground: Ground, tally: Tally): Promise<void> {
  const { setting, logFile, configFile } = ground.host('h1');
  const agent = ground.agent('h1');
  for (const file of [setting.tls.cert, setting.tls.key, setting.orderKey]) {
    const kind = `${basename(file)}: cut off`;
    const before = readFileSync(file);
    const from = lengthOf(logFile);
    writeFileSync(file, before.subarray(0, Math.floor(before.length / 2)));
    await agent.start();
    await untilEnded(agent);
    writeFileSync(file, before);
    if (since(logFile, from).includes(file)) tally.add(kind, 'no start');
    else tally.fail(kind, `it says ${since(logFile, from).slice(-300)}`);
  }
  const offer = join(agentState(ground, 'h1'), 'offer.json');
  for (const text of ['', '{"installation":"inst-', '{"installation":"inst-1"}', '[]']) {
    writeFileSync(offer, text);
    const { code, stderr } = await runScript(agentScript, ['status', '--config', configFile]);
    if (code === 1 && stderr.includes(`${offer} holds no offer: remove it`))
      tally.add('offer.json: no offer', 'refused');
    else
      tally.fail(
        'offer.json: no offer',
        `${JSON.stringify(text)}: status ends with ${code} and says ${stderr}`,
      );
  }
  rmSync(offer);
}
