// What happens in a simulated world, told in order: what is true, what fails, and what the product did. The oracle reads nothing
// else, so whatever it must know stands here, and nothing of it is taken from what the product believes.
//
// Must stay true:
//   - `atMs` is true time: milliseconds since the world began, on no machine's clock. It never goes back from event to event.
//   - A claim is what the platform committed at a witness. A fault that makes a witness answer otherwise (empty, truncated,
//     stale, restored-old) changes no claim. A row that the platform truly loses is `claim.withdrawn` with how: 'lost'.
//   - Each event is told when it has happened: what is `durable` or `committed` when the write has returned, what is `sent` when it
//     goes out (whatever the network makes of it), what is `executed` by the hand that did it.
import type {
  BootId,
  CellId,
  CoordinatorId,
  Digest,
  Generation,
  HostId,
  Incarnation,
  Nonce,
  OrderId,
  ProjectId,
  ReaderVersion,
  ServoUid,
  SourceId,
  WitnessId,
} from '@servo-auditor/proto/ids.ts';
import type { HoldScope, Mode } from '../../coordinator/src/domain/operator.ts';
import type { ReceiptOutcome } from '../../coordinator/src/domain/order.ts';
import type { ActionGate, EvidenceGate, Verdict } from '../../coordinator/src/domain/verdict.ts';

export type Gate = EvidenceGate | ActionGate;

/** Every kind of fault that a world may have. */
export const faults = [
  'loss',
  'duplication',
  'delay',
  'reordering',
  'one-way-partition',
  'partition',
  'agent-crash',
  'coordinator-crash',
  'agent-pause',
  'coordinator-pause',
  'torn-write',
  'lost-write',
  'full-disk',
  'clock-jump',
  'clock-drift',
  'witness-empty',
  'witness-truncated',
  'witness-stale',
  'witness-restored-old',
  'witness-failing',
  'witness-slow',
  'misread',
  'mixed-versions',
  'broken-item',
  'host-crash',
  'host-reimaged',
  'host-restored',
  'host-renamed',
] as const;
export type Fault = (typeof faults)[number];

/** One servo of truth: this very incarnation, on this host. `uid` is its true one, whatever its host shows. */
export interface Servo {
  readonly host: HostId;
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
}

/** A claim's place: a witness says at most one thing of (uid, host). */
export interface ClaimKey {
  readonly witness: WitnessId;
  readonly uid: ServoUid;
  /** Absent: every copy. */
  readonly host: HostId | undefined;
}

/** What the world is made of. Told before anything happens, and when it changes. */
type Made =
  | {
      readonly kind: 'witness.configured';
      readonly witness: WitnessId;
      readonly source: SourceId;
      readonly authority: boolean;
      readonly lookup: boolean;
      /** Offers condemn. */
      readonly condemns: boolean;
    }
  | {
      readonly kind: 'host.enrolled';
      readonly host: HostId;
      readonly cell: CellId;
      readonly generation: Generation;
    }
  | { readonly kind: 'host.retired'; readonly host: HostId }
  /** Its own configuration allows that what was quarantined there is destroyed. */
  | { readonly kind: 'host.allowsDestroy'; readonly host: HostId }
  /** Down: no process of it runs, servos included (each is told as gone or created anew by itself). */
  | { readonly kind: 'host.crashed'; readonly host: HostId }
  | { readonly kind: 'host.booted'; readonly host: HostId; readonly boot: BootId }
  /** Its disk is new: journal, hold files and quarantine are gone. */
  | { readonly kind: 'host.reimaged'; readonly host: HostId }
  /** Its disk, journal included, went back to what it was at `toMs`. */
  | { readonly kind: 'host.restored'; readonly host: HostId; readonly toMs: number }
  | { readonly kind: 'host.renamed'; readonly host: HostId; readonly to: HostId }
  /** By which reader its agent reads from now on. */
  | { readonly kind: 'host.reads'; readonly host: HostId; readonly readerVersion: ReaderVersion };

