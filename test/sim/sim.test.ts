import t from 'tap';
import { takeGround } from './kernel/ground.ts';

takeGround();
// The product is loaded after its ground was taken.
const { failingOf, preparedWorld, runBatch } = await import('./many/batch.ts');
const { regressions } = await import('./seeds.ts');
const { runSeed } = await import('./story/run.ts');
const { shapeOfSeed } = await import('./world/shape.ts');

t.setTimeout(300_000);

/** Fresh seeds of one shape, each time others; as many as fit into a test. */
const freshSeeds = 100;
/** Shapes that are small enough for a test. */
const smallShapes = [0, 1, 2];

async function run(seed: number) {
  return await runSeed(seed, await preparedWorld(shapeOfSeed(seed)));
}

t.test('the same seed gives the same trace twice', async (t) => {
  const [first, second, other] = [await run(1), await run(1), await run(2)];
  t.equal(first.hash, second.hash);
  t.ok(first.events > 1000);
  t.not(first.hash, other.hash);
});

for (const { seed, was } of regressions)
  t.test(`seed ${seed}, which showed: ${was}`, async (t) => {
    t.equal(failingOf(await run(seed)), undefined);
  });

t.test('fresh seeds', async (t) => {
  const from = Math.floor(Math.random() * 1e9) * 1000;
  const seeds = Array.from({ length: 10_000 }, (_, i) => from + i);
  const left = new Map(smallShapes.map((shape) => [shape, freshSeeds / smallShapes.length]));
  const chosen = seeds.filter((seed) => {
    const shape = shapeOfSeed(seed);
    const more = left.get(shape) ?? 0;
    left.set(shape, more - 1);
    return more >= 1;
  });
  t.comment(`${chosen.length} seeds from ${from}`);
  for (const shape of smallShapes) {
    const own = chosen.filter((seed) => shapeOfSeed(seed) === shape);
    const { failing, figures } = await runBatch({ shape, seeds: own });
    for (const { seed, what, message, chain } of failing)
      t.fail(`seed ${seed}: ${what}: ${message}; again: npm run sim -- --seed ${seed} --trace`, { chain });
    t.ok(figures.stops > 0, 'something was stopped at all');
    t.equal(failing.length, 0);
  }
});
