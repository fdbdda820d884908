// servoctl watch and servoctl audit: what happened, as it happens, and the proof that nobody has changed it since.
import type { Command } from 'commander';
import type { AuditEntry } from '@servo-auditor/proto/admin.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import { wholeOf, type Run } from './noun.ts';
import { jsonLine } from './session.ts';
import { clean, paragraph, short, moment } from './text.ts';

export function auditCommands(program: Command, run: Run): void {
  program
    .command('watch')
    .description('events as they come, until Ctrl-C')
    .option('--after <version>', 'begin behind this decision; without it with what comes from now on')
    .action(
      run(async (session, { after }: { after?: string }) => {
        const afterVersion =
          after === undefined
            ? (await session.call('Status', {})).decision.version
            : wholeOf(after, '--after');
        for await (const entry of session.stream('WatchEvents', { afterVersion }))
          session.line(entry, (paint) => entryText(entry, paint));
      }),
    );

  const audit = program.command('audit').description('audit: verify, export');

  audit
    .command('verify')
    .description('walk the whole chain; exit code 1 where an entry was changed, moved or taken out')
    .action(
      run(async (session) => {
        const reply = await session.call('VerifyAudit', {});
        const { entries, firstBroken, hash } = reply;
        await session.show(reply, (paint) =>
          firstBroken === undefined
            ? `${paint('green', 'whole')}: all ${entries} entries verify; the last has the hash\n${hash}\n`
            : `${paint('red', 'BROKEN')}: entry ${firstBroken} of ${entries} does not verify\n`,
        );
        if (firstBroken !== undefined)
          throw new Ends('refused', `the audit chain is broken at entry ${firstBroken}`);
      }),
    );

  audit
    .command('export')
    .description('all entries as JSON lines, which can be verified elsewhere')
    .option('--after <version>', 'behind this entry', '0')
    .option('--until <version>', 'up to this entry; without it the latest')
    .action(
      run(async (session, { after, until }: { after: string; until?: string }) => {
        const request = {
          afterVersion: wholeOf(after, '--after'),
          untilVersion: until === undefined ? undefined : wholeOf(until, '--until', 1),
        };
        for await (const { aboutJson, ...entry } of session.stream('ExportAudit', request)) {
          const about: unknown = JSON.parse(aboutJson);
          session.io.out(jsonLine({ ...entry, about }));
        }
      }),
    );
}

function entryText(
  { version, wallMs, by, event, reason, aboutJson, hash }: AuditEntry,
  paint: Paint,
): string {
  const about = clean(aboutJson).slice(0, 400);
  const head = `${paint('bold', event)}  ${moment(wallMs)}  decision ${version} ${short(hash)}  by ${clean(by)}`;
  return `${head}\n${reason === '' ? '' : `${paragraph(reason, 2)}\n`}${paint('dim', paragraph(about, 2))}\n`;
}