/** What is true of servos and of who uses them. */
type True =
  | ({
      readonly kind: 'servo.created';
      readonly project: ProjectId;
      /** Whether an agent can tell that it is idle: false for one whose activity the runtime cannot tell. */
      readonly measurable: boolean;
      /** Stopping it deletes nothing and it can be started again. */
      readonly keepable: boolean;
    } & Servo)
  /** The platform knows it by another uid from now on; its host shows it as before. */
  | ({ readonly kind: 'servo.renamed'; readonly to: ServoUid } & Servo)
  /** How its host shows its uid from now on, where that is not the true one; undefined: it is not shown at all. */
  | ({ readonly kind: 'servo.spelled'; readonly as: ServoUid | undefined } & Servo)
  /** Store and runtime of its host disagree about it from now on, or no more. */
  | ({ readonly kind: 'servo.contradicted'; readonly contradicted: boolean } & Servo)
  /** It serves or works from now on, or no more. */
  | ({ readonly kind: 'servo.used'; readonly used: boolean } & Servo)
  /** It exists no more, by whatever hand but the auditor's. */
  | ({ readonly kind: 'servo.gone' } & Servo)
  | ({
      readonly kind: 'claim.committed';
      readonly incarnation: Incarnation | undefined;
      readonly project: ProjectId;
      readonly version: number;
    } & ClaimKey)
  | ({
      readonly kind: 'claim.withdrawn';
      readonly version: number;
      readonly how: 'released' | 'lost';
    } & ClaimKey)
  | ({
      readonly kind: 'tombstone.committed';
      readonly incarnation: Incarnation | undefined;
      readonly project: ProjectId;
      /** The whole project is released. */
      readonly projectReleased: boolean;
      readonly version: number;
    } & ClaimKey)
  | ({ readonly kind: 'tombstone.removed' } & ClaimKey)
  /** An item of a host's store cannot be read, or can be again. */
  | { readonly kind: 'item.broken'; readonly host: HostId; readonly path: string }
  | { readonly kind: 'item.mended'; readonly host: HostId; readonly path: string }
  /** A hold file on the host. Without a uid: for all its servos. */
  | { readonly kind: 'local.held'; readonly host: HostId; readonly uid: ServoUid | undefined }
  | { readonly kind: 'local.released'; readonly host: HostId; readonly uid: ServoUid | undefined };

/** Whom a fault hits. */
export type Subject =
  | { readonly kind: 'host'; readonly host: HostId }
  | { readonly kind: 'coordinator'; readonly coordinator: CoordinatorId }
  | { readonly kind: 'witness'; readonly witness: WitnessId }
  | { readonly kind: 'everybody' };

type Failing =
  /** `id` is the world's own number of this fault. A fault of one moment ends right after it began. */
  | {
      readonly kind: 'fault.began';
      readonly id: number;
      readonly fault: Fault;
      readonly subject: Subject;
      /** For people: with its numbers. */
      readonly detail: string;
    }
  | { readonly kind: 'fault.ended'; readonly id: number; readonly fault: Fault }
  | { readonly kind: 'agent.started'; readonly host: HostId }
  | { readonly kind: 'agent.crashed'; readonly host: HostId }
  | { readonly kind: 'agent.paused'; readonly host: HostId }
  | { readonly kind: 'agent.resumed'; readonly host: HostId }
  | { readonly kind: 'coordinator.crashed'; readonly coordinator: CoordinatorId }
  | { readonly kind: 'coordinator.paused'; readonly coordinator: CoordinatorId }
  | { readonly kind: 'coordinator.resumed'; readonly coordinator: CoordinatorId };

/** One row of an inventory as the coordinator took it. */
export interface Reported {
  /** As the host shows it. */
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly running: boolean;
}

