// The harness itself: nothing of an engine stays behind, however its test ends.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import { listPids, readParts } from '../../agent/src/scan/runtime/proc.ts';
import { until } from '../agent/scan/support.ts';
import { members } from './cgroups.ts';
import { lacking } from './need.ts';
import { Scratch } from './scratch.ts';

t.setTimeout(180_000);
const root = process.getuid?.() === 0;

/** Sees to a daemon of two generations that outlives its parent, with a mount in the scratch directory. */
const mess = (directory: string) => [
  'sh',
  '-c',
  `mkdir -p ${directory}/m; mount -t tmpfs tmpfs ${directory}/m; setsid sleep 1001 & exec sleep 1002`,
];

t.test(
  'everything ends with the test that made it',
  { skip: root ? false : 'must run as root' },
  async (t) => {
    const scratch = await Scratch.make(t);
    await scratch.start(mess(scratch.directory));
    await until('both run', () => (members(scratch.group).length === 3 ? true : undefined));
    t.notOk(existsSync(join(scratch.directory, 'm', 'x')), 'mounts are its own');
    await scratch.close();
    t.strictSame(members(scratch.group), []);
    t.notOk(existsSync(scratch.directory));
  },
);

t.test('also when the test is killed', { skip: root ? false : 'must run as root' }, async (t) => {
  const file = join(t.testdir(), 'killed.ts');
  const scratchTs = join(import.meta.dirname, 'scratch.ts');
  writeFileSync(
    file,
    `import { Scratch } from ${JSON.stringify(scratchTs)};
     const s = await Scratch.make({ teardown: () => undefined });
     await s.start(['sh', '-c', 'setsid sleep 1001 & exec sleep 1002']);
     console.log(JSON.stringify([s.directory, s.group]));
     setInterval(() => undefined, 1000);`,
  );
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const [directory = '', group = ''] = JSON.parse(line) as string[];
  await until('both run', () => (members(group).length === 3 ? true : undefined));
  child.kill('SIGKILL');
  await until('all is gone', () => (existsSync(directory) || members(group).length > 0 ? undefined : true));
  const left = await Promise.all(
    listPids().map(async (pid) => {
      const environ = (await readParts(pid, 'environ').catch(() => undefined)) ?? [];
      return environ.includes(`HOME=${directory}`);
    }),
  );
  t.notOk(left.includes(true), 'no process stayed behind');
});

t.test(
  'a power failure in there leaves the keeper, and all else ends',
  { skip: root ? false : 'must run as root' },
  async (t) => {
    const scratch = await Scratch.make(t);
    await scratch.start(mess(scratch.directory));
    await scratch.reap();
    t.equal(members(scratch.group).length, 1);
    t.equal((await scratch.run(['echo', 'still here'])).trim(), 'still here');
    await t.rejects(scratch.run(['sh', '-c', 'echo why; exit 3']), /ended with 3: why/);
  },
);

t.test('what is missing is named with the line that installs it', async (t) => {
  for (const name of ['docker', 'podman', 'containerd', 'lxc'] as const)
    t.match(
      lacking(name) ?? `${name}: missing x; apt-get install --no-install-recommends x`,
      /^\w+: (missing .+; apt-get install --no-install-recommends .+|the tests must run as root)$/,
    );
});
