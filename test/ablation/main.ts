// `npm run ablation [-- --json] [names]`: what each gate, each limit and each check of the agent is worth. Some minutes; names
// choose some of them by their beginnings. `--json` ends with one line of JSON. Exit code 1 when one of them moves nothing.
import { parseArgs } from 'node:util';
import { instrument } from './build.ts';

const usage = 'want: npm run ablation -- [--json] [beginnings of names, such as host-fresh or agent:]';

function words() {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ${usage}`);
    return process.exit(2);
  }
}

const { values, positionals } = words();
const ablation = instrument();
// The product must not be loaded before it is instrumented.
const { worth } = await import('./run.ts');
const { head, lines } = await import('./table.ts');
const { allScenes, uncovered } = await import('./scenes/index.ts');

const all = allScenes(ablation);
const chosen = all.filter(
  ({ gate }) => positionals.length === 0 || positionals.some((name) => gate.startsWith(name)),
);
if (chosen.length === 0) {
  console.error(`no gate is called ${positionals.join(' or ')}; ${usage}`);
  process.exit(2);
}
const missing = uncovered(all);
const rows = [];
for (const line of head) console.log(line);
for (const scene of chosen) {
  const row = await worth(scene, ablation);
  rows.push(row);
  for (const line of lines(row)) console.log(line);
}
const passed = rows.filter((row) => row.wrong.length === 0).length;
for (const name of missing)
  console.log(`${name}: no world is directed at it; add one in test/ablation/scenes`);
console.log(`${passed} of ${rows.length} carry weight`);
if (values.json) console.log(JSON.stringify({ gates: rows.length, passed, uncovered: missing, rows }));
process.exitCode = passed === rows.length && missing.length === 0 ? 0 : 1;
