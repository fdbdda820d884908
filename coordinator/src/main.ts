// servo-coordinator: composition of commands only. Exit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.
import { Command } from 'commander';
import { logger } from '@servo-auditor/proto/log.ts';
import { BadOptions, helpOf, sampleOf } from '@servo-auditor/proto/options.ts';
import { coordinatorTable, loadConfig, type CoordinatorConfig } from './config.ts';
import { startCoordinator } from './start.ts';

const program = new Command('servo-coordinator')
  .description('Leads cells: believes only fresh evidence, decides, and orders.')
  .addHelpText('after', `\nExit codes: 0 stopped as told, 1 failed, 2 wrong usage or configuration.`)
  .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2));

program
  .command('run')
  .description('run until SIGTERM or SIGINT')
  .requiredOption('--config <file>', 'YAML file with the options')
  .option('--check-config', 'check the file, say what is wrong, and end')
  .option('--print-port', 'print {"port": n, "installation": id} on standard output once it listens')
  .action(async (options: { config: string; checkConfig?: true; printPort?: true }) => {
    const config = readConfig(options.config);
    if (options.checkConfig === true) return console.log(`${options.config}: ok`);
    await run(config, options.printPort === true);
  });

program
  .command('sample-config')
  .description('print a commented sample of the configuration')
  .action(() => void process.stdout.write(sampleOf(coordinatorTable)));

program
  .command('options')
  .description('print every option with its bounds and default')
  .action(() => console.log(helpOf(coordinatorTable)));

await program.parseAsync();

function readConfig(file: string): CoordinatorConfig {
  try {
    return loadConfig(file);
  } catch (error) {
    if (!(error instanceof BadOptions)) throw error;
    console.error(error.message);
    process.exit(2);
  }
}

async function run(config: CoordinatorConfig, printPort: boolean): Promise<void> {
  const log = logger('servo-coordinator', config.logLevel);
  try {
    const running = await startCoordinator(config, log);
    if (printPort)
      console.log(JSON.stringify({ port: running.port, installation: running.coordinator.installation }));
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      process.once(signal, () => {
        log.info({ event: 'coordinator.stopping', signal });
        void running.stop().catch(() => undefined);
      });
    await running.ended;
    log.info({ event: 'coordinator.stopped' });
  } catch (error) {
    log.fatal({
      event: 'coordinator.failed',
      problem: error instanceof Error ? error.message : String(error),
    });
    console.error(`servo-coordinator: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  }
}
