import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import type { WorldEvent } from '../../event.ts';
import { Oracle } from '../oracle.ts';
import {
  at,
  claimed,
  h1,
  hour,
  inventory,
  judged,
  live,
  madeMs,
  minute,
  orphan,
  projectOf,
  registry,
  second,
  servoOf,
  story,
  withdrawn,
} from '../story.ts';

/** The reader shows so many live servos under other names from a time on. */
function misread(count: number, atMs: number): readonly WorldEvent[] {
  const wrong = live.slice(0, count);
  const other = (uid: (typeof live)[number]) => parseId('servo uid', `x-${uid}`);
  const shown = [...live.map((uid) => (wrong.includes(uid) ? other(uid) : uid)), orphan];
  const rows = inventory(atMs + second) as Extract<WorldEvent, { kind: 'inventory.taken' }>;
  return [
    ...wrong.map((uid) => at(atMs, { kind: 'servo.spelled' as const, ...servoOf(uid), as: other(uid) })),
    {
      ...rows,
      servos: [...live, orphan].map((uid, i) => ({
        uid: shown[i] ?? uid,
        incarnation: servoOf(uid).incarnation,
        running: true,
      })),
    },
  ];
}
const says = (...more: readonly WorldEvent[]) =>
  judged([...story(), ...more])
    .filter((v) => v.invariant === 'I8')
    .map((v) => v.message);
const tombstone = at(hour, {
  kind: 'tombstone.committed',
  witness: registry,
  uid: orphan,
  host: h1,
  incarnation: undefined,
  project: projectOf(orphan),
  projectReleased: true,
  version: 2,
});

t.test('so many are misjudged that the host cannot be read right', (t) => {
  t.match(says(...misread(2, madeMs - minute)), [
    /of its 5 known-live servos only 3 are shown by their uid, at least 4/,
  ]);
  t.match(says(...misread(2, madeMs - minute), tombstone), [/only 3/], 'a tombstone does not help');
  t.end();
});

t.test('a single one, for as long as the rounds took, beside a servo without a tombstone', (t) => {
  t.match(says(...misread(1, hour)), [/which has no tombstone, and did not show k1 for/]);
  t.same(says(...misread(1, hour), tombstone), [], 'exactly this one was released');
  const claimedLate = story().filter((e) => !(e.kind === 'claim.committed' && e.uid === 'k1'));
  const known = [...claimedLate, ...claimed('k1' as never, 2 * hour + minute), ...misread(1, hour)];
  t.same(
    judged(known).filter((v) => v.invariant === 'I8'),
    [],
    'claimed only since the first round: nobody missed it then',
  );
  t.same(says(...misread(1, madeMs - minute)), [], 'since a moment ago: the rounds saw it rightly');
  t.end();
});

t.test('what is ordered is itself one, under another name', (t) => {
  const [wrong] = live;
  if (wrong === undefined) throw new Error('no live servo');
  const events = story().map((e) =>
    e.kind === 'order.durable' ? { ...e, incarnation: servoOf(wrong).incarnation } : e,
  );
  const found = judged([...events, at(hour, { kind: 'servo.spelled', ...servoOf(wrong), as: orphan })]);
  t.match(
    found.find((v) => v.invariant === 'I8')?.message,
    /names s1, which is truly k1: the authority claims it there/,
  );
  t.end();
});

t.test('one that is released, gone, or not yet known counts for nothing', (t) => {
  const [first, second_] = live;
  if (first === undefined || second_ === undefined) throw new Error('no live servo');
  const two = misread(2, madeMs - minute);
  t.same(says(...two, ...withdrawn(first, madeMs - 30 * second), tombstone), []);
  t.same(says(...two, at(madeMs - second, { kind: 'servo.gone', ...servoOf(first) }), tombstone), []);
  t.end();
});

t.test('misread hosts are counted, so that a tame world shows', (t) => {
  const oracle = new Oracle();
  for (const e of [...story(), ...misread(2, hour)].toSorted((a, b) => a.atMs - b.atMs)) oracle.see(e);
  t.equal(oracle.figures.misreadPasses, 3);
  t.end();
});

t.test('a servo that the authority did not claim when it was last read is not known to be live', (t) => {
  const found = story().filter((e) => !(e.kind === 'claim.committed' && e.uid === 'k1'));
  const late = claimed('k1' as never, madeMs - second);
  const all = judged([...found, ...late, ...misread(2, madeMs - minute), tombstone]);
  t.same(
    all.filter((v) => v.invariant === 'I8'),
    [],
    'of four that are known, one is misjudged: all but one are shown',
  );
  t.end();
});

t.test('a servo that is shown by its uid is not misjudged, whatever its reader makes of others', (t) => {
  const [first] = live;
  if (first === undefined) throw new Error('no live servo');
  const spelled = at(madeMs - minute, { kind: 'servo.spelled', ...servoOf(first), as: undefined });
  t.same(says(spelled), [], 'not until an inventory says so');
  t.end();
});

t.test('what no reading showed, since its witness answered as it was before, nobody knows', (t) => {
  const stale = (...more: readonly WorldEvent[]) =>
    judged(
      [...story(), ...more].map((e) =>
        e.kind === 'witness.read' && e.witness === registry ? { ...e, version: 0 } : e,
      ),
    ).filter((v) => v.invariant === 'I8');
  t.same(stale(...misread(1, hour)), []);
  t.same(stale(...misread(2, madeMs - minute)), []);
  t.end();
});
