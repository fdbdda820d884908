// servoctl servos: servos as last judged.
import type { Command } from 'commander';
import { verdicts, type ServoRow } from '@servo-auditor/proto/admin.ts';
import { Ends } from './exit.ts';
import { limitOf, limitOption, optionally, wordOf, type Run } from './noun.ts';
import type { Colour, Paint } from './io.ts';
import { table } from './table.ts';

interface Flags {
  readonly host?: string;
  readonly project?: string;
  readonly cell?: string;
  readonly verdict?: string;
  readonly uid?: string;
  readonly all?: true;
  readonly limit: string;
}

export function servoCommands(program: Command, run: Run): void {
  program
    .command('servos')
    .alias('servo')
    .description('servos: list')
    .command('list')
    .description('servos as last judged; name at least one of the filters, or --all')
    .option('--host <host>', 'on this host')
    .option('--project <project>', 'of this project')
    .option('--cell <cell>', 'in this cell')
    .option('--verdict <verdict>', verdicts.join(', '))
    .option('--uid <uid>', 'with this uid, on every host')
    .option('--all', 'all of them')
    .option(...limitOption)
    .action(
      run(async (session, flags: Flags) => {
        const { host, project, cell, verdict, uid, all } = flags;
        if ([host, project, cell, verdict, uid, all].every((f) => f === undefined))
          throw new Ends(
            'usage',
            'which servos? Name at least one of --host, --project, --cell, --verdict, --uid; or --all',
          );
        const reply = await session.call('ListServos', {
          host: optionally('host', host),
          project: optionally('project', project),
          cell: optionally('cell', cell),
          uid: optionally('servo uid', uid),
          verdict: verdict === undefined ? undefined : wordOf(verdicts, verdict, 'verdict'),
          all,
          pageSize: limitOf(flags.limit),
        });
        const found = { servos: reply.servos, more: reply.nextPageToken !== undefined };
        await session.show(found, (paint) => listText(found.servos, found.more, paint));
      }),
    );
}

export const verdictColours: Readonly<Record<NonNullable<ServoRow['verdict']>, Colour>> = {
  live: 'green',
  stray: 'yellow',
  suspect: 'yellow',
  orphan: 'red',
  undecided: 'yellow',
};

function listText(servos: readonly ServoRow[], more: boolean, paint: Paint): string {
  const rows = servos.map((s) => [
    s.uid,
    s.host,
    s.project,
    s.verdict === undefined ? 'not yet' : { text: s.verdict, colour: verdictColours[s.verdict] },
    [s.state, ...(s.contradiction === 'none' ? [] : [s.contradiction])].join(', '),
    [...(s.held ? ['held'] : []), ...s.refusedBy].join(', ') || undefined,
  ]);
  const shown = table(
    ['UID', 'HOST', 'PROJECT', 'VERDICT', 'STATE', 'REFUSED BY'],
    rows,
    paint,
    'no such servo is reported',
  );
  return `${shown}${more ? '\nThere are more: raise --limit, or narrow the filters.\n' : ''}${servos.length > 0 ? '\nWhy: servoctl explain <uid>\n' : ''}`;
}
