// servoctl plans: look at what waits for an approval, then approve or reject exactly that list.
import type { Command } from 'commander';
import type { Plan } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import type { Paint } from './io.ts';
import { durationOf, given, nextSection, reasonOf, reasonOption, showAct, type Run } from './noun.ts';
import { table } from './table.ts';
import { count } from './text.ts';

interface Hashed {
  readonly hash: string;
  readonly reason: string;
}
const hashOption = ['--hash <hash>', 'hash of the list, as `servoctl plans show` prints it'] as const;

export function planCommands(program: Command, run: Run): void {
  const plans = program.command('plans').alias('plan').description('plans: list, show, approve, reject');

  plans
    .command('list')
    .description('per cell, how much waits for an approval')
    .action(
      run(async (session) => {
        const reply = await session.call('ListPlans', { all: true });
        await session.show(reply, (paint) => listText(reply.plans, paint));
      }),
    );

  plans
    .command('show <cell>')
    .description('the list that waits for an approval, what else is held back and why')
    .action(
      run(async (session, cell: string) => {
        const reply = await session.call('ListPlans', { cell: given('cell', cell) });
        await session.show(reply, (paint) => reply.plans.map((plan) => planText(plan, paint)).join('\n'));
      }),
    );

  plans
    .command('approve <cell>')
    .description('let exactly the listed servos be stopped; every other gate still counts')
    .requiredOption(...hashOption)
    .requiredOption(...reasonOption)
    .action(
      run(async (session, cell: string, { hash, reason }: Hashed) => {
        const request = { cell: given('cell', cell), hash: given('digest', hash), reason: reasonOf(reason) };
        await showAct(session, await session.call('ApprovePlan', request));
      }),
    );

  plans
    .command('reject <cell>')
    .description('hold every servo of the list instead')
    .requiredOption(...hashOption)
    .option('--for <duration>', 'how long they are held', '7 d')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, cell: string, flags: Hashed & { for: string }) => {
        const request = {
          cell: given('cell', cell),
          hash: given('digest', flags.hash),
          reason: reasonOf(flags.reason),
          holdMs: durationOf(flags.for, '--for'),
        };
        await showAct(session, await session.call('RejectPlan', request));
      }),
    );
}

function listText(plans: readonly Plan[], paint: Paint): string {
  const rows = plans.map((p) => [
    p.cell,
    p.proposals.length,
    p.blocked.length,
    p.orders.length,
    p.ageMs === undefined ? 'no round yet' : `${duration(p.ageMs)} ago`,
  ]);
  return table(
    ['CELL', 'TO APPROVE', 'HELD BACK', 'OPEN ORDERS', 'MADE'],
    rows,
    paint,
    'no cell is led here',
  );
}

function planText(plan: Plan, paint: Paint): string {
  const { cell, proposals, blocked, orders, hash } = plan;
  const age = plan.ageMs === undefined ? 'no round yet' : `made ${duration(plan.ageMs)} ago`;
  const list = table(
    ['UID', 'HOST', 'GENERATION', 'PROJECT'],
    proposals.map((p) => [p.uid, p.host, p.generation, p.project]),
    paint,
    'nothing waits for an approval',
  );
  const held = blocked.map(({ servo, by }) => [
    servo.uid,
    servo.host,
    by.map((g) => g.name).join(', '),
    by[0]?.says,
  ]);
  const sent = orders.map((o) => [o.id, o.action, o.uid, o.host, o.state]);
  return [
    `${paint('bold', `cell ${cell}`)}: ${count(proposals.length, 'orphan')} to approve (${age})`,
    ...(hash === undefined ? [] : [`hash ${hash}`]),
    '',
    list,
    ...(held.length === 0
      ? []
      : [
          `${paint('bold', 'Held back by more than an approval')}\n${table(['UID', 'HOST', 'GATES', 'FIRST'], held, paint, '')}`,
        ]),
    ...(sent.length === 0
      ? []
      : [
          `${paint('bold', 'Orders under way')}\n${table(['ORDER', 'ACTION', 'UID', 'HOST', 'STATE'], sent, paint, '')}`,
        ]),
    nextSection(plan.next, paint).trimStart(),
  ].join('\n');
}
