import * as fc from 'fast-check';
import t from 'tap';
import { compareServos } from '@servo-auditor/proto/canonical.ts';
import type { Inventory } from '../../../coordinator/src/domain/servo.ts';
import {
  carry,
  changed,
  inheritance,
  inventoryOf,
  rowOf,
  rowsOf,
  type Carried,
} from '../../../coordinator/src/fold/inventory.ts';
import { NameTable } from '../../../coordinator/src/fold/uids.ts';
import { digest, otherReader, readerVersion } from '../../support/build.ts';
import { aServo, servoUid, type Row } from '../../support/fleet.ts';

const tables = {
  uids: new NameTable<never>(),
  hosts: new NameTable<never>(),
  projects: new NameTable<never>(),
};
const of = (rows: readonly Row[]): Inventory =>
  inventoryOf(rows.map(aServo).toSorted(compareServos), digest, [], tables);

t.test('rows become columns', (t) => {
  const inventory = of([
    { uid: 'b', project: 'p', state: 'stopped', contradiction: 'no-object' },
    { uid: 'a', project: 'p' },
  ]);
  t.strictSame(inventory.uid, ['a', 'b']);
  t.strictSame([...inventory.state], [0, 1]);
  t.strictSame([...inventory.contradiction], [0, 1]);
  t.strictSame(inventory.project, ['p', 'p']);
  t.equal(inventory.count, 2);
  t.equal(inventory.uidIndex[1], tables.uids.find('b'));
  const { cpuPermille, connections, ...bare } = aServo({ uid: 'c' });
  t.strictSame([cpuPermille, connections], [0, 0]);
  const unknown = inventoryOf([bare], digest, [], tables);
  t.strictSame([...unknown.cpuPermille, ...unknown.connections], [-1, -1]);
  t.end();
});

t.test('state changes make a new inventory of the same rows', (t) => {
  const inventory = of([{ uid: 'a' }, { uid: 'b' }]);
  const next = changed(inventory, [{ index: 1, state: 'quarantined', activity: 'unknown', cpuPermille: 7 }]);
  t.strictSame([...(next?.state ?? [])], [0, 2]);
  t.strictSame([...(next?.activity ?? [])], [1, 3]);
  t.strictSame([...(next?.cpuPermille ?? [])], [0, 7]);
  t.strictSame([...(next?.connections ?? [])], [0, -1]);
  t.strictSame([...inventory.state], [0, 0], 'the old one is what it was');
  t.equal(next?.uidIndex, inventory.uidIndex);
  t.equal(changed(inventory, [{ index: 2, state: 'running', activity: 'quiet' }]), undefined);
  t.equal(changed(inventory, []), inventory);
  t.end();
});

t.test(
  'what is known of an incarnation is carried to its next inventory, whatever else comes and goes',
  (t) => {
    const row = fc.record({
      uid: fc.constantFrom('a', 'b', 'c', 'd'),
      incarnation: fc.constantFrom('i1', 'i2'),
      runtimeId: fc.constantFrom('r1', 'r2'),
    });
    const rows = fc.uniqueArray(row, {
      selector: (r) => `${r.uid} ${r.incarnation} ${r.runtimeId}`,
      maxLength: 8,
    });
    fc.assert(
      fc.property(rows, rows, (before, after) => {
        const key = (i: Inventory, at: number): string => `${i.uid[at]} ${i.incarnation[at]}`;
        const old = of(before);
        const keys = [...new Set(before.map((r) => `${r.uid} ${r.incarnation}`))];
        const last: Carried = {
          inventory: old,
          firstSeenMs: Float64Array.from(old.uid, (_, at) => keys.indexOf(key(old, at))),
          vouched: Uint8Array.from(old.uid, (_, at) => keys.indexOf(key(old, at)) + 1),
        };
        const next = of(after);
        const came = new Set<string>();
        const went = new Set<string>();
        const carried = carry(last, next, 1000, {
          came: (at) => came.add(key(next, at)),
          went: (at) => went.add(key(old, at)),
        });
        const now = new Set(after.map((r) => `${r.uid} ${r.incarnation}`));
        for (let at = 0; at < next.count; at++) {
          const was = keys.indexOf(key(next, at));
          if (carried.firstSeenMs[at] !== (was < 0 ? 1000 : was)) throw new Error(`seen ${key(next, at)}`);
          if (carried.vouched[at] !== was + 1) throw new Error(`vouched ${key(next, at)}`);
        }
        const gone = keys.filter((k) => !now.has(k)).toSorted();
        const fresh = [...now].filter((k) => !keys.includes(k)).toSorted();
        if ([...went].toSorted().join() !== gone.join())
          throw new Error(`went ${[...went].join()}, not ${gone.join()}`);
        if ([...came].toSorted().join() !== fresh.join())
          throw new Error(`came ${[...came].join()}, not ${fresh.join()}`);
      }),
    );
    t.pass();
    t.end();
  },
);

t.test('rows are found by uid', (t) => {
  const inventory = of([
    { uid: 'a' },
    { uid: 'b', incarnation: 'i1' },
    { uid: 'b', incarnation: 'i2' },
    { uid: 'd' },
  ]);
  t.strictSame(rowsOf(inventory, servoUid('b')), { from: 1, to: 3 });
  t.strictSame(rowsOf(inventory, servoUid('c')), { from: 3, to: 3 });
  t.strictSame(rowsOf(inventory, servoUid('z')), { from: 4, to: 4 });
  t.equal(rowOf(inventory, servoUid('b'), aServo({ uid: 'b', incarnation: 'i2' }).incarnation), 2);
  t.equal(rowOf(inventory, servoUid('a'), aServo({ uid: 'a', incarnation: 'i2' }).incarnation), -1);
  t.end();
});

t.test('a reader inherits where every runtime object is read as before', (t) => {
  const before = (rows: readonly Row[], inheritsFrom?: typeof readerVersion) => ({
    readerVersion,
    inheritsFrom,
    inventory: of(rows),
  });
  const a = { uid: 'a', runtimeId: 'r1' };
  const b = { uid: 'b', runtimeId: 'r2' };
  t.equal(inheritance(before([a, b]), of([a, { uid: 'new', runtimeId: 'r3' }])), readerVersion);
  t.equal(inheritance(before([a, b], otherReader), of([a])), otherReader, 'from the one that was certified');
  t.equal(inheritance(before([a, b]), of([a, { ...b, uid: 'B' }])), undefined);
  t.equal(inheritance(before([a, b]), of([a, { ...b, incarnation: 'other' }])), undefined);
  t.equal(inheritance(before([a]), of([b])), undefined, 'nothing is in both');
  const none = { uid: 'a', runtimeId: 'none' };
  t.equal(inheritance(before([none]), of([none])), undefined, 'a record without object proves nothing');
  t.end();
});
