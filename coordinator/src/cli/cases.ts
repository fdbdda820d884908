// servoctl cases and servoctl quarantine: servos from suspicion to their end, and what is kept.
import type { Command } from 'commander';
import { caseStates, type CaseRow, type ReplyOf } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import { allOption, given, limitOf, limitOption, nextSection, optionally, wordOf, type Run } from './noun.ts';
import { table } from './table.ts';
import { beside, moment, paragraph } from './text.ts';

interface Flags {
  readonly host?: string;
  readonly project?: string;
  readonly cell?: string;
  readonly uid?: string;
  readonly state?: readonly string[];
  readonly limit: string;
}

export function caseCommands(program: Command, run: Run): void {
  const cases = program.command('cases').alias('case').description('cases: list, show');

  cases
    .command('list')
    .description('cases, newest first; without a filter all of them')
    .option('--host <host>', 'on this host')
    .option('--project <project>', 'of this project')
    .option('--uid <uid>', 'of this uid')
    .option('--state <state...>', caseStates.join(', '))
    .addOption(allOption('host', 'project', 'uid', 'state'))
    .option(...limitOption)
    .action(
      run(async (session, { host, project, uid, state = [], limit }: Flags) => {
        const isAll = [host, project, uid].every((f) => f === undefined) && state.length === 0;
        const reply = await session.call('ListCases', {
          host: optionally('host', host),
          project: optionally('project', project),
          uid: optionally('servo uid', uid),
          states: state.map((s) => wordOf(caseStates, s, 'state of a case')),
          all: isAll ? true : undefined,
          limit: limitOf(limit),
        });
        await session.show(reply, (paint) => casesTable(reply.cases, paint) + moreText(reply.more));
      }),
    );

  cases
    .command('show <uid>')
    .description('one case, with what each of its steps was decided from')
    .option('--incarnation <incarnation>', 'of this incarnation; without it the newest')
    .action(
      run(async (session, uid: string, { incarnation }: { incarnation?: string }) => {
        const reply = await session.call('ShowCase', {
          uid: given('servo uid', uid),
          incarnation: optionally('incarnation', incarnation),
        });
        await session.show(reply, (paint) => showText(reply, paint));
      }),
    );

  program
    .command('quarantine')
    .description('quarantine: list')
    .command('list')
    .description('what is stopped and kept, newest first')
    .option('--host <host>', 'on this host')
    .option('--project <project>', 'of this project')
    .option('--cell <cell>', 'in this cell')
    .addOption(allOption('host', 'project', 'cell'))
    .option(...limitOption)
    .action(
      run(async (session, { host, project, cell, limit }: Flags) => {
        const filters = [host, project, cell].filter((f) => f !== undefined).length;
        if (filters > 1) throw new Ends('usage', 'want at most one of --host, --project, --cell');
        const reply = await session.call('ListQuarantine', {
          host: optionally('host', host),
          project: optionally('project', project),
          cell: optionally('cell', cell),
          all: filters === 0 ? true : undefined,
          limit: limitOf(limit),
        });
        await session.show(reply, (paint) => quarantineText(reply, paint) + moreText(reply.more));
      }),
    );
}

function moreText(more: boolean): string {
  return more ? '\nThere are more: raise --limit, or narrow the filters.\n' : '';
}

function casesTable(cases: readonly CaseRow[], paint: Paint): string {
  const rows = cases.map((c) => [
    c.uid,
    c.host,
    c.project,
    c.state,
    `${duration(c.sinceAgoMs)} ago`,
    c.message,
  ]);
  return table(['UID', 'HOST', 'PROJECT', 'STATE', 'SINCE', 'REMARK'], rows, paint, 'there is no such case');
}

function quarantineText({ servos }: ReplyOf<'ListQuarantine'>, paint: Paint): string {
  const rows = servos.map(({ case: c, decisionVersion }) => [
    c.uid,
    c.host,
    c.project,
    `${duration(c.sinceAgoMs)} ago`,
    decisionVersion,
    c.orderId,
  ]);
  const heads = ['UID', 'HOST', 'PROJECT', 'STOPPED', 'DECISION', 'ORDER'];
  const shown = table(heads, rows, paint, 'nothing is in quarantine');
  const [first] = servos;
  if (first === undefined) return shown;
  const plan =
    first.decisionVersion === undefined
      ? []
      : [
          {
            command: `servoctl restore plan ${first.decisionVersion} --reason '...'`,
            why: 'everything that this decision stopped',
          },
        ];
  return shown + nextSection([first.restore, ...plan, first.restoreOnHost], paint);
}

interface Recorded {
  readonly verdict?: string;
  readonly roundCount?: number;
  readonly voices?: readonly { readonly witness: string; readonly says: string }[];
  readonly evidenceGates?: readonly Said[] | null;
  readonly actionGates?: readonly Said[] | null;
}
interface Said {
  readonly gate: string;
  readonly outcome: string;
  readonly says: string;
}

function showText({ case: c, steps, next }: ReplyOf<'ShowCase'>, paint: Paint): string {
  const head = `${paint('bold', c.uid)} on ${c.host}: ${c.state} for ${duration(c.sinceAgoMs)}${c.message === undefined ? '' : `; ${c.message}`}`;
  const parts = steps.map(({ state, wallMs, evidenceJson }) => {
    const title = `${paint('bold', state)}  ${moment(wallMs)}`;
    return [title, ...recordLines(JSON.parse(evidenceJson) as Recorded)].join('\n');
  });
  return `${paragraph(head)}\n\n${parts.join('\n\n')}\n${nextSection(next, paint)}`;
}

/** What was known at a step. Steps that agents' receipts caused have no evidence of their own. */
function recordLines({
  verdict,
  roundCount,
  voices,
  evidenceGates,
  actionGates,
}: Recorded): readonly string[] {
  if (verdict === undefined) return ['  (no judgement: a receipt, or a claim, moved it)'];
  const said = (voices ?? []).map((v) => `${v.witness} says ${v.says}`).join(', ');
  const gates = [...(evidenceGates ?? []), ...(actionGates ?? [])];
  return [
    paragraph(`${verdict}; ${roundCount ?? 0} round(s) of evidence; ${said}`, 2),
    ...gates.map((g) => beside(`  ${marks[g.outcome] ?? '?'} ${g.gate}`, g.says, 26)),
  ];
}

const marks: Readonly<Record<string, string | undefined>> = { pass: '✓', cap: '~', refuse: '✗' };
