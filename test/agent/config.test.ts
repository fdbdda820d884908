import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BadOptions, readOptions, sampleOf } from '@servo-auditor/proto/options.ts';
import { configTable, loadConfig, runtimeOptions, storeOptions } from '../../agent/src/config.ts';

const root = join(import.meta.dirname, '../..');
const sample = sampleOf(configTable);

function errorsOf(t: Test, text: string): readonly string[] {
  const file = join(t.testdir({ 'agent.yaml': text }), 'agent.yaml');
  try {
    loadConfig(file);
    return [];
  } catch (error) {
    if (error instanceof BadOptions) return error.errors.map((line) => line.slice(file.length + 1));
    throw error;
  }
}

t.test('the sample file is the table’s, and right as it is', (t) => {
  t.equal(
    readFileSync(join(root, 'docs/servo-agent.sample.yaml'), 'utf8'),
    sample,
    'run: npm run -s servo-agent sample-config > docs/servo-agent.sample.yaml',
  );
  const config = readOptions(configTable, sample, '/etc/servo-agent/agent.yaml');
  t.match(config, {
    installation: 'inst-634e4a203a96fa5f',
    tls: { key: '/etc/servo-agent/key.pem' },
    limits: { stops: 1, window: 600_000, longShare: 0.05, longWindow: 86_400_000 },
    demo: undefined,
  });
  t.strictSame(errorsOf(t, sample), []);
  t.end();
});

t.test('every error at once, each with its place and what would be right', (t) => {
  const errors = errorsOf(
    t,
    sample
      .replace('installation: inst-634e4a203a96fa5f', 'installation: "-"')
      .replace('users: [servo]', 'users: []')
      .replace('state: /var', 'stat: /var'),
  );
  t.match(errors.join('\n'), /^4:15 installation: is "-"; want installation id/m);
  t.match(errors.join('\n'), /runtime\.users: has 0 entries/);
  t.match(errors.join('\n'), /stat: unknown key; did you mean state\?/);
  t.match(errors.join('\n'), /state: is missing/);
  t.end();
});

t.test('a demo is refused where the coordinator is another machine', (t) => {
  const demo = `${sample}demo:\n  factor: 30000\n`;
  t.match(errorsOf(t, demo), [/demo: speeds waits up, and coordinator\.example:7443 is another machine/]);
  for (const address of ['127.0.0.1:7443', 'localhost:1', '"[::1]:7443"'])
    t.strictSame(
      errorsOf(t, demo.replace('address: coordinator.example:7443', `address: ${address}`)),
      [],
      address,
    );
  t.end();
});

t.test('store and runtime may not read the same field', (t) => {
  const labels = sample.replace(
    /store:\n[\s\S]*?\n# What really runs/,
    'store: { kind: labels, fields: { uid: SERVO_UID } }\n# What really runs',
  );
  t.match(errorsOf(t, labels), [/runtime\.identity: reads SERVO_UID, which the store reads too/]);
  t.strictSame(errorsOf(t, labels.replace('uid: SERVO_UID', 'uid: PLATFORM_UID')), []);
  const guests = `runtime: { kind: lxc, lxcpath: /var/lib/lxc, marker: { variable: H, value: h },
  identity: { from: environment, variable: SERVO_UID } }
# When`;
  const lxc = labels.replace(/runtime:\n[\s\S]*?\n# When/, guests);
  t.match(errorsOf(t, lxc), [/runtime\.identity: reads SERVO_UID, which the store reads too/]);
  t.strictSame(errorsOf(t, lxc.replace('from: environment, variable: SERVO_UID', 'from: hostname')), []);
  t.match(errorsOf(t, `${sample}activity: { probeSources: [home] }\n`).join(), /activity: is there twice/);
  t.end();
});

t.test('options of store and runtime, as these want them', (t) => {
  const config = readOptions(configTable, sample, '/etc/a.yaml');
  t.strictSame(storeOptions(config), {
    store: 'manifest-directory',
    options: {
      root: '/var/lib/platform/servos',
      fields: { uid: 'uid', project: undefined, argv: undefined, cwd: undefined, env: undefined },
      suffix: '.json',
      ignore: [],
    },
  });
  t.match(runtimeOptions(config), { runtime: 'process', options: { users: ['servo'], probeSources: [] } });
  t.end();
});
