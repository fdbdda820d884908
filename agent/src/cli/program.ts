// The commands of servo-agent. Exit codes: 0 done, 1 failed or refused, 2 wrong usage or configuration.
import { Command, CommanderError, Option } from 'commander';
import { BadOptions, helpOf, sampleOf } from '@servo-auditor/proto/options.ts';
import { TlsUnfit } from '@servo-auditor/proto/tls.ts';
import { configTable } from '../config.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import { accept } from './accept.ts';
import { runConformance, verbsHelp } from './conformance.ts';
import { hold, unhold } from './hold.ts';
import { repair } from './repair.ts';
import { restore } from './restore.ts';
import { checkConfig, run } from './run.ts';
import { quarantine, status } from './show.ts';
import { Failed, Wrong, type Out } from './out.ts';

export const defaultConfig = '/etc/servo-agent/agent.yaml';

const exitCodes = `
Exit codes: 0 done; 1 failed or refused; 2 wrong usage or configuration.`;

/** Runs one command line. Resolves with the exit code; never rejects. */
export async function main(args: readonly string[], out: Out = process): Promise<number> {
  try {
    await program(out).parseAsync(args, { from: 'user' });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = error instanceof Error ? messageOf(error) : String(error);
    // A socket's name, or a file's, may hold anything.
    // eslint-disable-next-line no-control-regex
    out.stderr.write(`servo-agent: ${message.replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '?')}\n`);
    return error instanceof BadOptions || error instanceof TlsUnfit || error instanceof Wrong ? 2 : 1;
  }
}

function messageOf(error: Error): string {
  if (error instanceof BadOptions) return `wrong configuration\n${error.message}`;
  if (error instanceof Failed || error instanceof Wrong) return error.message;
  return error.cause instanceof Error && error.cause.message !== error.message
    ? `${error.message} (${error.cause.message})`
    : error.message;
}

export function program(out: Out): Command {
  const servoAgent = new Command('servo-agent')
    .description('The host agent of Servo Auditor: reports the servos of this host, judges orders, acts.')
    .version(releaseVersion)
    .addHelpText('after', exitCodes)
    .configureOutput({
      writeOut: (text) => out.stdout.write(text),
      writeErr: (text) => out.stderr.write(text),
    })
    .exitOverride();
  const config = () =>
    new Option('-c, --config <file>', 'configuration').default(defaultConfig).env('SERVO_AGENT_CONFIG');
  const json = () => new Option('--json', 'JSON for programs instead of text for people');
  const command = (name: string, help: string) =>
    servoAgent.command(name).description(help).addHelpText('after', exitCodes).addOption(config());

  command('run', 'Run the agent in the foreground, until SIGTERM or SIGINT.')
    .option('--check-config', 'only check the configuration and the files that it names')
    .action(async (o: { config: string; checkConfig?: true }) =>
      o.checkConfig === true ? checkConfig(o.config, out) : await run(o.config),
    );
  command('status', 'How this agent stands: installation, session, journal, quarantine, holds.')
    .addOption(json())
    .action(async (o: { config: string; json?: true }) => await status(o.config, o.json === true, out));
  command('quarantine', 'The servos that this agent stopped and keeps.')
    .addOption(json())
    .action(async (o: { config: string; json?: true }) => await quarantine(o.config, o.json === true, out));
  command(
    'restore',
    'Start a quarantined servo again, and hold it. Needs no coordinator, and no running agent.',
  )
    .argument('<uid>', 'servo, as `servo-agent quarantine` shows it')
    .option('--reason <text>', 'why, for people', 'restored by hand')
    .action(async (uid: string, o: { config: string; reason: string }) => await restore(uid, o, out));
  command('hold', 'Protect a servo of this host, or all of them, from every stop.')
    .argument('<uid>', 'servo, or "all"')
    .option('--reason <text>', 'why, for people', 'held by hand')
    .action((uid: string, o: { config: string; reason: string }) => hold(uid, o, out));
  command('unhold', 'Lift such a protection.')
    .argument('<uid>', 'servo, or "all"')
    .action((uid: string, o: { config: string }) => unhold(uid, o, out));
  command('accept-installation', 'Let this host belong to the installation that it refused last.')
    .argument(
      '[installation]',
      'its id, typed in full; without it, what is known and what was offered is shown',
    )
    .action(async (id: string | undefined, o: { config: string }) => await accept(id, o, out));
  command('repair-journal', 'Keep what is readable of a damaged journal. The agent must not run.').action(
    async (o: { config: string }) => await repair(o, out),
  );
  command(
    'conformance',
    'Put the configured store and runtime through the conformance kit. On a test host only.',
  )
    .requiredOption('--ground <program>', 'makes, breaks and mends servos on this host; see below')
    .option('--only <checks...>', 'these checks alone')
    .option('--many <servos>', 'servos of the check "many"', '1000')
    .addOption(json())
    .addHelpText('after', verbsHelp)
    .action(
      async (o: { config: string; ground: string; only?: string[]; many: string; json?: true }) =>
        await runConformance({ ...o, json: o.json === true }, out),
    );
  servoAgent
    .command('options')
    .description('Print every option of the configuration with its bounds and default.')
    .addHelpText('after', exitCodes)
    .action(() => void out.stdout.write(helpOf(configTable)));
  servoAgent
    .command('sample-config')
    .description('Print a commented configuration.')
    .action(() => void out.stdout.write(sampleOf(configTable)));
  return servoAgent;
}
