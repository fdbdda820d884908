// servo-agent run.
import { realpathSync } from 'node:fs';
import { logger } from '@servo-auditor/proto/log.ts';
import { serviceManager } from '@servo-auditor/proto/service.ts';
import { runAgent } from '../agent.ts';
import { loadConfig, runtimeOptions, storeOptions } from '../config.ts';
import { readPapers } from '../papers.ts';
import { generationOf } from '../scan/reader.ts';
import { openRuntime } from '../scan/runtime/index.ts';
import { openStore } from '../scan/store/index.ts';
import { Wrong, type Out } from './out.ts';

/**
 * Resolves after SIGTERM or SIGINT, when what was under way is done. A second signal does not wait. SIGHUP reads the configuration
 * and its files again.
 */
export async function run(file: string): Promise<void> {
  const config = loadConfig(file);
  const log = logger('servo-agent', config.log);
  const manager = serviceManager(log);
  const stop = new AbortController();
  const end = (signal: NodeJS.Signals) => {
    log.info({ event: 'agent.signal', signal });
    manager.stopping();
    stop.abort();
  };
  let reload = (): void => log.warn({ event: 'config.not-reloaded', problem: 'the agent only starts' });
  const hangUp = () => reload();
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  process.on('SIGHUP', hangUp);
  try {
    await runAgent(config, log, stop.signal, { manager, file, onReload: (again) => (reload = again) });
  } finally {
    manager.close();
    process.off('SIGHUP', hangUp);
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
  }
}

/** Everything that can be told without running. */
export function checkConfig(file: string, out: Out): void {
  const config = loadConfig(file);
  const { host, tls } = readPapers(config);
  let generation: string;
  try {
    generation = generationOf(openStore(storeOptions(config)), openRuntime(runtimeOptions(config)));
  } catch (cause) {
    throw new Wrong(`${file}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  out.stdout.write(
    `${realpathSync(file)} is right: host ${host} of ${tls.trustDomain}, generation ${generation}, ` +
      `coordinator ${config.coordinator.address}\n`,
  );
}
