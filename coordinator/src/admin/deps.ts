// What operators' calls need from the running coordinator, and nothing else: composed once in main.ts by `adminDeps`.
import { randomBytes } from 'node:crypto';
import type {
  CellId,
  CoordinatorId,
  Epoch,
  HostId,
  InstallationId,
  ServoUid,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import { releaseVersion } from '@servo-auditor/proto/version.ts';
import type { Now } from '@servo-auditor/proto/time.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Coordinator } from '../coordinator.ts';
import type { Evidence } from '../domain/evidence.ts';
import type { Acknowledged, HostView } from '../domain/host.ts';
import type { OpenOrder } from '../domain/order.ts';
import type { Policy } from '../domain/policy.ts';
import type { Claim, WitnessView } from '../domain/witness.ts';
import { orderIdFrom } from '../round/commit.ts';
import { evidenceOf } from '../round/prepare.ts';
import type { Report } from '../round/report.ts';
import type { DecisionMark, Fence, HostMemory, StateStore } from '../state/port.ts';

export interface AdminDeps {
  readonly id: CoordinatorId;
  readonly installation: InstallationId;
  readonly epoch: Epoch;
  readonly trustDomain: string;
  readonly version: string;
  /** Cells that this coordinator leads. */
  readonly cells: readonly CellId[];
  /** Factor by which waits run faster. Undefined: not a demo. */
  readonly demo: number | undefined;
  readonly policy: Policy;
  readonly log: Logger;
  readonly store: StateStore;
  now(): Now;
  fence(): Fence;
  decision(): DecisionMark;
  noteDecision(mark: DecisionMark): void;
  /** The last pass. Undefined before the first. */
  report(): Report | undefined;
  readonly views: ReadonlyMap<HostId, HostView>;
  /** Whether the authority's accepted snapshot claims the servo of this row. */
  isKnownLive(view: HostView, row: number): boolean;
  witnesses(): readonly WitnessView[];
  /** Evidence of all copies of a uid on a host as of now, live ones included. */
  evidenceOf(host: HostId, uid: ServoUid): readonly Evidence[];
  host(id: HostId): HostMemory | undefined;
  connected(host: HostId): boolean;
  /** Hash over all witnesses' queries and mappings: what trust was earned with counts only while it is this. */
  mappingHash(): string;
  /** Looks one uid up at every witness that offers it: its claims, or why that cannot be told. */
  lookUp(uid: ServoUid): Promise<readonly LookedUp[]>;
  /** Fresh random order id. */
  newOrderId(): OpenOrder['id'];

  // What follows an act once it is durable, so that it counts before the next pass too.
  hostChanged(memory: HostMemory): void;
  hostRetired(host: HostId): void;
  /** Lifts `contested`, for this reason; the journal's mark is taken as it comes next. */
  hostAccepted(host: HostId, why: string): void;
  itemsAcknowledged(host: HostId, items: readonly Acknowledged[]): void;
  /** The waiting snapshot with this hash may be accepted, if the next reading still has it. */
  witnessAccepted(witness: WitnessId, hash: string): void;
  /** Orders whose intent has become durable. */
  send(orders: readonly OpenOrder[]): void;
  /** Asks for a pass before its time. */
  runSoon(): void;
}

/** What one witness answers about a single uid. */
export interface LookedUp {
  readonly witness: WitnessView;
  readonly answer: readonly Claim[] | { readonly failure: string };
}

/** What the loop of passes offers. */
export interface AdminLoop {
  soon(): void;
  /** False: nothing with this hash waits any more. */
  acceptWaiting(witness: WitnessId, hash: string): boolean;
}

/** The dependencies from a running coordinator. */
export function adminDeps(coordinator: Coordinator, loop: AdminLoop): AdminDeps {
  const { fleet, hosts, sessions, desk, dispatch, clock } = coordinator;
  return {
    version: releaseVersion,
    id: coordinator.id,
    installation: coordinator.installation,
    epoch: coordinator.epoch,
    trustDomain: coordinator.trustDomain,
    cells: coordinator.cells,
    demo: coordinator.demo,
    policy: coordinator.policy,
    log: coordinator.log,
    store: coordinator.store,
    now: () => clock.now(),
    fence: () => coordinator.fence(),
    decision: () => coordinator.decision(),
    noteDecision: (mark) => coordinator.noteDecision(mark),
    report: () => coordinator.report(),
    views: fleet.views,
    isKnownLive: (view, row) => fleet.isKnownLive(view, row),
    witnesses: () => desk.views(),
    mappingHash: () => desk.mappingHash,
    evidenceOf: (host, uid) => evidenceOf(fleet, host, uid, { now: clock.now(), witnesses: desk.views() }),
    lookUp: (uid) => lookUp(coordinator, uid),
    newOrderId: () => orderIdFrom(randomBytes(8)),
    witnessAccepted: (witness, hash) => void loop.acceptWaiting(witness, hash),
    runSoon: () => loop.soon(),
    host: (id) => hosts.get(id),
    connected: (host) => sessions.line(host) !== undefined,
    hostChanged(memory) {
      hosts.set(memory);
      // What stood against it before it was retired still does.
      fleet.contest(memory.host, memory.contested);
      fleet.acknowledge(memory.host, memory.acknowledged);
    },
    hostRetired(host) {
      const memory = hosts.get(host);
      if (memory !== undefined) hosts.set({ ...memory, retired: true });
      sessions.line(host)?.end('host-retired', `${host} was retired by an operator`);
      fleet.retire(host);
    },
    hostAccepted(host, why) {
      const found = fleet.views.get(host)?.contested;
      // Found while the act was written, which nobody has accepted. It is written again: the act may have come behind it.
      if (found !== undefined && found !== why) return hosts.contest(host, found);
      hosts.accept(host);
      fleet.contest(host, undefined);
      sessions.line(host)?.ask(true);
    },
    itemsAcknowledged(host, items) {
      const memory = hosts.get(host);
      if (memory !== undefined) hosts.set({ ...memory, acknowledged: items });
      fleet.acknowledge(host, items);
    },
    send: (orders) => dispatch.send(orders),
  };
}

async function lookUp({ desk }: Coordinator, uid: ServoUid): Promise<readonly LookedUp[]> {
  const asked = desk.witnesses.filter(({ profile }) => profile.hasLookup);
  return await Promise.all(
    asked.map(async (witness): Promise<LookedUp> => {
      const view = desk.views().find((v) => v.id === witness.profile.id);
      if (view === undefined) throw new Error(`no view of the witness ${witness.profile.id}`);
      try {
        return { witness: view, answer: (await desk.lookup(witness, uid)).claims };
      } catch (error) {
        return { witness: view, answer: { failure: error instanceof Error ? error.message : String(error) } };
      }
    }),
  );
}