/** What a coordinator heard and read. */
type Heard =
  /** It leads these cells from now on, under this epoch. */
  | {
      readonly kind: 'lead.taken';
      readonly coordinator: CoordinatorId;
      readonly cells: readonly CellId[];
      readonly epoch: number;
    }
  /** The agent accepted a welcome. */
  | { readonly kind: 'agent.welcomed'; readonly host: HostId; readonly epoch: number }
  /** Two with its id, or a journal that went back: whoever leads under this epoch knows it from now on. */
  | {
      readonly kind: 'contest.found';
      readonly host: HostId;
      readonly epoch: number;
      readonly why: string;
    }
  /** It is written: no orders from anybody until an operator accepts. */
  | { readonly kind: 'host.contested'; readonly host: HostId; readonly why: string }
  | {
      readonly kind: 'heartbeat.heard';
      readonly host: HostId;
      readonly boot: BootId;
      readonly epoch: number;
      /** As rounds of evidence cite it. */
      readonly number: number;
      readonly nonce: Nonce;
      /** When the coordinator sent that nonce (true time). */
      readonly askedMs: number;
      readonly digest: Digest;
    }
  /** A full inventory was taken; the heartbeat that it came with is told by itself. */
  | {
      readonly kind: 'inventory.taken';
      readonly host: HostId;
      readonly boot: BootId;
      readonly epoch: number;
      readonly digest: Digest;
      readonly problems: number;
      readonly servos: readonly Reported[];
    }
  /** One reading of one witness, told at its end. */
  | {
      readonly kind: 'witness.read';
      readonly epoch: number;
      readonly witness: WitnessId;
      /** True time at which it began. */
      readonly beganMs: number;
      readonly outcome: 'accepted' | 'waiting' | 'failed';
      /** As rounds cite it, and the version of its data; of an accepted one. */
      readonly number: number | undefined;
      readonly version: number | undefined;
      readonly claims: number | undefined;
    };

/** One round of evidence as an order cites it. */
export interface CitedRound {
  readonly boot: BootId;
  readonly epoch: number;
  readonly heartbeat: number;
  readonly snapshots: readonly { readonly witness: WitnessId; readonly number: number }[];
}

/** What a coordinator decided, and made durable. */
type Decided =
  /** A pass over one cell ended: how many servos each gate refused, and what it made of them. */
  | {
      readonly kind: 'pass.ended';
      readonly coordinator: CoordinatorId;
      readonly cell: CellId;
      readonly epoch: number;
      readonly refusals: readonly (readonly [Gate, number])[];
      readonly verdicts: Readonly<Record<Verdict, number>>;
      /** Cohort kinds whose budget refused. */
      readonly full: readonly string[];
      /** Findings of `check`: the plan was void. */
      readonly findings: number;
    }
  | {
      readonly kind: 'order.durable';
      readonly order: OrderId;
      readonly action: 'stop' | 'start' | 'destroy';
      readonly epoch: number;
      readonly host: HostId;
      readonly cell: CellId;
      readonly generation: Generation;
      /** As the host shows it. */
      readonly uid: ServoUid;
      readonly incarnation: Incarnation;
      readonly project: ProjectId | undefined;
      readonly rounds: readonly CitedRound[];
      /** Only possible by an approval. */
      readonly approved: boolean;
      /** Those who ordered it by hand, skipping the evidence; empty: decided from evidence. */
      readonly byHand: readonly string[];
      /** A start that no operator asked for. */
      readonly automatic: boolean;
    }
  | { readonly kind: 'order.closing'; readonly order: OrderId; readonly epoch: number }
  | { readonly kind: 'breaker.opened'; readonly cohort: string }
  /** A decision was appended to the audit chain. */
  | { readonly kind: 'audit.appended'; readonly version: number; readonly hash: Digest }
  /** The whole chain was walked: after a crash, and at the end. */
  | {
      readonly kind: 'audit.verified';
      readonly entries: number;
      readonly hash: Digest;
      readonly firstBroken: number | undefined;
    }
  /** The database went back to an older copy, or a new one was begun. */
  | { readonly kind: 'state.rewound'; readonly toVersion: number };

/** What operators did, when it was committed. */
type Operated =
  /** `untilMs`: true time before which it cannot end by itself; undefined: until it is released. */
  | {
      readonly kind: 'hold.set';
      readonly id: number;
      readonly scope: HoldScope;
      readonly untilMs: number | undefined;
    }
  | { readonly kind: 'hold.released'; readonly id: number }
  | { readonly kind: 'freeze.set' }
  | { readonly kind: 'freeze.lifted' }
  | {
      readonly kind: 'mode.set';
      readonly cell: CellId;
      readonly generation: Generation;
      readonly mode: Mode;
    }
  /** The auditor certified it up to this mode, or took that back (observe). */
  | {
      readonly kind: 'certified';
      readonly cell: CellId;
      readonly generation: Generation;
      readonly readerVersion: ReaderVersion;
      readonly mode: Mode;
    }
  | { readonly kind: 'breaker.closed'; readonly cohort: string }
  | {
      readonly kind: 'approved';
      readonly servos: readonly { readonly uid: ServoUid; readonly incarnation: Incarnation }[];
    }
  /** Any other act, by its stable name (`witness.accepted`, `host.accepted`, `item.acknowledged`, `restore.ordered`, ...). */
  | { readonly kind: 'operator.acted'; readonly act: string; readonly about: string };

