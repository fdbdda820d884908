// servoctl as a function of its arguments: what a command does and how it ends, without the process around it.
import { Command, CommanderError } from 'commander';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import { auditCommands } from './audit.ts';
import { breakerCommands } from './breakers.ts';
import { caseCommands } from './cases.ts';
import { Ends, exitCodes, exitHelp } from './exit.ts';
import { explainCommands } from './explain.ts';
import { holdCommands } from './holds.ts';
import { hostCommands } from './hosts.ts';
import { painter, type Io } from './io.ts';
import { runner } from './noun.ts';
import { pkiCommands } from './pki.ts';
import { planCommands } from './plans.ts';
import { restoreCommands } from './restore.ts';
import { rolloutCommands } from './rollout.ts';
import { servoCommands } from './servos.ts';
import { statusCommands } from './status.ts';
import { clean } from './text.ts';
import { witnessCommands } from './witnesses.ts';

const help = `
Begin with: servoctl status, servoctl explain <uid>, servoctl plans list.
What changes something needs --reason, is kept in the audit log, and ends with the exact next commands.
The connection comes from --config <file>, else from the file that SERVOCTL_CONFIG names, or from flags.
${exitHelp}`;

/** Runs one command. Resolves with the exit code of exit.ts; never rejects. */
export async function runCli(argv: readonly string[], io: Io): Promise<number> {
  try {
    await programOf(io).parseAsync(argv, { from: 'user' });
    return exitCodes.done;
  } catch (error) {
    // Help and the version are written by then.
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
    const ends =
      error instanceof Ends ? error : new Ends('refused', `unexpected: ${String(error)}`, { cause: error });
    const [first = '', ...rest] = ends.message.split('\n');
    io.err(`${painter(io)('red', 'servoctl:')} ${[clean(first), ...rest].join('\n')}\n`);
    if (!(error instanceof Ends)) io.err(`${error instanceof Error ? (error.stack ?? '') : ''}\n`);
    return exitCodes[ends.ending];
  }
}

/** All commands. Also for documentation and completion. */
export function programOf(io: Io): Command {
  const program = new Command('servoctl')
    .description('Ask and tell a Servo Auditor coordinator: what is orphaned, why, and what to do about it.')
    .version(releaseVersion)
    .option(
      '--config <file>',
      'YAML file with address and certificates (default: what SERVOCTL_CONFIG names)',
    )
    .option('--address <name:port>', 'where the coordinator listens')
    .option('--ca <file>', 'certificate of the authority')
    .option('--cert <file>', 'own certificate')
    .option('--key <file>', 'own private key')
    .option('--json', 'print one JSON document instead of a screen')
    .addHelpText('after', help)
    .showHelpAfterError('Add --help to see what is right.')
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      getOutHasColors: () => io.colours,
      getErrHasColors: () => io.colours,
      getOutHelpWidth: () => 100,
      getErrHelpWidth: () => 100,
    })
    .exitOverride();
  const run = runner(io);
  statusCommands(program, run);
  explainCommands(program, run);
  hostCommands(program, run);
  servoCommands(program, run);
  caseCommands(program, run);
  planCommands(program, run);
  holdCommands(program, run);
  rolloutCommands(program, run);
  breakerCommands(program, run);
  witnessCommands(program, run);
  restoreCommands(program, run);
  auditCommands(program, run);
  pkiCommands(program, io);
  return program;
}
