// What the parts of a running coordinator share: one value, made once in main.ts, handed to whoever needs it.
import type {
  CellId,
  CoordinatorId,
  Epoch,
  HostId,
  InstallationId,
  OrderId,
} from '@servo-auditor/proto/ids.ts';
import type { Clock } from '@servo-auditor/proto/clock.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Policy } from './domain/policy.ts';
import type { Fleet } from './fold/fleet.ts';
import type { Dispatch } from './round/dispatch.ts';
import type { Report } from './round/report.ts';
import type { Admission } from './session/admission.ts';
import type { HostBook } from './session/hosts.ts';
import type { Sessions } from './session/sessions.ts';
import type { DecisionMark, Fence, StateStore } from './state/port.ts';
import type { WitnessDesk } from './witness/desk.ts';

export interface Coordinator {
  readonly id: CoordinatorId;
  readonly installation: InstallationId;
  readonly epoch: Epoch;
  readonly trustDomain: string;
  /** Cells that this coordinator leads. */
  readonly cells: readonly CellId[];
  /** Factor by which waits run faster. Undefined: not a demo. */
  readonly demo: number | undefined;
  readonly policy: Policy;
  readonly clock: Clock;
  readonly log: Logger;
  readonly store: StateStore;
  readonly fleet: Fleet;
  readonly hosts: HostBook;
  readonly desk: WitnessDesk;
  readonly sessions: Sessions;
  readonly admission: Admission;
  readonly dispatch: Dispatch;
  /** Ed25519 signature by the installation's order key. */
  readonly sign: (bytes: Uint8Array) => Uint8Array;
  readonly fence: () => Fence;
  /** The installation's latest decision that this coordinator made or read. */
  readonly decision: () => DecisionMark;
  readonly noteDecision: (mark: DecisionMark) => void;
  /** Number of the next heartbeat of this leadership. */
  readonly nextHeartbeat: () => number;
  /** Bars a host from orders until `servoctl hosts accept`. */
  readonly contest: (host: HostId, why: string) => void;
  /** Orders whose host was told no: no later question about them gets a yes. Of this leadership, as orders are. */
  readonly voided: Set<OrderId>;
  /** What the last pass found. Undefined before the first. */
  readonly report: () => Report | undefined;
}
