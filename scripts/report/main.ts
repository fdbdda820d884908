// npm run report: runs what proves the guarantees, keeps each result, and writes test/REPORT.md from all that are kept.
//
//   --only X     runs only this part (may be given several times); the others stay as they were run last
//   --stored     runs nothing, writes the page anew
//   --list       what parts there are, and when each was run
//
// Ends with 1 when a part that it ran failed. A part that was never run is named so on the page.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { thisMachine, thisSource } from './machine.ts';
import { page } from './page.ts';
import { parts, type Part } from './parts.ts';
import { run } from './run.ts';
import { readStored, store } from './stored.ts';

const root = join(import.meta.dirname, '../..');
const directory = join(root, '.report');
const target = 'test/REPORT.md';

const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true },
    stored: { type: 'boolean' },
    list: { type: 'boolean' },
  },
});

function chosen(): readonly Part[] {
  if (values.stored === true || values.list === true) return [];
  const { only } = values;
  const unknown = only?.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) {
    console.error(
      `--only ${unknown}: there is no such part; there are ${parts.map((p) => p.name).join(', ')}`,
    );
    process.exit(2);
  }
  return only === undefined ? parts : parts.filter((part) => only.includes(part.name));
}

/** @returns whether it passed. */
async function runPart(part: Part): Promise<boolean> {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    scripts: Readonly<Record<string, string>>;
  };
  const [script = ''] = part.command;
  if (scripts[script] === undefined) {
    console.log(`${part.name}: package.json has no script ${script}, so it is not run`);
    return false;
  }
  const args = ['run', '--silent', ...part.command];
  console.log(`# npm ${args.join(' ')}`);
  const at = new Date().toISOString();
  const source = thisSource(root, target);
  const ran = await run('npm', args, root, (line) => console.log(line));
  store(directory, {
    part: part.name,
    command: `npm run ${part.command.join(' ')}`,
    at,
    source,
    machine: thisMachine(),
    ...ran,
  });
  const passed = ran.exitCode === 0 && ran.result !== undefined;
  console.log(`${passed ? 'ok' : 'not ok'} - ${part.name}, ${Math.round(ran.tookMs / 1000)} s`);
  return passed;
}

function writePage(): void {
  writeFileSync(
    join(root, target),
    page(parts.map((part) => ({ part, stored: readStored(directory, part) }))),
  );
}

let passed = true;
for (const part of chosen()) {
  if (!(await runPart(part))) passed = false;
  // After each, so that a run which is broken off loses nothing.
  writePage();
}
if (values.stored === true) writePage();
for (const part of values.list === true ? parts : []) {
  const stored = readStored(directory, part);
  console.log(
    `${part.name.padEnd(10)} ${stored === undefined ? 'not run' : `${stored.at} ${stored.source.commit.slice(0, 12)}`}`,
  );
}
process.exitCode = passed ? 0 : 1;
