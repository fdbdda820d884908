// The running agent: the bench, and a session with the coordinator.
import { readFileSync } from 'node:fs';
import type { AgentClient } from '@servo-auditor/proto/load.ts';
import { isId, type HostId, type ReaderVersion } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { orderVerifier } from '@servo-auditor/proto/sign.ts';
import { parseUri, readTls, TlsUnfit, type Tls } from '@servo-auditor/proto/tls.ts';
import type { Welcome } from '@servo-auditor/proto/wire.ts';
import { NotDurable } from './act/journal.ts';
import { noteWaited, openBench, type Bench } from './bench.ts';
import type { Config } from './config.ts';
import { serveControl } from './control/server.ts';
import { readerVersion } from './scan/reader.ts';
import { ask, connect, keepSessions } from './session/connect.ts';
import { Offers } from './session/offers.ts';
import type { Party } from './session/party.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';

/** How often the waited time is made durable while a window runs, in milliseconds of real time. */
const waitedStepMs = 10 * 60_000;

export interface Agent {
  readonly bench: Bench;
  readonly host: HostId;
  readonly offers: Offers;
  readonly readerVersion: ReaderVersion;
  /** How it stands with the coordinator, for people. */
  standing(): string;
}

/** What the files of the configuration say, checked. */
export interface Papers {
  readonly tls: Tls;
  readonly host: HostId;
  readonly verify: (bytes: Uint8Array, signature: Uint8Array) => boolean;
}

/** Throws `TlsUnfit`, which names the file and what would be right. */
export function readPapers(config: Config): Papers {
  const tls = readTls(config.tls);
  const { kind, id } = parseUri(tls.uri);
  if (kind !== 'host' || !isId('host', id))
    throw new TlsUnfit(
      `${config.tls.cert}: is a certificate for ${tls.uri}; want one of a host (servoctl pki host)`,
    );
  try {
    return {
      tls,
      host: id,
      verify: orderVerifier(config.orderKeys.map((file) => readFileSync(file, 'utf8'))),
    };
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new TlsUnfit(`orderKeys (${config.orderKeys.join(', ')}): ${why}`, { cause });
  }
}

/** Runs until `stop`, and then until what is under way is done. Rejects when it cannot start. */
export async function runAgent(config: Config, log: Logger, stop: AbortSignal): Promise<void> {
  const papers = readPapers(config);
  const client = connect(config.coordinator.address, papers.tls, config.coordinator.uri);
  try {
    const { host, verify } = papers;
    const voice = { host, verify, ask: (...args: Ask) => ask(client, ...args) };
    const bench = await openBench(config, voice, log);
    try {
      await serve(bench, config, host, client, log, stop);
    } finally {
      await bench.close();
    }
  } finally {
    client.close();
  }
}

type Ask = [Parameters<typeof ask>[1], Parameters<typeof ask>[2]];

async function serve(
  bench: Bench,
  config: Config,
  host: HostId,
  client: AgentClient,
  log: Logger,
  stop: AbortSignal,
): Promise<void> {
  let standing = 'no session yet';
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
  try {
    const party: Party = {
      ...bench,
      agentVersion: releaseVersion,
      readerVersion: version,
      demo: config.demo !== undefined,
      installation: config.installation,
      offers,
      log,
      greeted: (welcome, first) => greeted(bench, welcome, first, log),
      told: (now) => (standing = now),
      tend: () => {
        bench.executor.tend();
        noteWaited(bench.journal, bench.clock, waitedStepMs * (config.demo?.factor ?? 1));
      },
    };
    await keepSessions(client, party, stop, Math.random);
  } finally {
    await control.close();
    log.info({ event: 'agent.stopping', host });
  }
}

/** A full disk is no reason not to report: then the host knows its installation from the next session on. */
function greeted({ journal, seen, clock }: Bench, welcome: Welcome, first: boolean, log: Logger): void {
  const { installation, epoch, decision } = welcome;
  try {
    if (first)
      journal.append(
        { kind: 'accepted', installation, epoch, decision, why: 'first-contact' },
        clock.now().waitMs,
      );
    seen.note(epoch, decision);
    seen.keep();
  } catch (error) {
    if (!(error instanceof NotDurable)) throw error;
    log.error({ event: 'journal.full', message: error.message });
  }
}
