// What SIGHUP does: the file is read and checked as a whole, and so are the certificates that it names. If anything is wrong, all
// of it stays as it was. What a running coordinator cannot change is named, and waits for a restart: its identity, its state,
// and every number that decisions depend on, since evidence was gathered under the old ones.
import type { Logger } from '@servo-auditor/proto/log.ts';
import { loadConfig, type CoordinatorConfig } from './config.ts';
import type { Running } from './start.ts';

/** Options that are taken over at once. */
const renewable: readonly (keyof CoordinatorConfig)[] = ['tls', 'logLevel'];

/** Returns the configuration that counts from now on. Never throws. */
export function reloadConfig(
  file: string,
  now: CoordinatorConfig,
  running: Pick<Running, 'renew'>,
  log: Logger,
): CoordinatorConfig {
  try {
    const read = loadConfig(file);
    const next = { ...now, tls: read.tls, logLevel: read.logLevel };
    running.renew(next);
    log.level = next.logLevel;
    log.info({ event: 'config.reloaded', file, renewed: renewable });
    const waiting = Object.keys(read).filter(
      (key) => !renewable.some((name) => name === key) && differ(read, now, key),
    );
    if (waiting.length > 0) log.warn({ event: 'config.needs-restart', file, options: waiting });
    return next;
  } catch (error) {
    const problem = error instanceof Error ? error.message : String(error);
    log.error({ event: 'config.not-reloaded', file, problem });
    return now;
  }
}

function differ(a: object, b: object, key: string): boolean {
  return JSON.stringify(Reflect.get(a, key)) !== JSON.stringify(Reflect.get(b, key));
}
