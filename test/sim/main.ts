// `npm run sim`: simulated worlds, each decided by a seed, and an oracle that watches them.
//
//   npm run sim -- --seeds 300 [--from N]   so many seeds; fresh ones without --from
//   npm run sim -- --seed N [--trace]       one seed, with its story; what fails is made smaller
//   npm run sim -- --long                   10,000 seeds
//   --teeth [--seeds N] [--from N]          each gate turned off with its backstops: so many small seeds until it is noticed
//   --only 1,4,9    only these items of the seed's plan     --json   ends with one line of JSON
//
// Exit code 1: something failed. 2: wrong words.
import { parseArgs } from 'node:util';
import { takeGround } from './kernel/ground.ts';

const usage =
  'want: npm run sim -- [--seeds N] [--from N] [--long | --teeth] [--seed N [--trace] [--only IDS]] [--json]';
const longSeeds = 10_000;
const usualSeeds = 300;
const teethSeeds = 60;

function words() {
  try {
    return parseArgs({
      options: {
        seeds: { type: 'string' },
        from: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        trace: { type: 'boolean', default: false },
        long: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        teeth: { type: 'boolean', default: false },
        worker: { type: 'boolean', default: false },
        workers: { type: 'string' },
      },
    }).values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ${usage}`);
    return process.exit(2);
  }
}

/** A whole number that was typed. Undefined: none was. */
function number(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,15}$/.test(text) && Number.isSafeInteger(value)) return value;
  console.error(`--${name}: ${JSON.stringify(text)} is no whole number; ${usage}`);
  return process.exit(2);
}

const values = words();
takeGround();
// The product is loaded after its ground was taken.
if (values.worker) {
  const { serve } = await import('./many/worker.ts');
  serve();
} else if (values.teeth) {
  const { teeth } = await import('./teeth.ts');
  const seeds = number('seeds', values.seeds) ?? teethSeeds;
  process.exitCode = (await teeth(seeds, number('from', values.from) ?? 1000)) ? 0 : 1;
} else {
  const seed = number('seed', values.seed);
  if (seed !== undefined) {
    const { one } = await import('./one.ts');
    const only = values.only?.split(',').map((id) => number('only', id) ?? 0);
    process.exitCode = (await one(seed, { trace: values.trace, only })) ? 0 : 1;
  } else {
    const { many } = await import('./many/many.ts');
    const seeds = number('seeds', values.seeds) ?? (values.long ? longSeeds : usualSeeds);
    // Outside of every world: real chance.
    const from = number('from', values.from) ?? Math.floor(Math.random() * 1e9) * 1000;
    const workers = number('workers', values.workers) ?? 2;
    process.exitCode = (await many({ seeds, from, workers, json: values.json })) ? 0 : 1;
  }
}
