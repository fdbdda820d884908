import t from 'tap';
import { takeGround } from './kernel/ground.ts';

takeGround();
// The product is loaded after its ground was taken.
const { failingOf, preparedWorld } = await import('./many/batch.ts');
const { regressions } = await import('./seeds.ts');
const { runSeed } = await import('./story/run.ts');
const { shapeOfSeed } = await import('./world/shape.ts');

t.setTimeout(300_000);

async function run(seed: number) {
  return await runSeed(seed, await preparedWorld(shapeOfSeed(seed)));
}

t.test('the same seed gives the same trace twice', async (t) => {
  const [first, second, other] = [await run(1), await run(1), await run(2)];
  t.equal(first.hash, second.hash);
  t.ok(first.events > 200);
  t.not(first.hash, other.hash);
});

for (const { seed, was } of regressions)
  t.test(`seed ${seed}, which showed: ${was}`, async (t) => {
    t.equal(failingOf(await run(seed)), undefined);
  });