/** An order's way out, its last question, what was done, and the way back. */
type Done =
  | {
      readonly kind: 'order.sent';
      readonly order: OrderId;
      readonly epoch: number;
      readonly host: HostId;
    }
  /** The agent asks: from here its yes ages. */
  | { readonly kind: 'question.asked'; readonly order: OrderId; readonly host: HostId; readonly nonce: Nonce }
  /** One look-up of a single uid for that question (or for a control), told at its end. */
  | {
      readonly kind: 'lookup.answered';
      readonly order: OrderId;
      readonly witness: WitnessId;
      readonly uid: ServoUid;
      readonly beganMs: number;
      readonly answer: 'claimed' | 'not-claimed' | 'failed';
      /** What the claims in the answer name as their hosts; it may be as old as the witness is. */
      readonly hosts: readonly (HostId | undefined)[];
      readonly control: boolean;
    }
  | { readonly kind: 'condemned'; readonly order: OrderId; readonly uid: ServoUid; readonly epoch: number }
  | { readonly kind: 'absolved'; readonly order: OrderId; readonly uid: ServoUid }
  /** The fenced transaction: charged, possibly executed from here on. */
  | { readonly kind: 'yes.committed'; readonly order: OrderId; readonly epoch: number }
  | { readonly kind: 'yes.sent'; readonly order: OrderId; readonly nonce: Nonce; readonly epoch: number }
  | { readonly kind: 'no.sent'; readonly order: OrderId; readonly code: string }
  /** The agent has the answer to its question. */
  | {
      readonly kind: 'question.answered';
      readonly order: OrderId;
      readonly host: HostId;
      readonly yes: boolean;
    }
  /** Its journal holds this on the disk: what a crash leaves. */
  | {
      readonly kind: 'journal.durable';
      readonly host: HostId;
      readonly order: OrderId;
      readonly entry: 'intent' | 'outcome' | 'closed';
    }
  /** The agent's hand begins: nothing is checked any more. `order` undefined: by an operator on the host. */
  | ({ readonly kind: 'stop.began'; readonly order: OrderId } & Servo)
  /** The servo stands still, whole. */
  | ({ readonly kind: 'stop.executed'; readonly order: OrderId } & Servo)
  /** `servo` is the one that was started again; it is told as created by itself, before this. */
  | ({
      readonly kind: 'start.executed';
      readonly order: OrderId | undefined;
      /** What it was when it was stopped. */
      readonly was: Incarnation;
    } & Servo)
  | ({ readonly kind: 'destroy.executed'; readonly order: OrderId } & Servo)
  /** The agent would not: `code` as in the receipt. */
  | { readonly kind: 'agent.refused'; readonly host: HostId; readonly order: OrderId; readonly code: string }
  | {
      readonly kind: 'receipt.sent';
      readonly host: HostId;
      readonly order: OrderId;
      readonly outcome: ReceiptOutcome;
    }
  /** Committed by the coordinator. */
  | { readonly kind: 'receipt.accepted'; readonly order: OrderId; readonly outcome: ReceiptOutcome }
  | { readonly kind: 'receipt.acknowledged'; readonly order: OrderId }
  /** Somebody tried, on the host and with no coordinator, to start what was stopped there. */
  | ({ readonly kind: 'undo.tried'; readonly done: boolean; readonly why: string } & Servo)
  /** The world ends here, after every fault was over for `calmMs`. */
  | { readonly kind: 'world.ended'; readonly calmMs: number };

export type Happening = Made | True | Failing | Heard | Decided | Operated | Done;

/** One event: what happened, and when it truly did. */
export type WorldEvent = Happening & { readonly atMs: number };

export type Kind = Happening['kind'];

/** The event of one kind. */
export type Told<K extends Kind> = Extract<WorldEvent, { readonly kind: K }>;
