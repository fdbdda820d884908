// The commands of servo-coordinator. Exit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.
import { Command, Option } from 'commander';
import { BadOptions, helpOf, sampleOf } from '@servo-auditor/proto/options.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import { coordinatorTable, loadConfig, type CoordinatorConfig } from './config.ts';
import { run } from './run.ts';

export const defaultConfig = '/etc/servo-coordinator/coordinator.yaml';

/** All commands. Also for documentation and completion. */
export function programOf(): Command {
  const program = new Command('servo-coordinator')
    .description('Leads cells: believes only fresh evidence, decides, and orders.')
    .version(releaseVersion)
    .addHelpText('after', `\nExit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.`)
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

  program
    .command('run')
    .description('run until SIGTERM or SIGINT')
    .addOption(
      new Option('-c, --config <file>', 'YAML file with the options')
        .default(defaultConfig)
        .env('SERVO_COORDINATOR_CONFIG'),
    )
    .option('--check-config', 'check the file, say what is wrong, and end')
    .option('--print-port', 'print {"port": n, "installation": id} on standard output once it listens')
    .action(async (options: { config: string; checkConfig?: true; printPort?: true }) => {
      const config = readConfig(options.config);
      if (options.checkConfig === true) return console.log(`${options.config}: ok`);
      await run(options.config, config, options.printPort === true);
    });

  program
    .command('sample-config')
    .description('print a commented sample of the configuration')
    .action(() => void process.stdout.write(sampleOf(coordinatorTable)));

  program
    .command('options')
    .description('print every option with its bounds and default')
    .action(() => console.log(helpOf(coordinatorTable)));

  return program;
}

function readConfig(file: string): CoordinatorConfig {
  try {
    return loadConfig(file);
  } catch (error) {
    if (!(error instanceof BadOptions)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}
