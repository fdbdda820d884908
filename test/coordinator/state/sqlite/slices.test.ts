import t from 'tap';
import { sliceRows, slices } from '../../../../coordinator/src/state/sqlite/slices.ts';

const numbers = (count: number) => Array.from({ length: count }, (_, n) => n);
const sizes = (made: Iterable<readonly unknown[]>) => [...made].map((slice) => slice.length);

t.test('all items, in their order, so many at a time', (t) => {
  t.same(sizes(slices([])), []);
  t.same(sizes(slices(numbers(sliceRows))), [sliceRows]);
  const items = numbers(2 * sliceRows + 1);
  t.same(sizes(slices(items)), [sliceRows, sliceRows, 1]);
  t.strictSame([...slices(items)].flat(), items);
  t.end();
});

t.test('what belongs together is in one slice', (t) => {
  const items = numbers(2 * sliceRows);
  const inThrees = (a: number, b: number) => Math.floor(a / 3) === Math.floor(b / 3);
  const made = [...slices(items, inThrees)];
  t.strictSame(made.flat(), items);
  t.equal(made.length, 2);
  for (const slice of made.slice(1)) t.equal((slice[0] ?? NaN) % 3, 0);
  t.same(sizes(slices(items, () => true)), [items.length]);
  t.end();
});
