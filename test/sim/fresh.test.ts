// Seeds that nobody has tried before: another few hundred in every run of the tests.
import t from 'tap';
import { takeGround } from './kernel/ground.ts';

takeGround();
// The product is loaded after its ground was taken.
const { runBatch } = await import('./many/batch.ts');
const { shapeOfSeed } = await import('./world/shape.ts');

t.setTimeout(300_000);

/**
 * Printed: what fails here failed in that world, and its words try it again. So many, or as many as there is time for, in
 * milliseconds, but so many at least.
 */
const firstSeed = Date.now();
const mostSeeds = 240;
const seedsMs = 75_000;
const leastSeeds = 12;
/** Shapes that are small enough for a test. */
const smallShapes = [0, 1, 2];

const all = Array.from({ length: 1000 }, (_, i) => firstSeed + i);
const until = performance.now() + seedsMs;
let tried = 0;
let stops = 0;
// Shapes in turn, so that each has its share of however many seeds there is time for.
const queues = smallShapes.map((shape) => ({ shape, seeds: all.filter((s) => shapeOfSeed(s) === shape) }));
while (tried < mostSeeds && (performance.now() < until || tried < leastSeeds))
  for (const { shape, seeds } of queues) {
    const these = seeds.splice(0, 2);
    const { failing, figures } = await runBatch({ shape, seeds: these });
    tried += these.length;
    stops += figures.stops;
    for (const { seed, what, message, chain } of failing)
      t.fail(`seed ${seed}: ${what}: ${message}; again: npm run sim -- --seed ${seed} --trace`, { chain });
  }
t.comment(`${tried} seeds of small worlds from ${firstSeed}`);
t.ok(stops > 0, 'something was stopped at all');
