// Structured events, one JSON object a line, on standard error. An event has a stable name (`order.refused`) and ids as fields:
//
//   log.info({ event: 'order.refused', order, uid, code }, 'the servo is not quiet');
//
// One event once. What could be a secret is left out by the name of its key, wherever it stands.
import { writeSync } from 'node:fs';
import pino, { type DestinationStream, type Logger } from 'pino';

export type { Logger } from 'pino';

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export type LogLevel = (typeof logLevels)[number];

/** A key whose last word is one of these holds what is nobody's business: `privateKey`, `api_token`, `env`, `argv`. */
const secret =
  /(^|[a-z0-9_.-])(keys?|secrets?|tokens?|passwords?|passphrases?|credentials?)$|^(env|argv|cmdline|environ(ment)?)$/i;
const redacted = '[redacted]';
/** Bytes of events that wait while they cannot be written: what comes after them is lost, and counted. */
const maxWaitingBytes = 256 * 1024;
/** Deeper than any event; what lies deeper is left out, so that a cycle ends. */
const maxDepth = 8;

/**
 * @param name of the program, a field of every event.
 * @param out where events go; standard error, written at once, unless given.
 */
export function logger(name: string, level: LogLevel, out?: DestinationStream): Logger {
  const log: Logger = pino(
    {
      name,
      level,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: redact },
      serializers: { err: (error: unknown) => describe(error, 0) },
    },
    out ?? standardError((count) => log.warn({ event: 'log.lost', count })),
  );
  // Formatters do not see what a child is made with. Children inherit from their parent, so theirs are covered too.
  const child: (this: Logger, fields: object, options?: object) => Logger = Reflect.get(log, 'child');
  return Object.assign(log, {
    child(this: Logger, fields: object, options?: object): Logger {
      return child.call(this, redactFields(fields, 0), options);
    },
  });
}

/**
 * Standard error, written at once. Where it cannot be written (a full disk), the program goes on: what it does is written down
 * elsewhere, and events wait for room.
 * @param told how many events were lost, once there is room again.
 */
function standardError(told: (count: number) => void): DestinationStream {
  let waiting = Buffer.alloc(0);
  let lost = 0;
  return {
    write(line: string): void {
      if (waiting.length < maxWaitingBytes) waiting = Buffer.concat([waiting, Buffer.from(line)]);
      else lost++;
      try {
        while (waiting.length > 0) waiting = waiting.subarray(writeSync(2, waiting));
      } catch {
        // There is nowhere to say it: the next event tries again.
        return;
      }
      const count = lost;
      lost = 0;
      if (count > 0) told(count);
    },
  };
}

/** What an error says, with its causes and its own fields. */
function describe(error: unknown, depth: number): unknown {
  if (!(error instanceof Error)) return redactValue(error, depth);
  if (depth >= maxDepth) return error.message;
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...redactFields(error, depth),
    ...(error.cause === undefined ? {} : { cause: describe(error.cause, depth + 1) }),
  };
}

function redact(fields: Record<string, unknown>): Record<string, unknown> {
  return redactFields(fields, 0);
}

function redactFields(fields: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      secret.test(key) ? redacted : redactValue(value, depth),
    ]),
  );
}

function redactValue(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null || value instanceof Error) return value;
  if (depth >= maxDepth) return '[too deep]';
  if (Array.isArray(value)) return value.map((item) => redactValue(item, depth + 1));
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? redactFields(value, depth + 1) : value;
}
