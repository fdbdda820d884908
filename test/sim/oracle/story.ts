// One good story, told by hand: a servo is claimed, released, found to be an orphan by the rules, and stopped. Every invariant
// accepts it; a test bends one thing, and the invariant must say so.
import {
  parseId,
  type Digest,
  type HostId,
  type Incarnation,
  type ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Happening, Kind, Told, WorldEvent } from '../event.ts';
import type { InvariantId, Violation } from './court.ts';
import { Oracle } from './oracle.ts';
import { defaultSetting, type OracleSetting } from './setting.ts';

export const second = 1000;
export const minute = 60 * second;
export const hour = 60 * minute;
export const day = 24 * hour;

export const h1 = parseId('host', 'h1');
export const h2 = parseId('host', 'h2');
export const c1 = parseId('cell', 'c1');
export const registry = parseId('witness', 'registry');
export const router = parseId('witness', 'router');
export const generation = parseId('generation', 'sqlite/process');
export const reader = parseId('reader version', 'a'.repeat(64));
export const orphan = parseId('servo uid', 's1');
export const order1 = parseId('order', 'o1');
const k1 = parseId('coordinator', 'k1');
const boot = parseId('boot', 'h1-boot-1');
const nonce = parseId('nonce', '0'.repeat(32));

/** Servos of the host that stay claimed. */
export const live = ['k1', 'k2', 'k3', 'k4', 'k5'].map((name) => parseId('servo uid', name));
export const incarnationOf = (uid: ServoUid): Incarnation => parseId('incarnation', `i-${uid}`);
export const projectOf = (uid: ServoUid) => parseId('project', `p-${uid}`);
export const digestOf = (n: number): Digest => parseId('digest', n.toString(16).padStart(64, '0'));
export const servoOf = (uid: ServoUid, host: HostId = h1) => ({ host, uid, incarnation: incarnationOf(uid) });

export const at = (atMs: number, event: Happening): WorldEvent => ({ atMs, ...event });

const configured = (witness: typeof registry, authority: boolean, condemns = false): WorldEvent =>
  at(0, {
    kind: 'witness.configured',
    witness,
    source: parseId('source', witness),
    authority,
    lookup: true,
    condemns,
  });

export const created = (uid: ServoUid, atMs = 0, host = h1): WorldEvent =>
  at(atMs, {
    kind: 'servo.created',
    ...servoOf(uid, host),
    project: projectOf(uid),
    measurable: true,
    keepable: true,
  });

export const claimed = (uid: ServoUid, atMs = 0, host: HostId | undefined = h1): readonly WorldEvent[] =>
  [registry, router].map((witness) =>
    at(atMs, {
      kind: 'claim.committed',
      witness,
      uid,
      host,
      incarnation: undefined,
      project: projectOf(uid),
      version: 1,
    }),
  );

export const withdrawn = (
  uid: ServoUid,
  atMs: number,
  host: HostId | undefined = h1,
): readonly WorldEvent[] =>
  [registry, router].map((witness) =>
    at(atMs, { kind: 'claim.withdrawn', witness, uid, host, version: 2, how: 'released' }),
  );

/** A heartbeat of h1 that came at this time, and the snapshots of a pass that began right after it. */
export function round(number: number, atMs: number, host = h1): readonly WorldEvent[] {
  const read = (witness: typeof registry, n: number): WorldEvent =>
    at(atMs + 500, {
      kind: 'witness.read',
      epoch: 1,
      witness,
      beganMs: atMs + 100,
      outcome: 'accepted',
      number: number * 10 + n,
      version: number,
      claims: live.length,
    });
  return [
    at(atMs, {
      kind: 'heartbeat.heard',
      host,
      boot,
      epoch: 1,
      number,
      nonce,
      askedMs: atMs - 9000,
      digest: digestOf(1),
    }),
    read(registry, 1),
    read(router, 2),
    passed(atMs + 600),
  ];
}

export function passed(atMs: number): WorldEvent {
  return at(atMs, {
    kind: 'pass.ended',
    coordinator: k1,
    cell: c1,
    epoch: 1,
    refusals: [],
    verdicts: { live: 5, stray: 0, suspect: 0, orphan: 1, undecided: 0 },
    full: [],
    findings: 0,
  });
}

export const cite = (number: number) => ({
  boot,
  epoch: 1,
  heartbeat: number,
  snapshots: [
    { witness: registry, number: number * 10 + 1 },
    { witness: router, number: number * 10 + 2 },
  ],
});

export const inventory = (
  atMs: number,
  uids: readonly ServoUid[] = [...live, orphan],
  host = h1,
): WorldEvent =>
  at(atMs, {
    kind: 'inventory.taken',
    host,
    boot,
    epoch: 1,
    digest: digestOf(1),
    problems: 0,
    servos: uids.map((uid) => ({ uid, incarnation: incarnationOf(uid), running: true })),
  });

/** When the orphan's order is made. */
export const madeMs = 2 * hour + 20 * minute;

export function made(
  atMs = madeMs,
  order = order1,
  uid = orphan,
  cited: readonly number[] = [4, 5, 6],
): Told<'order.durable'> {
  return {
    atMs,
    kind: 'order.durable',
    order,
    action: 'stop',
    epoch: 1,
    host: h1,
    cell: c1,
    generation,
    uid,
    incarnation: incarnationOf(uid),
    project: projectOf(uid),
    rounds: cited.map(cite),
    approved: false,
    byHand: [],
    automatic: false,
  };
}

