// A coordinator from its configuration: takes the lead, remembers, listens, and decides until it is told to stop.
import { Server } from '@grpc/grpc-js';
import { systemClock } from '@servo-auditor/proto/clock.ts';
import { agentService } from '@servo-auditor/proto/load.ts';
import { maxMessageBytes } from '@servo-auditor/proto/limits.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import { orderSigner } from '@servo-auditor/proto/sign.ts';
import { channelOptions, readSecret, readTls, serverCredentials } from '@servo-auditor/proto/tls.ts';
import { addAdmin } from './admin/service.ts';
import type { CoordinatorConfig } from './config.ts';
import type { Coordinator } from './coordinator.ts';
import { Fleet } from './fold/fleet.ts';
import { Dispatch } from './round/dispatch.ts';
import { Loop } from './round/loop.ts';
import { Readings } from './round/read.ts';
import { Rounds } from './round/run.ts';
import { StallWatch } from './round/stall.ts';
import { Admission } from './session/admission.ts';
import { HostBook } from './session/hosts.ts';
import { agentHandlers } from './session/service.ts';
import { Sessions } from './session/sessions.ts';
import type { DecisionMark, StateStore } from './state/port.ts';
import { openSqliteStore } from './state/sqlite/store.ts';
import { WitnessDesk } from './witness/desk.ts';
import { openWitness } from './witness/open.ts';

export interface Running {
  readonly coordinator: Coordinator;
  readonly port: number;
  /** Resolves when it has stopped; rejects with what ended it. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

/** Starts it. Rejects with what is wrong, having started nothing. */
export async function startCoordinator(config: CoordinatorConfig, log: Logger): Promise<Running> {
  const tls = readTls(config.tls);
  const sign = orderSigner(readSecret(config.orderKey).toString('utf8'));
  const store = await openSqliteStore({
    file: config.state,
    exclusive: true,
    demo: config.demo !== undefined,
  });
  try {
    const { coordinator, loop, stop } = await compose(config, tls.trustDomain, sign, store, log);
    const server = new Server({ ...channelOptions(), 'grpc.max_receive_message_length': maxMessageBytes });
    server.addService(agentService, agentHandlers(coordinator));
    addAdmin(server, coordinator, loop);
    const port = await bind(server, config.listen, serverCredentials(tls));
    log.info({
      event: 'coordinator.listening',
      port,
      epoch: coordinator.epoch,
      installation: coordinator.installation,
    });
    const ended = loop.run().finally(async () => {
      coordinator.sessions.endAll('stopping', 'the coordinator stops; call again');
      server.forceShutdown();
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
    };
  } catch (error) {
    await store.close();
    throw error;
  }
}

async function compose(
  config: CoordinatorConfig,
  trustDomain: string,
  sign: Coordinator['sign'],
  store: StateStore,
  log: Logger,
) {
  const { policy, cells, demo } = config;
  const lead = await store.lead(config.id, Date.now());
  const clock = systemClock(lead.waitedMs, demo?.factor ?? 1);
  const memory = await store.readMemory();
  const witnesses = config.witnesses.map((options) => openWitness(options, policy.witnessRows));
  const desk = new WitnessDesk(witnesses, policy);
  const fleet = new Fleet({
    witnesses: witnesses.map((w) => w.profile),
    policy,
    epoch: lead.epoch,
    startedMs: lead.waitedMs,
    memory,
  });
  const hosts = new HostBook(memory.hosts);
  let decision: DecisionMark = lead.decision;
  let heartbeats = 0;
  const dispatch = new Dispatch(() => coordinator);
  const coordinator: Coordinator = {
    id: config.id,
    installation: lead.installation,
    epoch: lead.epoch,
    trustDomain,
    cells,
    demo: demo?.factor,
    policy,
    clock,
    log,
    store,
    fleet,
    hosts,
    desk,
    sessions: new Sessions(),
    admission: new Admission(policy.maxSnapshotsAtOnce),
    dispatch,
    sign,
    fence: () => ({ epoch: lead.epoch, now: clock.now() }),
    decision: () => decision,
    noteDecision: (mark) => {
      if (mark.version > decision.version) decision = mark;
    },
    nextHeartbeat: () => ++heartbeats,
    contest: (host, why) => {
      if (fleet.views.get(host)?.contested === why) return;
      fleet.contest(host, why);
      log.error({ event: 'host.contested', host, problem: why });
    },
    report: () => loop.report,
  };
  const stalls = new StallWatch(clock);
  const marks = new Map(
    memory.witnesses.map((w) => [w.witness, { version: w.version, lineage: w.lineage, levels: w.levels }]),
  );
  const readings = new Readings(coordinator, marks);
  const loop: Loop = new Loop(
    new Rounds(coordinator, readings, stalls),
    readings,
    policy.roundIntervalMs,
    log,
  );
  const stop = async (): Promise<void> => {
    stalls.stop();
    await desk.close();
    await store.close();
  };
  return { coordinator, loop, stop };
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
