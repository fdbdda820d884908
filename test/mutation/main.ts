// npm run mutation: changes the decision, the check and the agent's judgement in one small place after the other, and sees whether
// a test notices.
//
//   --changed [REF]   only sources that differ from this commit; without changes those of the last commit that has some
//   --file F          only this source (may be given several times)
//   --seconds N       end after this time, with what was tried
//   --json            the last line is the result as JSON
//
// Ends with 1 when a survivor is not explained in survivors.yaml, an explanation fits none, or a score is below its aim.
import { parseArgs } from 'node:util';
import { changedSources } from './changed.ts';
import { filesOf, scopes } from './graph.ts';
import { mutate, type Outcome } from './mutate.ts';
import { judge, linesOf, readSurvivors } from './survivors.ts';

/** As many processes as the reference machine has cores. */
const processes = 2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    changed: { type: 'boolean' },
    file: { type: 'string', multiple: true },
    seconds: { type: 'string' },
    json: { type: 'boolean' },
  },
});

const all = Object.values(scopes).flatMap(({ files }) => filesOf(files));
const sources = values.changed === true ? changedSources(all, positionals[0]) : (values.file ?? all);
const unknown = sources.find((source) => !all.includes(source));
if (unknown !== undefined)
  throw new Error(`${unknown} is no source that is mutated: want one of\n${all.join('\n')}`);
const seconds = values.seconds === undefined ? Infinity : Number(values.seconds);

const began = performance.now();
if (sources.length < all.length) console.log(`sources: ${sources.join(', ')}`);
const outcomes = await mutate(sources, processes, began + seconds * 1000, (o) => {
  if (o.outcome !== 'survived' || isExplained(o)) return;
  const { from, to } = linesOf(o);
  console.log(`survived  ${o.source}  ${o.mutant.mutator}\n  - ${from}\n  + ${to}`);
});

function isExplained(outcome: Outcome): boolean {
  return judge([outcome], known()).explained.length > 0;
}

function known() {
  return readSurvivors();
}

const { explained, unexplained, stale } = judge(outcomes, known());
for (const { file, from, to } of stale)
  console.log(
    `stale     survivors.yaml explains what is no survivor any more\n  ${file}\n  - ${from}\n  + ${to}`,
  );

const scope = Object.entries(scopes).flatMap(([name, { files, least }]) => {
  const own = new Set(filesOf(files));
  const here = (list: readonly Outcome[]) => list.filter((o) => own.has(o.source)).length;
  const mutants = here(outcomes.filter((o) => o.outcome !== 'invalid'));
  if (mutants === 0) return [];
  const killed = here(outcomes.filter((o) => o.outcome === 'killed'));
  const row = {
    name,
    mutants,
    killed,
    survived: here(unexplained),
    explained: here(explained),
    score: Math.round((killed / mutants) * 1000) / 1000,
    least,
  };
  return [row];
});
for (const { name, mutants, killed, survived, explained: why, score, least } of scope)
  console.log(
    `${name.padEnd(8)} ${String(mutants).padStart(5)} mutants, ${String(killed).padStart(5)} killed (${(score * 100).toFixed(1)} %, at least ${least * 100} %), ${why} explained, ${survived} survived`,
  );
console.log(`in ${Math.round((performance.now() - began) / 1000)} s`);
// One small source may be below its scope's aim, and the scope above it.
const isWhole = sources.length === all.length && outcomes.length > 0;
const isLow = isWhole && scope.some(({ score, least }) => score < least);
if (values.json === true) console.log(JSON.stringify({ scope, stale: stale.length }));
process.exitCode = unexplained.length + stale.length === 0 && !isLow ? 0 : 1;
