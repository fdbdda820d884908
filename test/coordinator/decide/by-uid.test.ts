import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { byUid } from '../../../coordinator/src/decide/by-uid.ts';

const servo = (uid: string, incarnation: string) => ({
  uid: parseId('servo uid', uid),
  incarnation: parseId('incarnation', incarnation),
});

t.test('by uid, then by incarnation, however they were found', (t) => {
  const sorted = [servo('a', 'i1'), servo('a', 'i2'), servo('a+b', 'i0'), servo('ab', 'i1'), servo('b', 'a')];
  for (const order of [sorted, sorted.toReversed(), [3, 0, 4, 1, 2].flatMap((i) => sorted[i] ?? [])])
    t.strictSame(order.toSorted(byUid), sorted);
  t.equal(byUid(servo('a', 'i1'), servo('a', 'i1')), 0, 'copies on two hosts keep their order');
  t.end();
});
