// servo-coordinator run: the process around a coordinator. SIGTERM and SIGINT end it, SIGHUP reads its files again.
import { logger, type Logger } from '@servo-auditor/proto/log.ts';
import { serviceManager, type ServiceManager } from '@servo-auditor/proto/service.ts';
import type { CoordinatorConfig } from './config.ts';
import { reloadConfig } from './reload.ts';
import { startCoordinator, type Running } from './start.ts';

/** Resolves when it has ended, however it ended: the exit code says how. */
export async function run(file: string, config: CoordinatorConfig, printPort: boolean): Promise<void> {
  const log = logger('servo-coordinator', config.logLevel);
  const manager = serviceManager(log);
  try {
    const running = await startCoordinator(config, log);
    if (printPort)
      console.log(JSON.stringify({ port: running.port, installation: running.coordinator.installation }));
    heed(running, file, config, manager, log);
    manager.watch(running.hung);
    manager.ready(
      `Leads ${config.cells.join(', ')} of ${running.coordinator.installation}, epoch ${running.coordinator.epoch}`,
    );
    await running.ended;
    log.info({ event: 'coordinator.stopped' });
  } catch (error) {
    log.fatal({
      event: 'coordinator.failed',
      problem: error instanceof Error ? error.message : String(error),
    });
    console.error(`servo-coordinator: ${error instanceof Error ? error.message : String(error)}`);
    process.exitCode = 1;
  } finally {
    manager.close();
  }
}

function heed(
  running: Running,
  file: string,
  config: CoordinatorConfig,
  manager: ServiceManager,
  log: Logger,
): void {
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, () => {
      log.info({ event: 'coordinator.stopping', signal });
      manager.stopping();
      void running.stop().catch(() => undefined);
    });
  let now = config;
  process.on('SIGHUP', () => (now = reloadConfig(file, now, running, log)));
}
