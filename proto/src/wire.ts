// What agent and coordinator say to each other, as checked values: what `decode` returns and `encode` takes.
// What holds one of these holds valid ids, known words and numbers in range. Units and ranges stand in agent.proto.
import type {
  BootId,
  CellId,
  Digest,
  Epoch,
  Generation,
  HostId,
  Incarnation,
  InstallationId,
  Nonce,
  OrderId,
  ProjectId,
  ReaderVersion,
  RuntimeId,
  ServoUid,
} from './ids.ts';

export const servoStates = ['running', 'stopped', 'quarantined'] as const;
export type ServoState = (typeof servoStates)[number];

export const activities = ['active', 'quiet', 'measuring', 'unknown'] as const;
export type Activity = (typeof activities)[number];

export const contradictions = [
  'none',
  'no-object',
  'no-record',
  'two-uids',
  'uid-twice',
  'quarantined-runs',
] as const;
export type Contradiction = (typeof contradictions)[number];

export const actions = ['stop', 'start'] as const;
export type Action = (typeof actions)[number];

export const outcomes = ['executed', 'refused', 'unexecuted', 'unknown'] as const;
export type ReceiptOutcome = (typeof outcomes)[number];

export type AgentMessage =
  | { readonly kind: 'hello'; readonly hello: Hello }
  | { readonly kind: 'snapshotBegin'; readonly begin: SnapshotBegin }
  | { readonly kind: 'snapshotChunk'; readonly servos: readonly Servo[] }
  | { readonly kind: 'snapshotEnd' }
  | { readonly kind: 'heartbeat'; readonly heartbeat: Heartbeat }
  | { readonly kind: 'receipt'; readonly receipt: Receipt };

export type CoordinatorMessage =
  | { readonly kind: 'welcome'; readonly welcome: Welcome }
  | { readonly kind: 'ask'; readonly ask: Ask }
  | { readonly kind: 'order'; readonly order: SignedOrder }
  | { readonly kind: 'closeOrder'; readonly close: SignedClose }
  | { readonly kind: 'receiptAck'; readonly orderId: OrderId }
  | { readonly kind: 'goodbye'; readonly goodbye: Goodbye };

export interface JournalMark {
  readonly sequence: number;
  readonly hash: Digest;
}

export interface DecisionMark {
  readonly version: number;
  readonly hash: Digest;
}

export interface Hello {
  readonly protocolMin: number;
  readonly protocolMax: number;
  readonly agentVersion: string;
  readonly bootId: BootId;
  readonly generation: Generation;
  readonly readerVersion: ReaderVersion;
  readonly journal: JournalMark;
  /** Absent: the host knows no installation yet. Present: so are the next two. */
  readonly installation?: InstallationId | undefined;
  /** 0: none seen yet. */
  readonly highestEpoch?: number | undefined;
  readonly highestDecision?: DecisionMark | undefined;
  readonly demo: boolean;
}

export interface Welcome {
  readonly protocol: number;
  readonly installation: InstallationId;
  readonly cell: CellId;
  readonly epoch: Epoch;
  readonly decision: DecisionMark;
  /** Absent: the coordinator's chain does not hold the agent's highest decision. */
  readonly hashAtYours?: Digest | undefined;
  readonly heartbeatIntervalMs: number;
  readonly ask: Ask;
}

export interface Ask {
  readonly nonce: Nonce;
  readonly full: boolean;
  readonly decision: DecisionMark;
}

export interface Problem {
  readonly path: string;
  readonly code: string;
  readonly message: string;
  /** Absent: there were no bytes to take a hash of, so it cannot be acknowledged. */
  readonly contentSha256?: Digest;
}

export interface SnapshotBegin {
  readonly echoNonce: Nonce;
  readonly digest: Digest;
  readonly count: number;
  readonly problems: readonly Problem[];
  readonly agentNonce: Nonce;
  readonly journal: JournalMark;
}

/** What tells one servo of a host from all others, ever. */
export interface Identity {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  /** "none" where the servo has a record but no runtime object. */
  readonly runtimeId: RuntimeId;
}

export interface Servo extends Identity {
  readonly project?: ProjectId | undefined;
  readonly state: ServoState;
  readonly activity: Activity;
  readonly contradiction: Contradiction;
  /** Absent: the runtime cannot tell. */
  readonly cpuPermille?: number | undefined;
  readonly connections?: number | undefined;
}

export interface Heartbeat {
  readonly echoNonce: Nonce;
  readonly digest: Digest;
  readonly count: number;
  readonly changes: readonly ServoChange[];
  readonly agentNonce: Nonce;
  readonly journal: JournalMark;
}

export interface ServoChange {
  /** Position in the inventory, from 0, in canonical order. */
  readonly index: number;
  readonly state: ServoState;
  readonly activity: Activity;
  readonly cpuPermille?: number | undefined;
  readonly connections?: number | undefined;
}

export interface AcknowledgedItem {
  readonly path: string;
  readonly contentSha256: Digest;
}

/** One instruction to one host: everything that the signature covers. */
export interface Order {
  readonly id: OrderId;
  readonly installation: InstallationId;
  readonly host: HostId;
  readonly epoch: Epoch;
  readonly decision: DecisionMark;
  readonly action: Action;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly identity: Digest;
  readonly agentNonce: Nonce;
  readonly livesMs: number;
  readonly acknowledged: readonly AcknowledgedItem[];
  readonly reason: string;
}

export interface SignedOrder extends Order {
  /** Ed25519 over `orderBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface CloseOrder {
  readonly id: OrderId;
  readonly installation: InstallationId;
  readonly host: HostId;
  readonly epoch: Epoch;
}

export interface SignedClose extends CloseOrder {
  /** Ed25519 over `closeBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface Receipt {
  readonly orderId: OrderId;
  readonly outcome: ReceiptOutcome;
  readonly code: string;
  readonly message: string;
  /** After a start that was executed. */
  readonly incarnation?: Incarnation | undefined;
  readonly journal: JournalMark;
}

export interface Goodbye {
  readonly code: string;
  readonly message: string;
  /** Absent: the agent's own backoff. */
  readonly retryAfterMs?: number | undefined;
}

export interface ConfirmRequest {
  readonly orderId: OrderId;
  readonly epoch: Epoch;
  readonly bootId: BootId;
  readonly nonce: Nonce;
}

/** Everything of a yes that the signature covers. */
export interface Yes {
  readonly orderId: OrderId;
  readonly epoch: Epoch;
  readonly bootId: BootId;
  readonly nonce: Nonce;
}

export interface SignedYes extends Yes {
  /** Ed25519 over `yesBytes`, 64 bytes. */
  readonly signature: Uint8Array;
}

export interface No {
  readonly code: string;
  readonly message: string;
}

export type ConfirmReply =
  { readonly kind: 'yes'; readonly yes: SignedYes } | { readonly kind: 'no'; readonly no: No };
