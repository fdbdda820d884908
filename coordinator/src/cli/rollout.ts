// servoctl modes and certifications: how far each generation may go, and how far it has earned to go.
import type { Command } from 'commander';
import { modes as modeWords, type Certification } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import type { Paint } from './io.ts';
import { given, nextSection, reasonOf, reasonOption, showAct, wordOf, type Run } from './noun.ts';
import { table } from './table.ts';
import { beside, count, short } from './text.ts';

interface Reason {
  readonly reason: string;
}

export function rolloutCommands(program: Command, run: Run): void {
  const modes = program.command('modes').alias('mode').description('modes: list, set');

  modes
    .command('list')
    .description('the mode of every generation, and what it is certified for')
    .action(
      run(async (session) => {
        const reply = await session.call('ListModes', {});
        await session.show(reply, (paint) => {
          const rows = reply.modes.map((m) => [m.cell, m.generation, m.hosts, m.mode, m.certified]);
          const heads = ['CELL', 'GENERATION', 'HOSTS', 'MODE', 'CERTIFIED FOR'];
          const next = reply.modes.flatMap((m) => m.next ?? []);
          const once = next.filter((n, i) => next.findIndex((o) => o.command === n.command) === i);
          return table(heads, rows, paint, 'no host was ever heard') + nextSection(once, paint);
        });
      }),
    );

  modes
    .command('set <cell> <generation> <mode>')
    .description(`set the mode: ${modeWords.join(', ')}; a higher one needs certification`)
    .requiredOption(...reasonOption)
    .action(
      run(async (session, cell: string, generation: string, mode: string, { reason }: Reason) => {
        const request = {
          cell: given('cell', cell),
          generation: given('generation', generation),
          mode: wordOf(modeWords, mode, 'mode'),
          reason: reasonOf(reason),
        };
        await showAct(session, await session.call('SetMode', request));
      }),
    );

  const certifications = program
    .command('certifications')
    .alias('certification')
    .description('certifications: list, confirm');

  certifications
    .command('list')
    .description('how far each generation has come, and what it waits for')
    .action(
      run(async (session) => {
        const reply = await session.call('ListCertifications', {});
        await session.show(reply, (paint) => listText(reply.certifications, paint));
      }),
    );

  certifications
    .command('confirm <uid>')
    .description('you have looked: this servo is a true orphan')
    .requiredOption('--incarnation <incarnation>', 'of this incarnation')
    .requiredOption('--host <host>', 'on this host')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, uid: string, flags: Reason & { incarnation: string; host: string }) => {
        const request = {
          uid: given('servo uid', uid),
          incarnation: given('incarnation', flags.incarnation),
          host: given('host', flags.host),
          reason: reasonOf(flags.reason),
        };
        await showAct(session, await session.call('ConfirmOrphan', request));
      }),
    );
}

function listText(certifications: readonly Certification[], paint: Paint): string {
  if (certifications.length === 0) return 'no generation has been judged yet\n';
  return certifications.map((c) => certificationText(c, paint)).join('\n');
}

function certificationText(c: Certification, paint: Paint): string {
  const held = c.heldMs === undefined ? 'does not hold now' : `held for ${duration(c.heldMs)}`;
  const orphan = c.confirmedOrphan;
  const lines = [
    `${paint('bold', c.generation)} in ${c.cell}, reader ${short(c.readerVersion)}, ${count(c.hosts, 'host')}: certified for ${paint(c.certified === 'observe' ? 'yellow' : 'green', c.certified)}`,
    beside(
      '  trust',
      `${held}; propose needs ${duration(c.proposeNeedsMs)}, enforce ${duration(c.enforceNeedsMs)}`,
      12,
    ),
    beside(
      '  orphan',
      orphan === undefined
        ? 'no true orphan of it was confirmed yet'
        : `${orphan.uid}, confirmed by ${orphan.by}`,
      12,
    ),
    beside('  now', c.message, 12),
  ];
  return `${lines.join('\n')}\n${nextSection(c.next, paint)}`;
}
