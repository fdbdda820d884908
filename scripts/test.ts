// Format, lint, types, tests: each speaks for itself; the last line counts them.
// `--only-tests` leaves the checks out; any other word is a test file to run instead of all.
// What failed is told once more at the end, because the end is what a log keeps.
// What this machine cannot run is named at the end, with what it lacks; with SERVO_TEST_SKIP=never each of these has failed.
// A failed check, and a test file that died without a failed assertion, count as one failure each.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

let passed = 0;
let failed = 0;
/** The lines of each failure: its `not ok`, and the block between `---` and `...` behind it, which says what was found where. */
const failures: string[] = [];

function run(command: string, args: readonly string[], onLine: (line: string) => void): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  createInterface(child.stdout).on('line', onLine);
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve(code ?? 1));
  });
}

const words = process.argv.slice(2);
const onlyTests = words.includes('--only-tests');
const files = words.filter((word) => word !== '--only-tests');

const checks: readonly (readonly [string, ...string[]])[] = [
  ['prettier', '--check', '--log-level=warn', '.'],
  ['oxlint', '--deny-warnings'],
  ['tsc', '-p', '.'],
  ['tsc', '-p', 'coordinator/src/decide'],
  ['tsc', '-p', 'coordinator/src/check'],
  ['tsc', '-p', 'agent/src/judge'],
];
for (const [command, ...args] of onlyTests ? [] : checks) {
  const status = await run(command, args, console.log);
  console.log(`${status === 0 ? 'ok' : 'not ok'} - ${[command, ...args].join(' ')}`);
  if (status === 0) passed++;
  else {
    failed++;
    failures.push(`not ok - ${[command, ...args].join(' ')}`);
  }
}

// After an install, tap would run once with its default plugins, TypeScript among them, whatever .taprc says.
const stamp = '.tap/built-for';
const installed = String(statSync('node_modules/.package-lock.json').mtimeMs);
if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== installed) {
  if ((await run('tap', ['build'], console.log)) !== 0) throw new Error('tap build failed');
  writeFileSync(stamp, installed);
}

let inFailure: 'no' | 'head' | 'block' = 'no';
function noteFailure(line: string) {
  const word = line.trim();
  if (word.startsWith('not ok ')) inFailure = 'head';
  else if (inFailure === 'head') inFailure = word === '---' ? 'block' : 'no';
  if (inFailure !== 'no') failures.push(line);
  if (inFailure === 'block' && word === '...') inFailure = 'no';
}

let seen = false;
let failedFiles = 0;
const skipped = new Set<string>();
const status = await run('tap', ['run', '--reporter=tap', ...files], (line) => {
  console.log(line);
  noteFailure(line);
  if (line.startsWith('not ok ')) failedFiles++;
  const lacks = /^ *ok \d+ .*# SKIP (.+)$/.exec(line)?.[1];
  if (lacks !== undefined) skipped.add(lacks);
  const total = /^# \{ total: (\d+), pass: (\d+)(?:, fail: (\d+))?/.exec(line);
  if (total === null) return;
  seen = true;
  passed += Number(total[2]);
  // tap counts assertions: a file that passed them all and then died is in none, and must not hide behind others.
  failed += Math.max(Number(total[3] ?? 0), failedFiles);
});
if (failures.length > 0) console.log(`\n# What failed\n${failures.join('\n')}\n`);
if (!seen || (status !== 0 && failed === 0)) failed++;
for (const lacks of skipped) console.log(`skipped: ${lacks}`);
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 && status === 0 ? 0 : 1;
