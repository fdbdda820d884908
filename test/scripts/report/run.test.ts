import t from 'tap';
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import { run } from '../../../scripts/report/run.ts';
import { readStored, store } from '../../../scripts/report/stored.ts';
import { parts } from '../../../scripts/report/parts.ts';
import { thisMachine } from '../../../scripts/report/machine.ts';

const node = async (source: string, seen: string[] = []) =>
  await run(process.execPath, ['-e', source], process.cwd(), (line) => seen.push(line));

t.test('the last line is the result, the others go on to whoever watches', async (t) => {
  const seen: string[] = [];
  const { exitCode, result } = await node(`console.log('one\\n{"no": 1}\\n\\n{"seeds": 3}\\n')`, seen);
  t.equal(exitCode, 0);
  t.same(result, { seeds: 3 });
  t.same(seen, ['one', '{"no": 1}']);
});

t.test('a part that fails still has its result; one that says nothing has none', async (t) => {
  t.match(await node(`console.log('{"failed": 1}'); process.exitCode = 3`), {
    exitCode: 3,
    result: { failed: 1 },
  });
  const seen: string[] = [];
  t.match(await node(`console.log('{"cut'); process.exit(1)`, seen), { exitCode: 1, result: undefined });
  t.same(seen, ['{"cut']);
  t.match(await node(''), { exitCode: 0, result: undefined });
  t.match(await node(`process.kill(process.pid, 'SIGKILL')`), { exitCode: 1 });
  await t.rejects(
    run('/nowhere/at-all', [], process.cwd(), () => undefined),
    /could not be started/,
  );
});

t.test('results are kept per part', (t) => {
  const directory = join(t.testdir(), 'kept');
  const [part] = parts;
  if (part === undefined) throw new Error('no parts');
  t.equal(readStored(directory, part), undefined);
  const stored = {
    part: part.name,
    command: 'npm run sim',
    at: '2026-01-01T00:00:00.000Z',
    source: { commit: 'c'.repeat(40), changed: false },
    machine: thisMachine(),
    exitCode: 0,
    tookMs: 5,
    result: { seeds: 3 },
  };
  store(directory, stored);
  t.same(readStored(directory, part), stored);
  writeFileSync(join(directory, `${part.name}.json`), '{');
  t.throws(() => readStored(directory, part), /is no JSON; remove it and run: npm run report -- --only sim/);
  t.end();
});
