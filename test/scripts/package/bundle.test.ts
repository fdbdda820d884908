// A bundled agent is the agent, of the release that it was built as; and it serves real hosts only.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { bundle, licencesOf } from '../../../scripts/package/bundle.ts';
import { Host } from '../../agent/support/host.ts';

const root = join(import.meta.dirname, '../../..');

t.test('a packaged agent refuses a demo installation, and nothing else of the same file', async (t) => {
  const host = await Host.make(t);
  const dir = join(host.directory, 'packaged');
  const main = join(dir, 'lib', 'servo-agent.mjs');
  mkdirSync(join(dir, 'lib'), { recursive: true });
  const folders = await bundle('agent/src/main.ts', main, '7.8.9');
  cpSync(join(root, 'proto/servo'), join(dir, 'servo'), { recursive: true });
  const run = (...args: readonly string[]) =>
    spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', env: { PATH: '/usr/bin' } });
  t.equal(run('--version').stdout, '7.8.9\n');
  const check = (more: Readonly<Record<string, unknown>>) =>
    run('run', '--check-config', '--config', host.config(more));
  t.match(check({ demo: undefined }), { status: 0, stdout: /is right: host h-1/ });
  const demo = check({ demo: { factor: 10 } });
  t.equal(demo.status, 2);
  t.match(demo.stderr, /demo: belongs to a demo installation, and this agent was installed from a package/);
  t.ok(folders.some((folder) => folder.endsWith('@grpc/grpc-js')));
  t.match(licencesOf(folders), /^@grpc\/grpc-js 1\.\d+\.\d+ \(Apache-2\.0\)$/m);
  t.notOk(
    folders.some((folder) => folder.includes('better-sqlite3')),
    'native code is not in it',
  );
});

t.test('the same agent from its sources takes part in a demo', async (t) => {
  const host = await Host.make(t);
  host.config();
  t.match(await host.command('run', '--check-config'), { code: 0 });
});
