// npm run fuzz: attacks everything that comes from outside with inputs that are almost right, from a seed that is printed.
//
//   --seed N      the same inputs again; without it a fresh one
//   --target X    only this target (may be given several times)
//   --at N        only the input with this number
//   --seconds N   per target; [3]
//   --runs N      executions per target instead of a time
//   --long        1,000,000 executions per target
//   --json        the last line is the result as JSON
//
// Ends with 1 when something failed. What failed is shrunk, printed and kept in test/fuzz/cases/.
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { keepCase, readInput } from './cases.ts';
import { fuzz, type Result } from './fuzz.ts';
import { targets } from './targets/index.ts';

const longRuns = 1_000_000;
/** As many processes as the reference machine has cores. */
const processes = 2;
const maxSeed = 2 ** 32;

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    target: { type: 'string', multiple: true },
    at: { type: 'string' },
    seconds: { type: 'string' },
    runs: { type: 'string' },
    long: { type: 'boolean' },
    json: { type: 'boolean' },
  },
});

function whole(name: 'seed' | 'at' | 'runs' | 'seconds'): number | undefined {
  const text = values[name];
  if (text === undefined) return undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new Error(`--${name} ${text}: want a whole number`);
}

const names = values.target ?? targets.map((t) => t.name);
const unknown = names.find((name) => !targets.some((t) => t.name === name));
if (unknown !== undefined)
  throw new Error(`there is no target ${unknown}; there are ${targets.map((t) => t.name).join(', ')}`);
const seed = whole('seed') ?? randomInt(maxSeed);
const at = whole('at');
const runs = whole('runs') ?? (values.long === true ? longRuns : undefined);

console.log(`seed ${seed}`);
const began = performance.now();
const results = await fuzz(
  {
    targets: names,
    seed,
    at,
    processes,
    executions: runs ?? Infinity,
    seconds: whole('seconds') ?? (runs === undefined ? 3 : Infinity),
  },
  show,
);
const failed = results.reduce((sum, r) => sum + r.failed, 0);
const executions = results.reduce((sum, r) => sum + r.executions, 0);
console.log(
  `${executions} executions of ${results.length} targets in ${Math.round((performance.now() - began) / 1000)} s, ${failed} failed; seed ${seed}`,
);
if (values.json === true)
  console.log(
    JSON.stringify({
      targets: results.map(({ name, executions: n, failed: bad, perSecond }) => ({
        name,
        executions: n,
        failed: bad,
        perSecond,
      })),
      seed,
      executions,
      failed,
    }),
  );
process.exitCode = failed === 0 ? 0 : 1;

function show({ name, executions, failed, perSecond, failures }: Result): void {
  console.log(
    `${name.padEnd(20)} ${String(executions).padStart(9)} executions ${String(perSecond).padStart(7)}/s  ${failed} failed`,
  );
  for (const failure of failures) {
    console.log(
      `\n${failure.says}\n\nfound   ${failure.found.slice(0, 2000)}\nshrunk  ${failure.shrunk.slice(0, 4000)}`,
    );
    if (failure.at === undefined) continue;
    console.log(`kept    ${keepCase(name, failure.says, readInput(failure.shrunk))}`);
    console.log(`again   npm run fuzz -- --target ${name} --seed ${seed} --at ${failure.at}\n`);
  }
}
