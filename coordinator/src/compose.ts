// The parts of a coordinator, put together once it leads: the same for the program and for tests, which bring their own clock,
// store and witnesses.
import type { CellId, CoordinatorId } from '@servo-auditor/proto/ids.ts';
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Coordinator } from './coordinator.ts';
import type { Policy } from './domain/policy.ts';
import { Fleet } from './fold/fleet.ts';
import { Dispatch } from './round/dispatch.ts';
import { Loop } from './round/loop.ts';
import { Readings } from './round/read.ts';
import { Rounds } from './round/run.ts';
import { StallWatch } from './round/stall.ts';
import { Admission } from './session/admission.ts';
import { HostBook } from './session/hosts.ts';
import { Sessions } from './session/sessions.ts';
import {
  nothingFolded,
  type DecisionMark,
  type HostMemory,
  type Leadership,
  type StateStore,
} from './state/port.ts';
import { WitnessDesk } from './witness/desk.ts';
import type { Witness } from './witness/port.ts';

export interface Given {
  readonly id: CoordinatorId;
  readonly trustDomain: string;
  readonly cells: readonly CellId[];
  /** Factor by which waits run faster. Undefined: not a demo. */
  readonly demo: number | undefined;
  readonly policy: Policy;
  /** Ed25519 signature by the installation's order key. */
  readonly sign: Coordinator['sign'];
  readonly store: StateStore;
  readonly lead: Leadership;
  /** Goes on from `lead.waitedMs`. */
  readonly clock: Clock;
  readonly witnesses: readonly Witness[];
  readonly log: Logger;
}

export interface Composed {
  readonly coordinator: Coordinator;
  readonly loop: Loop;
  readonly stalls: StallWatch;
  /** Closes witnesses and store. */
  readonly stop: () => Promise<void>;
}

/** Remembers, and puts everything together. Nothing runs yet. */
export async function compose(given: Given): Promise<Composed> {
  const { id, trustDomain, cells, demo, policy, sign, store, lead, clock, witnesses, log } = given;
  const memory = await store.readMemory();
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
    id,
    installation: lead.installation,
    epoch: lead.epoch,
    trustDomain,
    cells,
    demo,
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
    voided: new Set(),
    contest: (host, why) => {
      if (fleet.views.get(host)?.contested === why) return;
      fleet.contest(host, why);
      hosts.contest(host, why);
      log.error({ event: 'host.contested', host, problem: why });
      const memory = hosts.get(host);
      if (memory !== undefined) void rememberNow(memory);
    },
    report: () => loop.report,
  };
  /** Whoever leads next may find nothing wrong with it any more. What fails here is written with the next round. */
  const rememberNow = async (memory: HostMemory): Promise<void> => {
    try {
      await store.recordFold(coordinator.fence(), { ...nothingFolded, hosts: [memory] });
    } catch (error) {
      log.warn({ event: 'host.contested.unwritten', host: memory.host, err: error });
    }
  };
  const stalls = new StallWatch(clock);
  const marks = new Map(
    memory.witnesses.map((w) => [w.witness, { version: w.version, lineage: w.lineage, levels: w.levels }]),
  );
  const readings = new Readings(coordinator, marks);
  const rounds = new Rounds(coordinator, readings, stalls);
  const loop: Loop = new Loop(rounds, readings, policy.roundIntervalMs, log);
  const stop = async (): Promise<void> => {
    stalls.stop();
    await desk.close();
    await store.close();
  };
  return { coordinator, loop, stalls, stop };
}
