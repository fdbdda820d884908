// A long loop lets others run in between, and loses nothing by it.
import t from 'tap';
import { inSlices } from '../../../coordinator/src/round/yield.ts';

t.test('every item once, in order', async (t) => {
  const got: number[] = [];
  await inSlices(
    Array.from({ length: 1000 }, (_, i) => i),
    (i) => void got.push(i),
  );
  t.strictSame(
    got,
    Array.from({ length: 1000 }, (_, i) => i),
  );
  await inSlices([], () => t.fail('there is nothing'));
});

t.test('others run meanwhile', async (t) => {
  let turns = 0;
  let done = false;
  const count = (): void => {
    turns++;
    if (!done) setImmediate(count);
  };
  setImmediate(count);
  await inSlices(Array.from({ length: 320 }), () => {
    const until = performance.now() + 0.2;
    while (performance.now() < until);
  });
  done = true;
  t.ok(turns >= 3, `${turns} turns in 64 ms of work`);
});

t.test('what the work throws comes through', async (t) => {
  await t.rejects(
    inSlices([1], () => {
      throw new Error('no');
    }),
    /no/,
  );
});
