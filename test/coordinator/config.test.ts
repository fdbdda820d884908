// The coordinator's configuration: read as a whole, refused as a whole, with every error at its place.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { BadOptions, readOptions, sampleOf } from '@servo-auditor/proto/options.ts';
import { coordinatorTable, loadConfig } from '../../coordinator/src/config.ts';
import { defaultPolicy, policyOptions } from '../../coordinator/src/domain/policy.ts';

const sampleFile = join(import.meta.dirname, '../../docs/servo-coordinator.sample.yaml');
const sample = sampleOf(coordinatorTable);
const demo = 'demo: { factor: 1000 }\n';
const onLoopback = sample.replace('0.0.0.0:7443', '127.0.0.1:0');

/** Errors of a file with this text, each without the file's name. */
function errorsOf(t: Test, text: string): readonly string[] {
  const file = join(t.testdir({ 'coordinator.yaml': text }), 'coordinator.yaml');
  try {
    loadConfig(file);
    return [];
  } catch (error) {
    if (!(error instanceof BadOptions)) throw error;
    for (const line of error.errors) t.ok(line.startsWith(`${file}:`), 'names the file');
    return error.errors.map((line) => line.slice(file.length + 1));
  }
}

/** The sample with more under `policy:`. */
function withPolicy(text: string, lines: string): string {
  return text.replace(/^#?policy:$/m, `policy:\n  ${lines}`);
}

t.test('the sample is the table’s, and right as it is', async (t) => {
  t.equal(
    readFileSync(sampleFile, 'utf8'),
    sample,
    'run: npm run -s servo-coordinator sample-config > docs/servo-coordinator.sample.yaml',
  );
  t.strictSame(errorsOf(t, sample), []);
  const config = readOptions(coordinatorTable, sample, '/etc/servo/coordinator.yaml');
  t.match(config, {
    id: 'coordinator-1',
    tls: { key: '/etc/servo/key.pem' },
    state: '/var/lib/servo-coordinator/state.db',
    cells: ['c1'],
    witnesses: [{ kind: 'sql', authority: true }],
    demo: undefined,
    logLevel: 'info',
  });
  t.strictSame(config.policy, defaultPolicy, 'what is not set is as DESIGN gives it');
});

t.test('every number of the policy is in the sample, and may be set', async (t) => {
  for (const name of Object.keys(policyOptions)) t.match(sample, new RegExp(`^ *#? *#?${name}: `, 'm'), name);
  const file = withPolicy(sample, 'evidenceRounds: 5\n  graceReleasedMs: 2 h');
  const { policy } = readOptions(coordinatorTable, file, '/etc/c.yaml');
  t.match(policy, { evidenceRounds: 5, graceReleasedMs: 7_200_000, quorumSources: 2 });
});

t.test('every error at once, each with line, column, value and what would be right', async (t) => {
  const errors = errorsOf(
    t,
    sample
      .replace('id: coordinator-1', 'id: "-"')
      .replace('listen: 0.0.0.0:7443', 'listen: nowhere')
      .replace('cells: [c1]', 'cells: []')
      .replace('orderKey:', 'orderkey:')
      .replace('state: /var/lib/servo-coordinator/state.db', 'state: 7'),
  );
  const all = errors.join('\n');
  t.match(all, /^3:5 id: is "-"; want coordinator id/m);
  t.match(all, /^7:9 listen: is "nowhere"; want <address>:<port>/m);
  t.match(all, /^\d+:\d+ orderkey: unknown key; did you mean orderKey\?/m);
  t.match(all, /^\d+:\d+ state: is 7; want /m);
  t.match(all, /^\d+:\d+ cells: has 0 entries; want /m);
  t.match(all, /orderKey: is missing/m);
  t.equal(errors.length, 6, 'and no other');
});

t.test('numbers keep within bounds that turn no gate off', async (t) => {
  for (const [name, { min, max, unit }] of Object.entries(policyOptions)) {
    const write = (value: number): string => (unit === 'ms' ? `${value} ms` : String(value));
    const over = withPolicy(onLoopback, `${name}: ${write(unit === 'share' ? max + 0.001 : max + 1)}`);
    t.match(errorsOf(t, over), [new RegExp(`policy\\.${name}: `)], `${name} above ${max}`);
    const under = withPolicy(onLoopback, `${name}: ${write(unit === 'share' ? min - 0.001 : min - 1)}`);
    t.match(errorsOf(t, under), [new RegExp(`policy\\.${name}: `)], `${name} below ${min}`);
  }
});

t.test('an order lives long enough to be carried out', async (t) => {
  const lives = (order: string, heartbeat: string) =>
    errorsOf(t, withPolicy(onLoopback, `orderLivesMs: ${order}\n  heartbeatIntervalMs: ${heartbeat}`));
  t.strictSame(lives('20 s', '10 s'), []);
  t.match(lives('30 s', '60 s'), [
    /policy\.orderLivesMs: is 30000 ms; want at least 120000 ms, two heartbeat intervals/,
  ]);
});

t.test('exactly one authority', async (t) => {
  const none = sample.replace('authority: true', 'authority: false');
  t.match(errorsOf(t, none), [
    /^\d+:\d+ witnesses: has 0 authorities; want exactly one witness with authority: true/,
  ]);
  const unsaid = sample.replace(/^ *authority: true\n/m, '');
  t.match(errorsOf(t, unsaid), [/witnesses\[0\]\.authority: is missing/], 'nothing is taken for granted');
  const second = (id: string, authority: boolean): string =>
    sample.replace(
      /^witnesses:$/m,
      `witnesses:\n  - { kind: http, id: ${id}, source: s2, authority: ${authority}, url: "http://127.0.0.1:1/r", fields: {} }`,
    );
  t.match(errorsOf(t, second('router', true)), [/has 2 authorities/]);
  t.match(errorsOf(t, second('registry', false)), [
    /witnesses\[1\]\.id: is there twice; want an id of its own/,
  ]);
  t.strictSame(errorsOf(t, second('router', false)), []);
});

t.test('a demo is on loopback, and only a demo is quick', async (t) => {
  t.match(errorsOf(t, sample + demo), [/^\d+:\d+ listen: is 0\.0\.0\.0:7443; want a loopback address/]);
  for (const address of ['127.0.0.1:0', '127.8.9.1:1', 'localhost:7443', '"[::1]:0"'])
    t.strictSame(errorsOf(t, sample.replace('0.0.0.0:7443', address) + demo), [], address);
  for (const address of ['10.0.0.1:0', '127.example:1', '"[::]:0"', 'localhost.example:1', '128.0.0.1:1'])
    t.match(errorsOf(t, sample.replace('0.0.0.0:7443', address) + demo), [/want a loopback/], address);
  const quick = withPolicy(onLoopback, 'heartbeatIntervalMs: 200 ms\n  roundIntervalMs: 200 ms');
  t.strictSame(errorsOf(t, quick + demo), []);
  t.match(errorsOf(t, quick).toSorted(), [
    /heartbeatIntervalMs: is 200 ms; want at least 5000 ms, except in a demo/,
    /roundIntervalMs: is 200 ms; want at least 5000 ms, except in a demo/,
  ]);
  t.match(errorsOf(t, `${onLoopback}demo: { factor: 0.5 }\n`), [/demo\.factor/], 'never slower than time');
  t.match(
    errorsOf(t, `${onLoopback}demo: {}\n`),
    [/demo\.factor: is missing/],
    'an empty field makes no demo',
  );
});

t.test('a file that is not there, or no YAML', async (t) => {
  t.throws(() => loadConfig(join(t.testdir(), 'none.yaml')), /none\.yaml/);
  t.ok(errorsOf(t, 'id: [').length > 0);
  t.ok(errorsOf(t, '').length > 5, 'an empty one lacks everything');
});
