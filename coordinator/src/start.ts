// A coordinator from its configuration: takes the lead, remembers, listens, and decides until it is told to stop.
import { Server } from '@grpc/grpc-js';
import { systemClock } from '@servo-auditor/proto/clock.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import {
  readSecret,
  readTls,
  renewServerCredentials,
  serverCredentials,
  serverOptions,
  TlsUnfit,
  type Tls,
} from '@servo-auditor/proto/tls.ts';
import { addAdmin } from './admin/service.ts';
import { compose } from './compose.ts';
import type { CoordinatorConfig } from './config.ts';
import type { Coordinator } from './coordinator.ts';
import { agentHandlers } from './session/service.ts';
import { openSqliteStore } from './state/sqlite/store.ts';
import { openWitness } from './witness/open.ts';

export interface Running {
  readonly coordinator: Coordinator;
  readonly port: number;
  /** Resolves when it has stopped; rejects with what ended it. */
  readonly ended: Promise<void>;
  readonly stop: () => Promise<void>;
  /** From now on connections are made with these files. Throws `TlsUnfit`, and then goes on as before. */
  readonly renew: (config: Pick<CoordinatorConfig, 'id' | 'tls'>) => void;
  /** Why passes make no progress; undefined: they do. */
  readonly hung: () => string | undefined;
}

/** Starts it. Rejects with what is wrong, having started nothing. */
export async function startCoordinator(config: CoordinatorConfig, log: Logger): Promise<Running> {
  const tls = ownTls(config);
  const sign = orderSigner(readSecret(config.orderKey).toString('utf8'));
  const store = openSqliteStore({
    file: config.state,
    exclusive: true,
    demo: config.demo !== undefined,
  });
  let undo = async (): Promise<void> => await store.close();
  try {
    const { id, cells, policy, demo } = config;
    const lead = await store.lead(id, Date.now());
    const { coordinator, loop, stop } = await compose({
      id,
      cells,
      policy,
      demo: demo?.factor,
      trustDomain: tls.trustDomain,
      sign,
      store,
      lead,
      clock: systemClock(lead.waitedMs, demo?.factor ?? 1),
      witnesses: config.witnesses.map((options) => openWitness(options, policy.witnessRows)),
      log,
    });
    undo = stop;
    const server = new Server(serverOptions());
    server.addService(agentService, agentHandlers(coordinator));
    addAdmin(server, coordinator, loop);
    const credentials = serverCredentials(tls);
    const port = await bind(server, config.listen, credentials);
    log.info({
      event: 'coordinator.listening',
      port,
      epoch: coordinator.epoch,
      installation: coordinator.installation,
    });
    const ended = loop.run().finally(async () => {
      coordinator.sessions.endAll('stopping', 'the coordinator stops; call again');
      await shutDown(server);
      await stop();
    });
    return {
      coordinator,
      port,
      ended,
      stop: async () => {
        loop.stop();
        await ended;
      },
      renew: (next) => renewServerCredentials(credentials, renewed(next, tls)),
      hung: () => loop.hung(maxReadings * policy.witnessReadMs + passSlackMs),
    };
  } catch (error) {
    await undo();
    throw error;
  }
}

function ownTls({ id, tls: files }: Pick<CoordinatorConfig, 'id' | 'tls'>): Tls {
  const tls = readTls(files);
  const uri = `spiffe://${tls.trustDomain}/coordinator/${id}`;
  // Agents and the audit log must know it by one name.
  if (tls.uri !== uri)
    throw new TlsUnfit(`${files.cert}: is of ${tls.uri}; want ${uri}, as the id in the configuration says`);
  return tls;
}

function renewed(config: Pick<CoordinatorConfig, 'id' | 'tls'>, now: Tls): Tls {
  const next = ownTls(config);
  if (next.trustDomain !== now.trustDomain)
    throw new TlsUnfit(
      `${config.tls.cert}: is of the trust domain ${next.trustDomain}; want ${now.trustDomain}, as before`,
    );
  return next;
}

/** A witness that changes while it is read is read again: so often at most. */
const maxReadings = 3;
/** What a pass may take beside reading its witnesses, in milliseconds: look-ups, judging, writing. */
const passSlackMs = 5 * 60_000;
/** Longest time in which goodbyes may still leave, in milliseconds. */
const goodbyeMs = 500;

async function shutDown(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    const late = setTimeout(resolve, goodbyeMs);
    server.tryShutdown(() => {
      clearTimeout(late);
      resolve();
    });
  });
  server.forceShutdown();
}

async function bind(
  server: Server,
  listen: string,
  credentials: Parameters<Server['bindAsync']>[1],
): Promise<number> {
  return await new Promise((resolve, reject) => {
    server.bindAsync(listen, credentials, (error, port) => {
      if (error === null) resolve(port);
      else
        reject(
          new Error(
            `cannot listen on ${listen}: ${error.message}; choose another port, or 0 for any free one`,
            { cause: error },
          ),
        );
    });
  });
}
