// A log that goes nowhere: what happens is told as events.
import type { Logger } from '@servo-auditor/proto/log.ts';

/** @param hear what is logged as an error, for the story of a failing seed. */
export function quietLog(
  hear: (level: 'error' | 'fatal' | 'warn', fields: unknown) => void = () => undefined,
): Logger {
  const nothing = (): void => undefined;
  const log = {
    level: 'error',
    debug: nothing,
    info: nothing,
    trace: nothing,
    warn: (fields: unknown) => hear('warn', fields),
    error: (fields: unknown) => hear('error', fields),
    fatal: (fields: unknown) => hear('fatal', fields),
    child: (): unknown => log,
  };
  return log as unknown as Logger;
}
