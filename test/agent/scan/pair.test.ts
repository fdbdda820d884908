import * as fc from 'fast-check';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { pair } from '../../../agent/src/scan/pair.ts';
import type { Quarantined } from '../../../agent/src/scan/facts.ts';
import { object, record } from './support.ts';

const kept = (uid: string, pid: number): Quarantined => ({
  uid: parseId('servo uid', uid),
  incarnation: parseId('incarnation', `b:${pid}:1`),
  runtimeId: parseId('runtime id', `${pid}:1`),
  project: parseId('project', 'p-q'),
});
const labelled = (uid: string, pid: number) =>
  record(uid, { of: parseId('runtime id', `${pid}:1`), path: `/proc/${pid}` });
const shape = (...given: Parameters<typeof pair>) =>
  pair(...given).map((p) => `${p.uid} ${p.incarnation} ${p.state} ${p.contradiction}`);

t.test('record and object of one uid are one servo', async (t) => {
  t.strictSame(shape([record('u-1')], [object('u-1', 5)], []), ['u-1 b:5:1 running none']);
  t.match(pair([record('u-1')], [object('u-1', 5)], []), [
    { project: 'p-1', record: { uid: 'u-1' }, object: { pid: 5 } },
  ]);
});

t.test('no-object: a record of which nothing runs', async (t) => {
  t.strictSame(shape([record('u-1')], [], []), ['u-1 none stopped no-object']);
});

t.test('no-record: it runs, and the store does not know it', async (t) => {
  t.strictSame(shape([], [object('u-1', 5)], []), ['u-1 b:5:1 running no-record']);
});

t.test('a store that spells uids otherwise contradicts the runtime, servo by servo', async (t) => {
  t.strictSame(shape([record('U-1')], [object('u-1', 5)], []), [
    'U-1 none stopped no-object',
    'u-1 b:5:1 running no-record',
  ]);
});

t.test('two-uids: a label names another servo than the runtime, and both get a row', async (t) => {
  t.strictSame(shape([labelled('u-2', 5)], [object('u-1', 5)], []), [
    'u-1 b:5:1 running two-uids',
    'u-2 b:5:1 running two-uids',
  ]);
});

t.test('a label that names the uid of another object', async (t) => {
  t.strictSame(shape([labelled('u-2', 5), labelled('u-2', 6)], [object('u-1', 5), object('u-2', 6)], []), [
    'u-1 b:5:1 running two-uids',
    'u-2 b:5:1 running two-uids',
    'u-2 b:6:1 running uid-twice',
  ]);
});

t.test('uid-twice: two objects, two records, or two in quarantine', async (t) => {
  t.strictSame(shape([record('u-1')], [object('u-1', 5), object('u-1', 6)], []), [
    'u-1 b:5:1 running uid-twice',
    'u-1 b:6:1 running uid-twice',
  ]);
  t.strictSame(shape([record('u-1'), record('u-1')], [object('u-1', 5)], []), [
    'u-1 b:5:1 running uid-twice',
  ]);
  t.strictSame(shape([record('u-1'), record('u-1')], [], []), ['u-1 none stopped uid-twice']);
  t.strictSame(shape([], [], [kept('u-1', 5), kept('u-1', 6)]), [
    'u-1 b:5:1 quarantined uid-twice',
    'u-1 b:6:1 quarantined uid-twice',
  ]);
});

t.test(
  'a quarantined servo of which nothing runs is no contradiction, with a record or without',
  async (t) => {
    t.strictSame(shape([record('u-1')], [], [kept('u-1', 5)]), ['u-1 b:5:1 quarantined none']);
    t.strictSame(shape([], [], [kept('u-1', 5)]), ['u-1 b:5:1 quarantined none']);
    t.match(pair([], [], [kept('u-1', 5)]), [{ project: 'p-q', runtimeId: '5:1' }]);
  },
);

t.test('quarantined-runs: the very one, or another with its uid', async (t) => {
  t.strictSame(shape([record('u-1')], [object('u-1', 5)], [kept('u-1', 5)]), [
    'u-1 b:5:1 running quarantined-runs',
  ]);
  t.strictSame(shape([], [object('u-1', 6)], [kept('u-1', 5)]), ['u-1 b:6:1 running quarantined-runs']);
});

t.test(
  'whatever comes, every uid has a row, no row is there twice, and only agreement is no contradiction',
  async () => {
    const uid = fc.constantFrom('a', 'b', 'c');
    const pid = fc.integer({ min: 1, max: 5 });
    const some = <T>(one: fc.Arbitrary<T>) => fc.array(one, { maxLength: 5 });
    const objects = fc.uniqueArray(fc.tuple(uid, pid), { maxLength: 5, selector: ([, p]) => p });
    fc.assert(
      fc.property(
        some(uid),
        some(fc.tuple(uid, pid)),
        objects,
        some(fc.tuple(uid, pid)),
        (plain, labels, running, quarantined) => {
          const runs = running.map(([u, p]) => object(u, p));
          const ofRunning = labels.filter(([, p]) => running.some(([, q]) => q === p));
          const records = [...plain.map((u) => record(u)), ...ofRunning.map(([u, p]) => labelled(u, p))];
          const rows = pair(
            records,
            runs,
            quarantined.map(([u, p]) => kept(u, p)),
          );
          const keys = rows.map((r) => `${r.uid} ${r.incarnation} ${r.runtimeId}`);
          const uids = new Set<string>([
            ...records.map((r) => r.uid),
            ...runs.map((o) => o.uid),
            ...quarantined.map(([u]) => u),
          ]);
          const agree = rows
            .filter((r) => r.contradiction === 'none' && r.state === 'running')
            .every(
              (r) =>
                r.record?.uid === r.uid && r.object?.uid === r.uid && !quarantined.some(([u]) => u === r.uid),
            );
          return (
            new Set(keys).size === keys.length &&
            [...uids].every((u) => rows.some((r) => r.uid === u)) &&
            agree
          );
        },
      ),
    );
  },
);
