// `npm run sim -- --teeth`: does the simulation find it when something is missing? Each gate is turned off with its backstops, by
// the ablation's own edits, in worlds that were prepared with everything on; seeds are tried until the oracle finds a violation.
// It must run in a process of its own, before anything of the product is loaded there.
import { backstops } from '../ablation/backstops.ts';
import { instrument } from '../ablation/build.ts';

/**
 * Gates that small worlds lean on, and what breaks without them. Without `identity-agrees`, `two-way-match`, `grace` or `quiet`
 * nothing breaks in 40 of them: other gates refuse the same there. What these are worth, the ablation shows.
 */
const gates: readonly (readonly [gate: string, invariants: RegExp])[] = [
  ['inventory-complete', /^I9$/],
  ['swap', /^I8$/],
  ['rounds', /^I4$/],
  ['hold', /^I7$/],
  ['freeze', /^I7$/],
  ['budget', /^I6$/],
];

/** Shapes that are small enough to try many seeds of. */
const smallShapes = 3;

/** @param most seeds per gate. Returns whether each was noticed. */
export async function teeth(most: number, from: number): Promise<boolean> {
  const ablation = instrument();
  // The product is loaded edited.
  const { preparedWorld } = await import('./many/batch.ts');
  const { runSeed } = await import('./story/run.ts');
  const { shapeOfSeed } = await import('./world/shape.ts');
  const seeds: number[] = [];
  for (let seed = from; seeds.length < most; seed++) if (shapeOfSeed(seed) < smallShapes) seeds.push(seed);
  for (const seed of seeds) await preparedWorld(shapeOfSeed(seed));

  /** How many seeds it took, and what was found. Undefined: nothing. */
  const notice = async (gate: string, invariants: RegExp): Promise<string | undefined> => {
    ablation.off.clear();
    for (const name of [gate, ...Object.keys(backstops[gate] ?? {})]) ablation.off.add(name);
    try {
      for (const [i, seed] of seeds.entries()) {
        const { violations } = await runSeed(seed, await preparedWorld(shapeOfSeed(seed)));
        const found = violations.find((v) => invariants.test(v.invariant));
        if (found !== undefined)
          return `noticed after ${i + 1} seed(s), by seed ${seed}: ${found.invariant}: ${found.message}`;
      }
    } finally {
      ablation.off.clear();
    }
    return undefined;
  };

  let all = true;
  for (const [gate, invariants] of gates) {
    const found = await notice(gate, invariants);
    all &&= found !== undefined;
    console.log(`${gate}: ${found ?? `not noticed in ${most} seeds from ${from}`}`);
  }
  return all;
}
