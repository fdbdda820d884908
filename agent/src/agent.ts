// The running agent: the bench, and a session with the coordinator.
import type { HostId, ReaderVersion } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { noManager, type ServiceManager } from '@servo-auditor/proto/service.ts';
import { openBench, type Bench, type Voice } from './bench.ts';
import type { Config } from './config.ts';
import { serveControl } from './control/server.ts';
import { readerVersion } from './scan/reader.ts';
import { Live } from './live.ts';
import { partyOf } from './party.ts';
import { keepSessions } from './session/connect.ts';
import { Offers } from './session/offers.ts';

export interface Agent {
  readonly bench: Bench;
  readonly host: HostId;
  readonly offers: Offers;
  readonly readerVersion: ReaderVersion;
  /** How it stands with the coordinator, for people. */
  standing(): string;
}

/** What stands around the agent: the service manager, and whoever may ask it to read its files again. */
export interface Around {
  readonly manager: ServiceManager;
  /** Calls back whenever the configuration is to be read again. */
  readonly onReload: (reload: () => void) => void;
  /** The configuration's file. */
  readonly file: string;
}

/** Nothing does. */
const nothingAround: Around = { manager: noManager, onReload: () => undefined, file: '' };

/** Runs until `stop`, and then until what is under way is done. Rejects when it cannot start. */
export async function runAgent(
  config: Config,
  log: Logger,
  stop: AbortSignal,
  around: Around = nothingAround,
): Promise<void> {
  const live = new Live(config, log);
  try {
    const { host, limits } = live;
    const voice: Voice = {
      host,
      limits,
      verify: (bytes, signature) => live.verify(bytes, signature),
      ask: (question, timeoutMs) => live.ask(question, timeoutMs),
    };
    const bench = await openBench(config, voice, log);
    try {
      around.onReload(() => live.reload(around.file, () => bench.executor.idle()));
      await serve(bench, config, live, log, stop, around.manager);
    } finally {
      await bench.close();
    }
  } finally {
    live.close();
  }
}

async function serve(
  bench: Bench,
  config: Config,
  live: Live,
  log: Logger,
  stop: AbortSignal,
  manager: ServiceManager,
): Promise<void> {
  let standing = 'no session yet';
  const { host } = live;
  const offers = new Offers(config.state);
  const version = await readerVersion(bench.store, bench.runtime);
  const agent: Agent = { bench, host, offers, readerVersion: version, standing: () => standing };
  const control = await serveControl(config.state, agent, log);
  log.info({
    event: 'agent.started',
    host,
    generation: bench.generation,
    reader: version,
    journal: bench.journal.mark.sequence,
    pid: process.pid,
  });
  bench.executor.recover();
  manager.watch(() => bench.scanner.hung());
  try {
    // Ready means: locks held, journal read, and this host read once. Whether a coordinator answers is not this host's doing, and
    // shows in its status.
    const first = bench.scanner.scan().then(({ servos, complete }) => {
      log.info({ event: 'agent.ready', servos: servos.length, complete });
      manager.ready(standing);
    });
    const party = partyOf(bench, {
      readerVersion: version,
      demo: config.demo?.factor,
      installation: config.installation,
      offers,
      log,
      told: (now) => {
        standing = now;
        manager.status(now);
      },
    });
    // Should that first reading break, the sessions end too.
    const broken = new AbortController();
    first.catch(() => broken.abort());
    await keepSessions(live, party, AbortSignal.any([stop, broken.signal]), Math.random);
    await first;
  } finally {
    await control.close();
    log.info({ event: 'agent.stopping', host });
  }
}
