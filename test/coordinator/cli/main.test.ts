// The process: exit codes, where the connection comes from, and what it says when nobody answers.
import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { settingsSample } from '../../../coordinator/src/cli/settings.ts';
import { createCa, issueOperator } from '../../../coordinator/src/pki.ts';
import { aWorld, connection, servoctl } from '../../support/admin.ts';

const main = join(import.meta.dirname, '../../../coordinator/src/cli/main.ts');

function run(argv: readonly string[], env: Record<string, string> = {}) {
  return new Promise<{ code: number; out: string; err: string }>((resolve) => {
    execFile(process.execPath, [main, ...argv], { env: { ...process.env, ...env } }, (error, out, err) =>
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err }),
    );
  });
}

t.test('help teaches, and names the exit codes', async (t) => {
  const { code, out } = await run(['--help']);
  t.equal(code, 0);
  t.match(out, /Exit codes: 0 done, nothing is wrong; 1 refused.*2 wrong usage; 3 no coordinator answers/);
  t.equal((await run([])).code, 2, 'nothing is not a command');
  t.equal((await run(['hosts'])).code, 2);
  t.equal((await run(['no-such'])).code, 2);
  t.equal((await run(['--version'])).code, 0);
});

t.test('a file tells where the coordinator is; flags stand above it', async (t) => {
  const world = await aWorld(t);
  const dir = join(world.pki, 'operators', 'ada-viewer');
  const file = join(dir, 'servoctl.yaml');
  writeFileSync(file, `address: ${world.address}\ntls: { ca: ca.pem, cert: cert.pem, key: key.pem }\n`);
  const { code, out, err } = await run(['status', '--json'], { SERVOCTL_CONFIG: file });
  t.equal(code, 0, err);
  t.match(JSON.parse(out), { coordinator: 'main' });
  t.equal(err, '');
  const elsewhere = await run(['status', '--config', file, '--address', 'localhost:1']);
  t.equal(elsewhere.code, 3);
  t.match(elsewhere.err, 'the coordinator at localhost:1 does not answer');
});

t.test('what is missing or wrong in the settings is named', async (t) => {
  const dir = t.testdir({ 'bad.yaml': 'address: localhost:1\ntsl: {}\n' });
  const none = await servoctl(['status']);
  t.equal(none.code, 2);
  t.match(none.err, /where is the coordinator\?.*SERVOCTL_CONFIG/);
  t.match(none.err, settingsSample.split('\n')[0] ?? 'no sample');
  t.match(await servoctl(['status', '--config', join(dir, 'none.yaml')]), {
    code: 2,
    err: /none.yaml is not there/,
  });
  const bad = await servoctl(['status', '--config', join(dir, 'bad.yaml')]);
  t.match(bad, { code: 2, err: /tsl: unknown key/ });
  t.match(bad.err, 'tls.ca');
});

t.test('a key that others can read is refused before anything is sent', async (t) => {
  const dir = t.testdir();
  await createCa(dir, 'example.test');
  const files = await issueOperator(dir, parseId('operator', 'ada'), 'viewer');
  chmodSync(files.key, 0o644);
  const ended = await servoctl([...connection('localhost:1', files), 'status']);
  t.match(ended, { code: 2, err: /lets others read/ });
});

t.test('a server that is no coordinator of ours is not reachable', async (t) => {
  const dir = t.testdir();
  await createCa(dir, 'example.test');
  const files = await issueOperator(dir, parseId('operator', 'ada'), 'viewer');
  const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' ? address?.port : 0;
  const ended = await servoctl([...connection(`localhost:${port}`, files), 'status']);
  t.match(ended, { code: 3, err: /does not answer/ });
});

t.test('pki on the command line: each step says what to copy where', async (t) => {
  const dir = join(t.testdir(), 'pki');
  const at = ['--dir', dir];
  const init = await servoctl(['pki', 'init', '--trust-domain', 'example.test', ...at]);
  t.match(init, { code: 0, out: /ca\.key offline/ });
  t.match(await servoctl(['pki', 'order-key', ...at]), { code: 0, out: /public\.pem to every host/ });
  t.match(await servoctl(['pki', 'host', 'h1', '--cell', 'c1', ...at]), {
    code: 0,
    out: /servoctl hosts enrol h1 --cell c1/,
  });
  t.match(await servoctl(['pki', 'coordinator', 'main', '--name', 'localhost', '127.0.0.1', ...at]), {
    code: 0,
  });
  t.match(await servoctl(['pki', 'operator', 'ada', '--role', 'approver', ...at]), {
    code: 0,
    out: /SERVOCTL_CONFIG/,
  });
  t.match(await servoctl(['pki', 'init', '--trust-domain', 'example.test', ...at]), {
    code: 1,
    err: /already there/,
  });
  t.match(await servoctl(['pki', 'host', '../x', '--cell', 'c1', ...at]), { code: 2, err: /is no host/ });
  t.match(await servoctl(['pki', 'operator', 'bob', '--role', 'king', ...at]), {
    code: 2,
    err: /want one of viewer/,
  });
  t.match(await servoctl(['pki', 'host', 'h2', ...at]), { code: 2, err: /--cell/ });
});
