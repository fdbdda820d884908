import * as fc from 'fast-check';
import t from 'tap';
import { families, type Member } from '../../../../agent/src/scan/runtime/process-members.ts';

const member = (
  pid: number,
  ppid: number,
  pgid: number,
  session: number,
  says: string | undefined,
  startTicks = pid,
): Member => ({
  pid,
  ppid,
  pgid,
  session,
  startTicks,
  says,
});
const shape = (members: readonly Member[]) =>
  families(members).map((f) => [f.uid, f.representative.pid, f.members.map((m) => m.pid)]);

t.test('one group, one servo', async (t) => {
  t.strictSame(shape([member(11, 10, 10, 10, 'a'), member(10, 1, 10, 10, 'a')]), [['a', 10, [10, 11]]]);
});

t.test('a child in a session of its own belongs to its parent', async (t) => {
  t.strictSame(shape([member(10, 1, 10, 10, 'a'), member(12, 10, 12, 12, 'a')]), [['a', 10, [10, 12]]]);
});

t.test('an orphaned group of the session belongs to it', async (t) => {
  t.strictSame(shape([member(10, 1, 10, 10, 'a'), member(13, 1, 12, 10, 'a')]), [['a', 10, [10, 13]]]);
});

t.test('without a common group, session or parent they are two', async (t) => {
  t.strictSame(shape([member(10, 1, 10, 10, 'a'), member(20, 1, 20, 20, 'a')]), [
    ['a', 10, [10]],
    ['a', 20, [20]],
  ]);
});

t.test('two uids are two servos, whatever they share', async (t) => {
  t.strictSame(shape([member(10, 1, 10, 10, 'a'), member(11, 10, 10, 10, 'b')]), [
    ['a', 10, [10]],
    ['b', 11, [11]],
  ]);
});

t.test('a family knows with whom it shares its group', async (t) => {
  const found = families([
    member(10, 1, 10, 10, 'a'),
    member(11, 10, 10, 10, 'b'),
    member(20, 1, 20, 20, 'c'),
  ]);
  t.strictSame(
    found.map((f) => f.sharesGroupWith),
    [['b'], ['a'], []],
  );
});

t.test('who says nothing is what its ancestor is', async (t) => {
  const [a, b] = [member(10, 1, 10, 10, 'a'), member(20, 1, 20, 20, 'b')];
  t.strictSame(shape([a, b, member(21, 20, 21, 21, undefined), member(22, 21, 22, 22, undefined)]), [
    ['a', 10, [10]],
    ['b', 20, [20, 21, 22]],
  ]);
  t.strictSame(shape([a, member(30, 1, 30, 30, undefined)]), [
    ['a', 10, [10]],
    [undefined, 30, [30]],
  ]);
});

t.test('the first of a group without leader stands for it', async (t) => {
  t.strictSame(shape([member(32, 1, 30, 5, 'a', 9), member(31, 1, 30, 5, 'a', 8)]), [['a', 31, [31, 32]]]);
});

t.test('nobody is lost or counted twice, whatever the tree', async () => {
  const pid = fc.integer({ min: 1, max: 12 });
  const one = fc.tuple(pid, pid, pid, pid, fc.constantFrom('a', 'b', undefined));
  fc.assert(
    fc.property(fc.uniqueArray(one, { selector: ([p]) => p }), (rows) => {
      const members = rows.map(([p, ppid, pgid, session, says]) => member(p, ppid, pgid, session, says));
      const found = families(members).flatMap((f) => f.members.map((m) => m.pid));
      return found.length === members.length && new Set(found).size === members.length;
    }),
  );
});
