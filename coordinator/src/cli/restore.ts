// servoctl restore and servoctl orders: undo, in one command, and what is under way.
import type { Command } from 'commander';
import type { OrderRow, ReplyOf } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import { Ends } from './exit.ts';
import type { Paint } from './io.ts';
import {
  allOption,
  given,
  nextSection,
  optionally,
  reasonOf,
  reasonOption,
  wholeOf,
  type Run,
} from './noun.ts';
import { table } from './table.ts';
import { paragraph } from './text.ts';

interface Reason {
  readonly reason: string;
}

export function restoreCommands(program: Command, run: Run): void {
  const restore = program.command('restore').description('restore: servo, plan');

  restore
    .command('servo <uid>')
    .description('start a quarantined servo again, and hold it for a while')
    .option('--host <host>', 'on this host; needed only where several keep it')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, uid: string, { host, reason }: Reason & { host?: string }) => {
        const request = {
          uid: given('servo uid', uid),
          host: optionally('host', host),
          reason: reasonOf(reason),
        };
        const reply = await session.call('RestoreServo', request);
        await session.show(reply, (paint) => restoreText(reply, paint));
      }),
    );

  restore
    .command('plan <decision>')
    .description('the same for everything that one decision stopped (see: servoctl quarantine list)')
    .requiredOption(...reasonOption)
    .action(
      run(async (session, decision: string, { reason }: Reason) => {
        const request = { decisionVersion: wholeOf(decision, 'decision', 1), reason: reasonOf(reason) };
        const reply = await session.call('RestorePlan', request);
        await session.show(reply, (paint) => restoreText(reply, paint));
      }),
    );

  const orders = program.command('orders').alias('order').description('orders: list, show');

  orders
    .command('list')
    .description('orders that are not closed')
    .option('--host <host>', 'of this host')
    .option('--cell <cell>', 'of this cell')
    .addOption(allOption('host', 'cell'))
    .action(
      run(async (session, { host, cell }: { host?: string; cell?: string }) => {
        if (host !== undefined && cell !== undefined)
          throw new Ends('usage', 'want at most one of --host and --cell');
        const reply = await session.call('ListOrders', {
          host: optionally('host', host),
          cell: optionally('cell', cell),
          all: host === undefined && cell === undefined ? true : undefined,
        });
        await session.show(reply, (paint) => ordersTable(reply.orders, paint));
      }),
    );

  orders
    .command('show <id>')
    .description('one order, also when it is closed')
    .action(
      run(async (session, id: string) => {
        const reply = await session.call('ListOrders', { id: given('order', id) });
        await session.show(reply, (paint) => ordersTable(reply.orders, paint));
      }),
    );
}

function restoreText(
  { decision, message, orders, notRestored, next }: ReplyOf<'RestoreServo'>,
  paint: Paint,
): string {
  const done = paragraph(`Done (decision ${decision.version}): ${message}.`);
  const rows = notRestored.map((n) => [n.uid, n.host, n.message]);
  const not =
    rows.length === 0
      ? ''
      : `\n${paint('red', 'Not restored')}\n${table(['UID', 'HOST', 'WHY'], rows, paint, '')}`;
  return `${done}\n\n${ordersTable(orders, paint)}${not}${nextSection(next, paint)}`;
}

function ordersTable(orders: readonly OrderRow[], paint: Paint): string {
  const rows = orders.map((o) => [
    o.id,
    o.action,
    o.uid,
    o.host,
    o.state,
    `${duration(o.madeAgoMs)} ago`,
    o.decisionVersion,
  ]);
  return table(
    ['ORDER', 'ACTION', 'UID', 'HOST', 'STATE', 'MADE', 'DECISION'],
    rows,
    paint,
    'no order is open',
  );
}
