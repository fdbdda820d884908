// Every command that some sentence of the product tells a person to run exists, with those very words and options.
import type { Command } from 'commander';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { programOf } from '../../../coordinator/src/cli/run.ts';

const root = join(import.meta.dirname, '../../..');
const io = {
  out: () => undefined,
  err: () => undefined,
  env: {},
  colours: false,
  signal: new AbortController().signal,
};

const word = String.raw`(?:--[a-z0-9-]+|[a-z][a-z-]*|\$?\{[^}]*\}|<[a-z ]+>)`;
const namedCommand = new RegExp(`servoctl (${word}(?: ${word})*)`, 'g');
/** Where a sentence goes on behind the program's own name. */
const prose = new Set(['as', 'shows', 'prints']);

/** Sentences of the sources, without the program's own: `servoctl hosts accept {host}`. */
function* namedCommands(): Iterable<{ readonly where: string; readonly words: readonly string[] }> {
  const files = globSync('{coordinator,agent,proto}/src/**/*.ts', { cwd: root });
  for (const file of files) {
    const text = readFileSync(join(root, file), 'utf8');
    for (const [, command = ''] of text.matchAll(namedCommand))
      if (!prose.has(command.split(' ')[0] ?? '')) yield { where: file, words: command.split(' ') };
  }
}

/** The command that the words lead to, and the options that they name. */
function resolve(program: Command, words: readonly string[]): Command {
  let command = program;
  for (const word of words) {
    const next = command.commands.find((c) => c.name() === word || c.aliases().includes(word));
    if (next === undefined) break;
    command = next;
  }
  return command;
}

t.test('every named command exists', async (t) => {
  const program = programOf(io);
  let seen = 0;
  for (const { where, words } of namedCommands()) {
    const command = resolve(program, words);
    seen++;
    t.ok(command !== program, `${where}: servoctl ${words.join(' ')}`);
    for (const option of words.filter((w) => w.startsWith('--')))
      t.ok(
        [...command.options, ...program.options].some((o) => o.long === option),
        `${where}: servoctl ${words.join(' ')}: ${option}`,
      );
  }
  t.ok(seen > 40, `only ${seen} were found: is the search broken?`);
});

t.test('each of these is spelled exactly so', async (t) => {
  const program = programOf(io);
  const spelled =
    'status|explain|watch|freeze|unfreeze|hosts list|hosts show|hosts enrol|hosts accept|hosts retire|hosts acknowledge|' +
    'servos list|cases list|cases show|quarantine list|plans list|plans show|plans approve|plans reject|holds list|holds set|' +
    'holds release|modes list|modes set|certifications list|certifications confirm|breakers list|breakers show|breakers close|' +
    'witnesses list|witnesses accept|restore servo|restore plan|orders list|audit verify|audit export|pki init|pki host|' +
    'pki coordinator|pki operator|pki order-key';
  for (const name of spelled.split('|')) {
    const words = name.split(' ');
    const command = resolve(program, words);
    t.equal(command.name(), words.at(-1), name);
    t.not(command.description(), '', `${name} says what it does`);
  }
});

t.test('what changes something needs a reason', async (t) => {
  const program = programOf(io);
  const acts = [
    'freeze',
    'unfreeze',
    'hosts enrol',
    'hosts accept',
    'hosts retire',
    'hosts acknowledge',
    'plans approve',
    'plans reject',
    'holds set',
    'holds release',
    'modes set',
    'certifications confirm',
    'breakers close',
    'witnesses accept',
    'restore servo',
    'restore plan',
  ];
  for (const name of acts) {
    const reason = resolve(program, name.split(' ')).options.find((o) => o.long === '--reason');
    t.equal(reason?.mandatory, true, name);
  }
});
