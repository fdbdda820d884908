// servoctl explain: what an engineer who is woken at night reads. The verdict in one sentence; why, with numbers; what is known;
// what to do; then every gate.
import type { Command } from 'commander';
import type { Explanation, Gate, ReplyOf } from '@servo-auditor/proto/admin.ts';
import type { Paint } from './io.ts';
import { given, optionally, type Run } from './noun.ts';
import { copyFacts, pastText, voiceText } from './facts.ts';
import { nextText } from './session.ts';
import { verdictColours } from './servos.ts';
import { beside, paragraph, screenColumns, widthOf, wrap } from './text.ts';

/** Column at which a gate's sentence begins: behind the longest name. */
const gateColumn = 26;

export function explainCommands(program: Command, run: Run): void {
  program
    .command('explain <uid>')
    .description('why a servo has its verdict, with numbers, and what to do')
    .option('--host <host>', 'only the copy on this host')
    .option(
      '--gates',
      'every gate, also those that are not asked (of a live servo; action gates before it is an orphan)',
    )
    .action(
      run(async (session, uid: string, { host, gates }: { host?: string; gates?: true }) => {
        const request = { uid: given('servo uid', uid), host: optionally('host', host) };
        const reply = await session.call('Explain', request);
        await session.show(reply, (paint) => explainText(reply, gates === true, paint));
      }),
    );
}

export function explainText(reply: ReplyOf<'Explain'>, allGates: boolean, paint: Paint): string {
  const copies = reply.copies.map((copy) => copyText(copy, allGates, paint));
  const gone = reply.notReported === undefined ? [] : [goneText(reply, paint)];
  const past = reply.past.length === 0 ? [] : [pastText(reply.past, paint)];
  return [...copies, ...gone, ...past].join('\n');
}

function goneText({ uid, notReported, voices }: ReplyOf<'Explain'>, paint: Paint): string {
  const said = voices.map((voice) => beside(`  ${voice.witness}`, voiceText(voice), 14));
  return `${paint('bold', uid)}\n${paragraph(`${capital(notReported ?? '')}.`)}\n\n${said.join('\n')}\n`;
}

function copyText(copy: Explanation, allGates: boolean, paint: Paint): string {
  const { verdict, uid, host, summary } = copy;
  const word = (verdict ?? 'not judged yet').toUpperCase();
  const lines = wrap(`${uid} on ${host}`, screenColumns - word.length - 2);
  const [first = '', ...rest] = lines.map((line) => paint('bold', line));
  const gap = ' '.repeat(Math.max(2, screenColumns - widthOf(first) - word.length));
  const colour = verdict === undefined ? 'yellow' : verdictColours[verdict];
  const head = [`${first}${gap}${paint(colour, word)}`, ...rest].join('\n');
  const why = whyGates(copy);
  const sections = [
    `${head}\n${paint('dim', '─'.repeat(screenColumns))}`,
    `${paint('bold', paragraph(summary))}\n`,
    ...(why.length === 0
      ? []
      : [`${paint('bold', 'Why')}\n${why.map((gate) => gateText(gate, true, paint)).join('\n')}\n`]),
    `${paint('bold', 'What is known')}\n${copyFacts(copy).join('\n')}\n`,
    `${paint('bold', 'What to do')}\n${copy.next.length === 0 ? nothingToDo(copy) : nextText(copy.next, paint)}`,
    gatesText(copy, why, allGates, paint),
  ];
  return sections.join('\n');
}

function nothingToDo({ verdict }: Explanation): string {
  return verdict === 'live' ? '  Nothing.\n' : '  Nothing by hand: it waits for what stands above.\n';
}

/** Gates that cannot pass before there is a release: where there is none, they say nothing new. */
const needRelease: readonly string[] = ['quorum', 'rounds', 'grace'];

/** The gates that make the verdict, or that hold an orphan back. */
function whyGates({ verdict, gates, state, release }: Explanation): readonly Gate[] {
  if (verdict === 'live') return [];
  const isOrphan = verdict === 'orphan' && state !== 'quarantined';
  const found = gates.filter((g) => g.outcome !== 'pass' && (g.kind === 'evidence' || isOrphan));
  const telling = found.filter((g) => release !== undefined || !needRelease.includes(g.name));
  return telling.length === 0 ? found : telling;
}

function gatesText(
  { verdict, gates, state }: Explanation,
  why: readonly Gate[],
  all: boolean,
  paint: Paint,
): string {
  const evidence = gates.filter((g) => g.kind === 'evidence');
  const action = gates.filter((g) => g.kind === 'action');
  if (verdict === 'live' && !all)
    return `${paint('bold', 'Gates')}\n  A claimed servo is live at once: no gate is asked. With --gates: what they would say.\n`;
  const section = (title: string, row: readonly Gate[]): string => {
    const passing = row.filter((g) => g.outcome === 'pass').length;
    const lines = row.map((g) =>
      why.includes(g) ? `${markOf(g, paint)}  (above)` : gateText(g, false, paint),
    );
    return `${paint('bold', title)}: ${passing} of ${row.length} pass\n${lines.join('\n')}\n`;
  };
  const acts = all || (verdict === 'orphan' && state !== 'quarantined');
  const later = '  Action gates are asked once it is an orphan. With --gates: what they would say.\n';
  const second = acts ? (action.length === 0 ? '' : `\n${section('Action gates', action)}`) : later;
  return section('Evidence gates', evidence) + second;
}

function gateText(gate: Gate, withLifts: boolean, paint: Paint): string {
  const said = beside(markOf(gate, paint), gate.says, gateColumn);
  if (!withLifts || gate.lifts === undefined) return said;
  return `${said}\n${beside(`${' '.repeat(gateColumn - 2)}${paint('cyan', '→')}`, gate.lifts, gateColumn)}`;
}

const marks = { pass: ['✓', 'green'], cap: ['~', 'yellow'], refuse: ['✗', 'red'] } as const;

function markOf({ name, outcome }: Gate, paint: Paint): string {
  const [mark, colour] = marks[outcome];
  return `  ${paint(colour, mark)} ${name}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
