// From what a host sends to what is held of it: rows become columns, and what is known of an incarnation (since when it was
// seen, who vouched for it) is carried from one inventory to the next.
import type { Digest, Incarnation, ReaderVersion, ServoUid } from '@servo-auditor/proto/ids.ts';
import type { Servo, ServoChange } from '@servo-auditor/proto/wire.ts';
import { activities, contradictions, servoStates, type Inventory, type Problem } from '../domain/servo.ts';
import type { Tables } from './claims.ts';

/** An inventory with what is known of each row. */
export interface Carried {
  readonly inventory: Inventory;
  readonly firstSeenMs: Float64Array;
  readonly vouched: Uint8Array;
}

/** What tells one incarnation of a servo from all others of its host. Ids hold no blanks. */
export function identityKey(uid: ServoUid, incarnation: Incarnation): string {
  return `${uid} ${incarnation}`;
}

/** The columns of an inventory. Rows must be in canonical order. */
export function inventoryOf(
  servos: readonly Servo[],
  digest: Digest,
  problems: readonly Problem[],
  { uids, projects }: Tables,
): Inventory {
  const count = servos.length;
  // One allocation for all columns: with fifty servos a host, the heads of six would outweigh what they hold.
  const bytes = new ArrayBuffer(count * 15);
  const uidIndex = new Int32Array(bytes, 0, count);
  const cpuPermille = new Int32Array(bytes, count * 4, count);
  const connections = new Int32Array(bytes, count * 8, count);
  const contradiction = new Uint8Array(bytes, count * 12, count);
  const state = new Uint8Array(bytes, count * 13, count);
  const activity = new Uint8Array(bytes, count * 14, count);
  servos.forEach((servo, row) => {
    uidIndex[row] = uids.add(servo.uid);
    cpuPermille[row] = servo.cpuPermille ?? -1;
    connections[row] = servo.connections ?? -1;
    contradiction[row] = contradictions.indexOf(servo.contradiction);
    state[row] = servoStates.indexOf(servo.state);
    activity[row] = activities.indexOf(servo.activity);
  });
  return {
    digest,
    count,
    problems,
    uid: servos.map((_, row) => uids.at(uidIndex[row] as number)),
    uidIndex,
    incarnation: servos.map((s) => s.incarnation),
    runtimeId: servos.map((s) => s.runtimeId),
    project: servos.map((s) => (s.project === undefined ? undefined : projects.share(s.project))),
    contradiction,
    state,
    activity,
    cpuPermille,
    connections,
  };
}

/** The inventory after state changes. Undefined: one of them names a row that is not there. */
export function changed(inventory: Inventory, changes: readonly ServoChange[]): Inventory | undefined {
  if (changes.length === 0) return inventory;
  if (changes.some((change) => change.index >= inventory.count)) return undefined;
  const state = inventory.state.slice();
  const activity = inventory.activity.slice();
  const cpuPermille = inventory.cpuPermille.slice();
  const connections = inventory.connections.slice();
  for (const change of changes) {
    state[change.index] = servoStates.indexOf(change.state);
    activity[change.index] = activities.indexOf(change.activity);
    cpuPermille[change.index] = change.cpuPermille ?? -1;
    connections[change.index] = change.connections ?? -1;
  }
  return { ...inventory, state, activity, cpuPermille, connections };
}

/** What became of the rows from one inventory of a host to the next. */
export interface Passage {
  /** Rows of the next one whose (uid, incarnation) was not in the last. */
  came(row: number): void;
  /** Rows of the last one whose (uid, incarnation) is not in the next. */
  went(row: number): void;
}

/** Carries what is known of each (uid, incarnation) into the next inventory, and tells what came and what went. */
export function carry(
  last: Carried | undefined,
  next: Inventory,
  nowMs: number,
  passage: Passage,
): Pick<Carried, 'firstSeenMs' | 'vouched'> {
  const firstSeenMs = new Float64Array(next.count).fill(nowMs);
  const vouched = new Uint8Array(next.count);
  if (last === undefined) {
    for (let row = 0; row < next.count; row++) passage.came(row);
    return { firstSeenMs, vouched };
  }
  const before = last.inventory;
  let at = 0;
  let row = 0;
  while (at < before.count || row < next.count) {
    const order = at >= before.count ? 1 : row >= next.count ? -1 : compareIdentity(before, at, next, row);
    if (order < 0) {
      // Two rows of one identity are one: it went only if the next inventory has none.
      if (row === 0 || compareIdentity(before, at, next, row - 1) !== 0) passage.went(at);
      at++;
    } else if (order > 0) {
      if (at === 0 || compareIdentity(before, at - 1, next, row) !== 0) passage.came(row);
      else keep(last, at - 1, row);
      row++;
    } else {
      keep(last, at, row);
      at++;
      row++;
    }
  }
  return { firstSeenMs, vouched };

  function keep(from: Carried, old: number, now: number): void {
    firstSeenMs[now] = from.firstSeenMs[old] ?? nowMs;
    vouched[now] = from.vouched[old] ?? 0;
  }
}

/** By uid, then incarnation: the order of an inventory, without the runtime id. */
function compareIdentity(a: Inventory, i: number, b: Inventory, j: number): number {
  const uid = a.uid[i] as ServoUid;
  const other = b.uid[j] as ServoUid;
  if (uid !== other) return uid < other ? -1 : 1;
  const incarnation = a.incarnation[i] as Incarnation;
  const otherIncarnation = b.incarnation[j] as Incarnation;
  return incarnation === otherIncarnation ? 0 : incarnation < otherIncarnation ? -1 : 1;
}

/** Rows with this uid, from the first to before the last; empty where there is none. */
export function rowsOf(
  { uid, count }: Pick<Inventory, 'uid' | 'count'>,
  wanted: ServoUid,
): { readonly from: number; readonly to: number } {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((uid[middle] as ServoUid) < wanted) low = middle + 1;
    else high = middle;
  }
  let to = low;
  while (to < count && uid[to] === wanted) to++;
  return { from: low, to };
}

/** Row of exactly this servo, -1 where it is not. */
export function rowOf(inventory: Inventory, uid: ServoUid, incarnation: Incarnation): number {
  const { from, to } = rowsOf(inventory, uid);
  for (let row = from; row < to; row++) if (inventory.incarnation[row] === incarnation) return row;
  return -1;
}

/** What an earlier reader made of a host. */
export interface Reading {
  readonly readerVersion: ReaderVersion;
  readonly inheritsFrom: ReaderVersion | undefined;
  readonly inventory: Inventory;
}

/**
 * The reader version that a host's reader inherits from: every runtime object that both inventories show has the same uid and
 * incarnation in both, and at least one is in both. Undefined: it must earn its own trust.
 */
export function inheritance(before: Reading, next: Inventory): ReaderVersion | undefined {
  const rows = new Map<string, number>();
  const { inventory } = before;
  inventory.runtimeId.forEach((id, row) => {
    if (id !== noRuntimeObject) rows.set(id, row);
  });
  let both = 0;
  for (let row = 0; row < next.count; row++) {
    const old = rows.get(next.runtimeId[row] as string);
    if (old === undefined) continue;
    both++;
    if (compareIdentity(inventory, old, next, row) !== 0) return undefined;
  }
  return both > 0 ? (before.inheritsFrom ?? before.readerVersion) : undefined;
}

/** What the wire says in place of a runtime id where there is no object. */
const noRuntimeObject = 'none';
