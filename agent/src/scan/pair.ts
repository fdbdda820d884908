// Brings together what the store believes and what really runs, by uid and nothing else: a pid that a record notes is not
// read, since it goes stale with every start. Pure.
//
//   two-uids          the runtime keeps the records (labels), and its own identity of the object is another one. Both uids
//                     get a row. Elsewhere the same fault shows as a record without object and an object without record.
//   uid-twice         two records, or two objects, or two quarantined servos bear one uid
//   quarantined-runs  it was quarantined here, and something with its uid runs: started by hand, or never quite stopped
//   no-record         it runs, and the store does not know it
//   no-object         the store knows it, and nothing runs; neither incarnation nor runtime id are known then ("none")
//
// Where several apply, the one that stands first here is reported; each of them alone keeps the servo from automatic acts.
// A quarantined servo of which nothing runs has a row of its own, under the incarnation that was stopped, and no contradiction.
import {
  parseId,
  type Incarnation,
  type ProjectId,
  type RuntimeId,
  type ServoUid,
} from '@servo-auditor/proto/ids.ts';
import type { Contradiction, ServoState } from '@servo-auditor/proto/wire.ts';
import type { Quarantined } from './facts.ts';
import type { RuntimeObject } from './runtime/port.ts';
import type { StoreRecord } from './store/port.ts';

/** One row of the inventory, before it is measured. */
export interface Pair {
  readonly uid: ServoUid;
  readonly incarnation: Incarnation;
  readonly runtimeId: RuntimeId;
  readonly project: ProjectId | undefined;
  readonly state: ServoState;
  readonly contradiction: Contradiction;
  readonly object: RuntimeObject | undefined;
  readonly record: StoreRecord | undefined;
}

const noIncarnation = parseId('incarnation', 'none');
const noRuntimeId = parseId('runtime id', 'none');

/** Everything that bears one uid. */
interface Bearers {
  readonly records: StoreRecord[];
  readonly objects: RuntimeObject[];
  readonly quarantined: Quarantined[];
}

/** A row for everything that either side shows; no two rows have the same uid, incarnation and runtime id. */
export function pair(
  records: readonly StoreRecord[],
  objects: readonly RuntimeObject[],
  quarantined: readonly Quarantined[],
): readonly Pair[] {
  const rows = new Map<string, Pair>();
  const add = (row: Pair) => {
    const key = `${row.uid} ${row.incarnation} ${row.runtimeId}`;
    if (!rows.has(key)) rows.set(key, row);
  };
  for (const row of twoUids(records, objects)) add(row);
  for (const [uid, bearers] of byUid(records, objects, quarantined)) {
    if (bearers.objects.length > 0) for (const object of bearers.objects) add(running(uid, object, bearers));
    else if (bearers.quarantined.length > 0) for (const q of bearers.quarantined) add(kept(q, bearers));
    // A record that the runtime keeps has an object, which has its row already.
    else
      for (const record of bearers.records) if (record.of === undefined) add(stopped(uid, record, bearers));
  }
  return [...rows.values()];
}

function byUid(
  records: readonly StoreRecord[],
  objects: readonly RuntimeObject[],
  quarantined: readonly Quarantined[],
): ReadonlyMap<ServoUid, Bearers> {
  const all = new Map<ServoUid, Bearers>();
  const of = (uid: ServoUid): Bearers => {
    let bearers = all.get(uid);
    if (bearers === undefined) all.set(uid, (bearers = { records: [], objects: [], quarantined: [] }));
    return bearers;
  };
  for (const record of records) of(record.uid).records.push(record);
  for (const object of objects) of(object.uid).objects.push(object);
  for (const q of quarantined) of(q.uid).quarantined.push(q);
  return all;
}

/** Two rows for each object whose own record names another uid than the runtime does. */
function* twoUids(records: readonly StoreRecord[], objects: readonly RuntimeObject[]): Generator<Pair> {
  const byId = new Map(objects.map((object) => [object.runtimeId, object]));
  for (const record of records) {
    const object = record.of === undefined ? undefined : byId.get(record.of);
    if (object === undefined || object.uid === record.uid) continue;
    for (const uid of [object.uid, record.uid]) yield rowOf(uid, object, record, 'two-uids');
  }
}

function running(uid: ServoUid, object: RuntimeObject, bearers: Bearers): Pair {
  const own =
    bearers.records.find((r) => r.of === object.runtimeId) ?? bearers.records.find((r) => r.of === undefined);
  if (isTwice(bearers)) return rowOf(uid, object, own, 'uid-twice');
  if (bearers.quarantined.length > 0) return rowOf(uid, object, own, 'quarantined-runs');
  return rowOf(uid, object, own, own === undefined ? 'no-record' : 'none');
}

function rowOf(
  uid: ServoUid,
  object: RuntimeObject,
  record: StoreRecord | undefined,
  contradiction: Contradiction,
): Pair {
  const { incarnation, runtimeId } = object;
  return {
    uid,
    incarnation,
    runtimeId,
    project: record?.project,
    state: 'running',
    contradiction,
    object,
    record,
  };
}

function kept(q: Quarantined, bearers: Bearers): Pair {
  const [record] = bearers.records;
  const { uid, incarnation, runtimeId } = q;
  const contradiction = isTwice(bearers) ? 'uid-twice' : 'none';
  return {
    uid,
    incarnation,
    runtimeId,
    project: q.project ?? record?.project,
    state: 'quarantined',
    contradiction,
    object: undefined,
    record,
  };
}

function stopped(uid: ServoUid, record: StoreRecord, bearers: Bearers): Pair {
  return {
    uid,
    incarnation: noIncarnation,
    runtimeId: noRuntimeId,
    project: record.project,
    state: 'stopped',
    contradiction: isTwice(bearers) ? 'uid-twice' : 'no-object',
    object: undefined,
    record,
  };
}

function isTwice({ records, objects, quarantined }: Bearers): boolean {
  return records.length > 1 || objects.length > 1 || quarantined.length > 1;
}
