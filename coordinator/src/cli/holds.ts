// servoctl holds, freeze and unfreeze: protection. A hold has a scope that is named; there is no hold on everything, that is a freeze.
import type { Command } from 'commander';
import type { Hold, RequestOf } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import { durationOf, given, reasonOf, reasonOption, showAct, wholeOf, type Run } from './noun.ts';
import { table } from './table.ts';
import { moment } from './text.ts';

interface Scope {
  readonly servo?: string;
  readonly project?: string;
  readonly host?: string;
  readonly generation?: string;
  readonly cell?: string;
}
interface Reason {
  readonly reason: string;
}

export function holdCommands(program: Command, run: Run): void {
  const holds = program.command('holds').alias('hold').description('holds: list, set, release');

  holds
    .command('list')
    .description('all holds that are in force')
    .action(
      run(async (session) => {
        const reply = await session.call('ListHolds', {});
        await session.show(reply, (paint) => listText(reply.holds, paint));
      }),
    );

  holds
    .command('set')
    .description('protect a servo, project, host, cell, or a generation of a cell')
    .option('--servo <uid>', 'servos with this uid, on every host')
    .option('--project <project>', 'every servo of the project')
    .option('--host <host>', 'every servo on the host')
    .option('--generation <generation>', 'every servo of the generation, in --cell')
    .option('--cell <cell>', 'every servo in the cell')
    .option('--for <duration>', 'how long; without it until it is released')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, flags: Scope & Reason & { for?: string }) => {
        const request = {
          scope: scopeOf(flags),
          lastsMs: flags.for === undefined ? undefined : durationOf(flags.for, '--for'),
          reason: reasonOf(flags.reason),
        };
        await showAct(session, await session.call('SetHold', request));
      }),
    );

  holds
    .command('release <id>')
    .description('end a hold, by its number')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, id: string, { reason }: Reason) => {
        const request = { id: wholeOf(id, 'hold', 1), reason: reasonOf(reason) };
        await showAct(session, await session.call('ReleaseHold', request));
      }),
    );

  program
    .command('freeze')
    .description('stop nothing anywhere until unfrozen')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, { reason }: Reason) => {
        await showAct(session, await session.call('Freeze', { reason: reasonOf(reason) }));
      }),
    );

  program
    .command('unfreeze')
    .description('lift the freeze')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, { reason }: Reason) => {
        await showAct(session, await session.call('Unfreeze', { reason: reasonOf(reason) }));
      }),
    );
}

function scopeOf({ servo, project, host, generation, cell }: Scope): RequestOf<'SetHold'>['scope'] {
  const named = [servo, project, host, generation ?? cell].filter((s) => s !== undefined);
  if (named.length !== 1 || (generation !== undefined && cell === undefined))
    throw new Ends(
      'usage',
      'want exactly one of --servo, --project, --host, --cell, or --generation with --cell',
    );
  if (servo !== undefined) return { kind: 'uid', value: given('servo uid', servo) };
  if (project !== undefined) return { kind: 'project', value: given('project', project) };
  if (host !== undefined) return { kind: 'host', value: given('host', host) };
  const inCell = given('cell', cell ?? '');
  if (generation === undefined) return { kind: 'cell', value: inCell };
  return { kind: 'generation', value: { cell: inCell, generation: given('generation', generation) } };
}

export function scopeText(scope: Hold['scope']): string {
  switch (scope.kind) {
    case 'uid':
      return `servo ${scope.value}`;
    case 'generation':
      return `generation ${scope.value.generation} in ${scope.value.cell}`;
    case 'project':
    case 'host':
    case 'cell':
      return `${scope.kind} ${scope.value}`;
  }
}

function listText(holds: readonly Hold[], paint: Paint): string {
  const rows = holds.map((h) => [
    h.id,
    scopeText(h.scope),
    h.by,
    moment(h.sinceWallMs),
    h.remainingMs === undefined ? 'when released' : `in ${duration(h.remainingMs)}`,
    h.reason,
  ]);
  return table(['HOLD', 'ON', 'BY', 'SINCE', 'ENDS', 'REASON'], rows, paint, 'nothing is held');
}
