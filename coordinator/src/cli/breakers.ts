// servoctl breakers: what looked too big to be true. Look at the list before you close one.
import type { Command } from 'commander';
import type { Breaker } from '@servo-auditor/proto/admin.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import { given, nextSection, reasonOf, reasonOption, showAct, type Run } from './noun.ts';
import { table } from './table.ts';
import { moment, paragraph } from './text.ts';

export function breakerCommands(program: Command, run: Run): void {
  const breakers = program.command('breakers').alias('breaker').description('breakers: list, show, close');

  breakers
    .command('list')
    .description('open breakers')
    .action(
      run(async (session) => {
        const reply = await session.call('ListBreakers', {});
        await session.show(reply, (paint) => listText(reply.breakers, paint));
      }),
    );

  breakers
    .command('show <cohort>')
    .description('what a breaker blocks, and the hash by which it is closed')
    .action(
      run(async (session, cohort: string) => {
        const { breakers: open } = await session.call('ListBreakers', {});
        const found = open.find((b) => b.cohort === cohort);
        if (found === undefined)
          throw new Ends('refused', `no breaker ${cohort} is open; see: servoctl breakers list`);
        await session.show(found, (paint) => breakerText(found, paint));
      }),
    );

  breakers
    .command('close <cohort>')
    .description('close it for exactly the listed servos, which then count no more in it')
    .requiredOption('--hash <hash>', 'hash of the list, as `servoctl breakers show` prints it')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, cohort: string, { hash, reason }: { hash: string; reason: string }) => {
        const request = { cohort, hash: given('digest', hash), reason: reasonOf(reason) };
        await showAct(session, await session.call('CloseBreaker', request));
      }),
    );
}

function listText(breakers: readonly Breaker[], paint: Paint): string {
  const rows = breakers.map((b) => [
    { text: b.cohort, colour: 'red' as const },
    moment(b.sinceWallMs),
    b.members.length,
    b.message,
  ]);
  const shown = table(['COHORT', 'OPEN SINCE', 'BLOCKS', 'WHY'], rows, paint, 'no breaker is open');
  return breakers.length === 0 ? shown : `${shown}\nLook at one: servoctl breakers show <cohort>\n`;
}

function breakerText(breaker: Breaker, paint: Paint): string {
  const rows = breaker.members.map((m) => [m.uid, m.host, m.incarnation]);
  const head = `${paint('bold', breaker.cohort)} open since ${moment(breaker.sinceWallMs)}`;
  const list = table(['UID', 'HOST', 'INCARNATION'], rows, paint, 'it blocks nothing now');
  return `${head}\n${paragraph(breaker.message)}\nhash ${breaker.hash}\n\n${list}${nextSection(breaker.next === undefined ? [] : [breaker.next], paint)}`;
}
