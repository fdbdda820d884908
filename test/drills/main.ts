// `npm run drills [-- --json] [names]`: public incidents in miniature. Each is measured as the product is and without what
// refused it, and then tried in detail by its tests; some minutes. `--json` ends with one line of JSON. Exit code 1 when one fails.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { instrument } from '../ablation/build.ts';

const usage = 'want: npm run drills -- [--json] [beginnings of names, such as xervo]';
/** Drills whose tests are about more than one incident. */
const common = ['on-paper', 'processes'];

/** Longest time of one test file, in seconds: a machine may be busy with other things. */
const testTimeoutS = 600;

function words() {
  try {
    return parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}; ${usage}`);
    return process.exit(2);
  }
}

/** Runs a test file as it stands; how many assertions held, and how many did not. */
async function tried(name: string): Promise<{ readonly passed: number; readonly failed: number }> {
  const file = join(import.meta.dirname, `${name}.test.ts`);
  if (!existsSync(file)) throw new Error(`${file} is not there`);
  const child = spawn(process.execPath, [file], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TAP_TIMEOUT: String(testTimeoutS) },
  });
  let out = '';
  child.stdout.on('data', (piece: Buffer) => (out += piece.toString()));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [, total = '0', pass = '0'] = /^# \{ total: (\d+), pass: (\d+)/m.exec(out) ?? [];
  const failed = Number(total) - Number(pass);
  if (code !== 0) for (const line of out.split('\n')) if (/^\s*not ok/.test(line)) console.error(line);
  // A file that died without a failed assertion has failed all the same.
  return { passed: Number(pass), failed: code === 0 ? failed : Math.max(1, failed) };
}

const { values, positionals } = words();
const ablation = instrument();
// The product must not be loaded before it is instrumented.
const { allIncidents, measure } = await import('./table/measure.ts');
const { head, lines } = await import('./table/print.ts');

const matches = (name: string) =>
  positionals.length === 0 || positionals.some((word) => name.startsWith(word));
const chosen = allIncidents(ablation).filter(({ id }) => matches(id));
const others = common.filter(matches);
if (chosen.length + others.length === 0) {
  console.error(`no drill is called ${positionals.join(' or ')}; ${usage}`);
  process.exit(2);
}
const rows = [];
for (const line of chosen.length > 0 ? head : []) console.log(line);
for (const incident of chosen) {
  const measured = await measure(incident, ablation);
  const tests = await tried(incident.id);
  const wrong = [
    ...measured.wrong,
    ...(tests.failed > 0 ? [`${tests.failed} assertions of its tests failed`] : []),
  ];
  const row = { ...measured, tests, wrong };
  rows.push(row);
  for (const line of lines(row)) console.log(line);
}
const beside = [];
for (const name of others) {
  const tests = await tried(name);
  beside.push({ name, ...tests });
  console.log(`${name}: ${tests.passed} assertions held, ${tests.failed} failed`);
}
const passed = rows.filter((row) => row.wrong.length === 0).length;
const failed = rows.length - passed + beside.filter((b) => b.failed > 0).length;
console.log(`${passed} of ${rows.length} drills passed`);
if (values.json) console.log(JSON.stringify({ drills: rows.length, passed, rows, beside }));
process.exitCode = failed === 0 ? 0 : 1;
