// The service manager around a program (systemd), where there is one: readiness, what it is doing, and a watchdog that is fed
// only while the program makes progress. Without one, everything here does nothing.
//
// Node has no Unix datagram sockets, so the systemd-notify command carries the messages (some 10 ms each). A unit says
// NotifyAccess=all for that. A message that does not arrive is no reason to end: the manager has its own time limits.
import { execFile } from 'node:child_process';
import type { Logger } from './log.ts';

/** How long one message may take. */
const maxNotifyMs = 5000;
/** Messages per watchdog time: one that comes late, or not at all, does no harm. */
const feedsPerWatchdog = 3;
/** How much longer a stop may take, asked for anew in good time: an act that has begun is finished. */
const stopStepMs = 30_000;

export interface ServiceManager {
  /** What it set out to do is being done; `status` is for people. */
  ready(status: string): void;
  /** For people: `systemctl status` shows it. */
  status(text: string): void;
  /** It ends, and takes the time that it needs for what it has begun. */
  stopping(): void;
  /**
   * Feeds the watchdog for as long as the event loop turns and `hung` has nothing to say.
   * @param hung why there is no progress; undefined: there is.
   */
  watch(hung: () => string | undefined): void;
  /** Ends what `watch` and `stopping` began. */
  close(): void;
}

/** There is none. */
export const noManager: ServiceManager = {
  ready: () => undefined,
  status: () => undefined,
  stopping: () => undefined,
  watch: () => undefined,
  close: () => undefined,
};

/**
 * The manager that started this process, as its environment says. Takes what it says out of `env`: what this program starts is no
 * part of the service, and must not speak for it.
 */
export function serviceManager(log: Logger, env: NodeJS.ProcessEnv = process.env): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined) return noManager;
  const watchdogMs = pid === undefined || Number(pid) === process.pid ? Number(usec ?? 0) / 1000 : 0;
  return new Systemd(socket, watchdogMs, log);
}

class Systemd implements ServiceManager {
  readonly #socket: string;
  readonly #watchdogMs: number;
  readonly #log: Logger;
  readonly #timers: NodeJS.Timeout[] = [];
  /** Messages arrive in the order in which they were sent. */
  #sending: Promise<void> = Promise.resolve();
  #failed = false;
  #hung = false;

  constructor(socket: string, watchdogMs: number, log: Logger) {
    this.#socket = socket;
    this.#watchdogMs = watchdogMs;
    this.#log = log;
  }

  ready(status: string): void {
    this.#send('READY=1', `STATUS=${oneLine(status)}`);
  }

  status(text: string): void {
    this.#send(`STATUS=${oneLine(text)}`);
  }

  stopping(): void {
    this.#send('STOPPING=1', 'STATUS=Stopping: what was begun is finished first');
    const more = (): void => this.#send(`EXTEND_TIMEOUT_USEC=${stopStepMs * 1000}`);
    more();
    this.#timers.push(setInterval(more, stopStepMs / feedsPerWatchdog));
  }

  watch(hung: () => string | undefined): void {
    if (this.#watchdogMs <= 0) return;
    const feed = (): void => {
      const why = hung();
      if (why === undefined) this.#send('WATCHDOG=1');
      else if (!this.#hung) this.#log.error({ event: 'service.hung', problem: why });
      this.#hung = why !== undefined;
    };
    feed();
    this.#timers.push(setInterval(feed, this.#watchdogMs / feedsPerWatchdog).unref());
  }

  close(): void {
    for (const timer of this.#timers) clearInterval(timer);
  }

  #send(...assignments: readonly string[]): void {
    this.#sending = this.#sending.then(async () => {
      try {
        await notify(this.#socket, assignments);
        this.#failed = false;
      } catch (error) {
        if (!this.#failed) this.#log.warn({ event: 'service.notify-failed', err: error });
        this.#failed = true;
      }
    });
  }
}

function notify(socket: string, assignments: readonly string[]): Promise<void> {
  const env = { NOTIFY_SOCKET: socket, PATH: '/usr/bin:/bin' };
  return new Promise((resolve, reject) => {
    execFile('systemd-notify', [...assignments], { env, timeout: maxNotifyMs }, (error) => {
      if (error === null) resolve();
      else reject(new Error(`systemd-notify ${assignments.join(' ')}`, { cause: error }));
    });
  });
}

/** A message is lines of assignments: text of others must not add any. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').slice(0, 500);
}
