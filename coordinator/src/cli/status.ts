// servoctl status: is anything wrong, which gate blocks how many, what waits for me.
import type { Command } from 'commander';
import type { CellStatus, ReplyOf } from '@servo-auditor/proto/admin.ts';
import { duration } from '../domain/answer.ts';
import type { Paint } from './io.ts';
import type { Run } from './noun.ts';
import { nextText } from './session.ts';
import { table } from './table.ts';
import { beside, count, paragraph, short } from './text.ts';

export function statusCommands(program: Command, run: Run): void {
  program
    .command('status')
    .description('what is going on: verdicts, which gate blocks how many, what waits for you')
    .action(
      run(async (session) => {
        const reply = await session.call('Status', {});
        await session.show(reply, (paint) => statusText(reply, paint));
      }),
    );
}

function statusText(reply: ReplyOf<'Status'>, paint: Paint): string {
  const { installation, coordinator, version, epoch, decision, cells, attention, witnesses, breakers } =
    reply;
  const head = beside(
    paint('bold', installation),
    `led by ${coordinator} (release ${version}), epoch ${epoch}, decision ${decision.version} ${short(decision.hash)}`,
    installation.length + 2,
  );
  const fresh = witnesses.filter((w) => w.fresh).length;
  const sources = `${fresh} of ${witnesses.length} witness(es) fresh; ${breakers.length === 0 ? 'no breaker is open' : `${count(breakers.length, 'breaker')} open`}`;
  return `${[head, sources, '', ...cells.map((cell) => cellText(cell, paint)), waiting(attention, paint)].join('\n')}\n`;
}

function cellText(cell: CellStatus, paint: Paint): string {
  const { verdicts, lastRound, blocked } = cell;
  const hosts = `${cell.fresh} of ${count(cell.enrolled, 'host')} fresh, ${cell.connected} connected`;
  const colour = cell.fresh < cell.enrolled ? 'yellow' : 'green';
  const round =
    lastRound === undefined
      ? 'no round yet'
      : `round ${lastRound.number}, ${duration(lastRound.ageMs)} ago, took ${duration(lastRound.tookMs)}, ${count(lastRound.orders, 'order')}`;
  const lines = [
    `${paint('bold', `cell ${cell.cell}`)}  ${paint(colour, hosts)}; ${round}`,
    ...(cell.notDeciding === undefined
      ? []
      : [paint('yellow', paragraph(`decides nothing: ${cell.notDeciding}`, 2))]),
    ...(lastRound?.findings ?? []).map((finding) => paint('red', paragraph(`void plan: ${finding}`, 2))),
    `  servos      live ${verdicts.live}   stray ${verdicts.stray}   suspect ${verdicts.suspect}   orphan ${verdicts.orphan}   undecided ${verdicts.undecided}`,
    `  action      ${cell.proposals} to approve   ${count(cell.openOrders, 'open order')}   ${cell.quarantined} in quarantine`,
    '',
  ];
  const rows = blocked.map((b) => [b.gate, b.kind, b.servos]);
  const gates = table(['GATE', 'DECIDES', 'REFUSES'], rows, paint, 'no gate refuses any servo');
  return [...lines, ...gates.split('\n').map((line) => (line === '' ? '' : `  ${line}`))].join('\n');
}

function waiting(attention: ReplyOf<'Status'>['attention'], paint: Paint): string {
  if (attention.length === 0) return paint('green', 'Nothing waits for you.');
  const items = attention.map(
    ({ code, message, next }) =>
      `${beside(`  ${paint('yellow', code)}`, message, 22)}\n${next === undefined ? '' : indent(nextText([next], paint))}`,
  );
  return `${paint('bold', 'Waits for a person')}\n${items.join('')}`.trimEnd();
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