export const asked = (atMs: number, order = order1): WorldEvent =>
  at(atMs, { kind: 'question.asked', order, host: h1, nonce });

export function lookups(atMs: number, order = order1, uid = orphan): readonly WorldEvent[] {
  const look = (witness: typeof registry, of: ServoUid, control: boolean): WorldEvent =>
    at(atMs, {
      kind: 'lookup.answered',
      order,
      witness,
      uid: of,
      beganMs: atMs - 50,
      answer: control ? 'claimed' : 'not-claimed',
      hosts: control ? [h1] : [],
      control,
    });
  return [
    look(registry, uid, false),
    look(router, uid, false),
    ...live.slice(0, 3).map((of) => look(registry, of, true)),
  ];
}

/** From the question to the yes in the agent's hands. */
export function confirmed(atMs: number, order = order1, uid = orphan): readonly WorldEvent[] {
  return [
    asked(atMs, order),
    ...lookups(atMs + 100, order, uid),
    at(atMs + 150, { kind: 'yes.committed', order, epoch: 1 }),
    at(atMs + 160, { kind: 'yes.sent', order, nonce, epoch: 1 }),
    at(atMs + 200, { kind: 'question.answered', order, host: h1, yes: true }),
  ];
}

/** From the intent on the disk to the acknowledged receipt. */
export function executed(atMs: number, order = order1, uid = orphan): readonly WorldEvent[] {
  return [
    at(atMs, { kind: 'journal.durable', host: h1, order, entry: 'intent' }),
    at(atMs + 10, { kind: 'stop.began', order, ...servoOf(uid) }),
    at(atMs + 20, { kind: 'stop.executed', order, ...servoOf(uid) }),
    at(atMs + 30, { kind: 'journal.durable', host: h1, order, entry: 'outcome' }),
    at(atMs + 40, { kind: 'receipt.sent', host: h1, order, outcome: 'executed' }),
    at(atMs + 50, { kind: 'receipt.accepted', order, outcome: 'executed' }),
    at(atMs + 60, { kind: 'receipt.acknowledged', order }),
  ];
}

/** The world of the story, before anything of note happens: one host that is trusted, and its servos. */
export function beginning({ condemns = false } = {}): readonly WorldEvent[] {
  return [
    configured(registry, true, condemns),
    configured(router, false),
    at(0, { kind: 'host.enrolled', host: h1, cell: c1, generation }),
    at(0, { kind: 'host.reads', host: h1, readerVersion: reader }),
    at(0, { kind: 'lead.taken', coordinator: k1, cells: [c1], epoch: 1 }),
    at(0, { kind: 'agent.started', host: h1 }),
    at(0, { kind: 'agent.welcomed', host: h1, epoch: 1 }),
    at(0, { kind: 'mode.set', cell: c1, generation, mode: 'enforce' }),
    at(0, { kind: 'certified', cell: c1, generation, readerVersion: reader, mode: 'enforce' }),
    ...[...live, orphan].flatMap((uid) => [created(uid), ...claimed(uid)]),
    inventory(5 * second),
    ...round(1, 10 * second),
    ...round(2, 5 * minute),
    ...round(3, 10 * minute),
    ...round(30, 15 * minute),
  ];
}

/** The whole story: released at one hour, stopped at two and a third. */
export function story(options: { readonly condemns?: boolean } = {}): readonly WorldEvent[] {
  const { condemns = false } = options;
  const condemned = at(madeMs + second + 120, { kind: 'condemned', order: order1, uid: orphan, epoch: 1 });
  const confirming = confirmed(madeMs + second);
  return [
    ...beginning(options),
    ...withdrawn(orphan, hour),
    ...round(4, 2 * hour),
    ...round(5, 2 * hour + 10 * minute),
    ...round(6, madeMs - minute),
    made(),
    at(madeMs + 10, { kind: 'order.sent', order: order1, epoch: 1, host: h1 }),
    ...(condemns ? confirming.toSpliced(-3, 0, condemned) : confirming),
    ...executed(madeMs + second + 250),
    at(3 * hour, { kind: 'undo.tried', ...servoOf(orphan), done: true, why: '' }),
    at(3 * hour, { kind: 'world.ended', calmMs: 3 * hour }),
  ];
}

/** What the oracle says of a story, in the order of its times. */
export function judged(
  events: readonly WorldEvent[],
  setting: Partial<OracleSetting> = {},
): readonly Violation[] {
  const oracle = new Oracle({ ...defaultSetting, ...setting });
  return events.toSorted((a, b) => a.atMs - b.atMs).flatMap((event) => oracle.see(event));
}

/** The invariants that a story breaks, each once. */
export function broken(
  events: readonly WorldEvent[],
  setting: Partial<OracleSetting> = {},
): readonly InvariantId[] {
  return [...new Set(judged(events, setting).map((v) => v.invariant))];
}

/** The story with every event of a kind changed. Throws when there is none: then the test would prove nothing. */
export function bent<K extends Kind>(
  events: readonly WorldEvent[],
  kind: K,
  change: (event: Told<K>) => WorldEvent | readonly WorldEvent[],
): readonly WorldEvent[] {
  if (!events.some((event) => event.kind === kind)) throw new Error(`the story has no ${kind}`);
  return events.flatMap((event) => (event.kind === kind ? change(event as Told<K>) : event));
}

/** The story without the events of a kind. */
export function without(events: readonly WorldEvent[], kind: Kind): readonly WorldEvent[] {
  return bent(events, kind, () => []);
}
