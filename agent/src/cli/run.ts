// servo-agent run.
import { realpathSync } from 'node:fs';
import { logger } from '@servo-auditor/proto/log.ts';
import { readPapers, runAgent } from '../agent.ts';
import { loadConfig, runtimeOptions, storeOptions } from '../config.ts';
import { generationOf } from '../scan/reader.ts';
import { openRuntime } from '../scan/runtime/index.ts';
import { openStore } from '../scan/store/index.ts';
import { Wrong, type Out } from './out.ts';

/** Resolves after SIGTERM or SIGINT, when what was under way is done. A second signal does not wait. */
export async function run(file: string): Promise<void> {
  const config = loadConfig(file);
  const log = logger('servo-agent', config.log);
  const stop = new AbortController();
  const end = (signal: NodeJS.Signals) => {
    log.info({ event: 'agent.signal', signal });
    stop.abort();
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  try {
    await runAgent(config, log, stop.signal);
  } finally {
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
