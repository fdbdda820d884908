import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { CellId } from '../../proto/src/ids.ts';
import {
  BadOptions,
  choice,
  duration,
  flag,
  group,
  helpOf,
  id,
  listOf,
  loadOptions,
  mapOf,
  numbersOf,
  optionalGroup,
  path,
  readOptions,
  real,
  sampleOf,
  text,
  variant,
  whole,
  type Table,
} from '../../proto/src/options.ts';

const policy = numbersOf({
  heartbeatIntervalMs: { unit: 'ms', min: 5000, max: 60_000, default: 10_000, help: 'how often' },
  quorumSources: { unit: 'count', min: 2, max: 8, default: 2, help: 'sources' },
  matchShare: { unit: 'share', min: 0.8, max: 1, default: 0.9, help: 'share' },
  cpuPermille: { unit: 'permille', min: 1, max: 100, default: 10, help: 'cpu' },
});

const table = {
  cell: id('cell', { help: 'the cell that it leads', example: 'c1' }),
  listen: group('where it listens', {
    address: text({ help: 'address', default: '127.0.0.1' }),
    port: whole({ help: 'port', min: 0, max: 65_535, default: 7443 }),
  }),
  tls: group('own identity', { ca: path({ help: 'authority', example: 'ca.pem' }) }),
  demo: optionalGroup('scaled waits', {
    factor: whole({ help: 'how much faster', min: 1, max: 1000, example: '10' }),
  }),
  level: choice(['debug', 'info'], { help: 'log level', default: 'info' }),
  users: listOf(text({ help: 'user', example: 'www', pattern: { like: /^[a-z]+$/, says: 'a user name' } }), {
    help: 'whose processes are servos',
  }),
  every: duration({ help: 'how often', min: 100, max: 86_400_000, default: 10_000 }),
  ratio: real({ help: 'a share', min: 0, max: 1, default: 0.5 }),
  note: text({ help: 'a note', optional: true, example: 'hello' }),
  strict: flag({ help: 'no mercy', default: true }),
  witnesses: listOf(
    variant(
      'kind',
      {
        sql: {
          file: path({ help: 'database', example: 'registry.db' }),
          reads: choice(['primary'], { help: 'how', default: 'primary' }),
        },
        http: { url: text({ help: 'address', example: '"http://localhost/"' }) },
      },
      'how it is read',
    ),
    { help: 'witnesses', min: 1, max: 3 },
  ),
  fields: mapOf(text({ help: 'field' }), { help: 'mapping', example: '{ uid: id }' }),
  policy: group('numbers', policy),
} as const satisfies Table;

const least = 'cell: c1\ntls: { ca: ca.pem }\nwitnesses: [{ kind: http, url: x }]\nfields: {}\n';
const read = (yaml: string) => readOptions(table, yaml, '/etc/servo/servo.yaml');
/** The errors, without the name of the file. */
function errors(yaml: string): readonly string[] {
  try {
    read(yaml);
  } catch (error) {
    if (error instanceof BadOptions)
      return error.errors.map((line) => line.replace('/etc/servo/servo.yaml:', ''));
    throw error;
  }
  return [];
}

t.test('defaults, and the types that follow from the table', (t) => {
  const values = read(least);
  const cell: CellId = values.cell;
  const note: string | undefined = values.note;
  const factor: number | undefined = values.demo?.factor;
  const level: 'debug' | 'info' = values.level;
  const [witness] = values.witnesses;
  const url: string | undefined = witness?.kind === 'http' ? witness.url : witness?.file;
  const field: string | undefined = values.fields['uid'];
  t.strictSame([cell, note, factor, level, url, field], ['c1', undefined, undefined, 'info', 'x', undefined]);
  t.strictSame(values, {
    cell: 'c1',
    listen: { address: '127.0.0.1', port: 7443 },
    tls: { ca: '/etc/servo/ca.pem' },
    demo: undefined,
    level: 'info',
    users: [],
    every: 10_000,
    ratio: 0.5,
    note: undefined,
    strict: true,
    witnesses: [{ kind: 'http', url: 'x' }],
    fields: {},
    policy: { heartbeatIntervalMs: 10_000, quorumSources: 2, matchShare: 0.9, cpuPermille: 10 },
  });
  t.end();
});

t.test('values', (t) => {
  const values = read(`${least}listen:
  port: 0
demo: { factor: 7 }
users: [a, b]
every: 1.5 h
note: "7"
strict: false
policy:
  heartbeatIntervalMs: 6000
`);
  t.strictSame(
    [values.listen.port, values.demo, values.users, values.every, values.note, values.strict],
    [0, { factor: 7 }, ['a', 'b'], 5_400_000, '7', false],
  );
  t.equal(values.policy.heartbeatIntervalMs, 6000, 'a bare number under a key that names the unit');
  t.equal(read(least.replace('ca.pem', '/abs/ca.pem')).tls.ca, '/abs/ca.pem');
  t.end();
});

t.test('every error at once, each with its place and what would be right', (t) => {
  t.strictSame(
    errors(`cell: c1
listen: { port: "80", adress: x }
levle: info
demo: {}
users: [a, B, a]
every: 10
ratio: 1.01
note:
strict: yes
cell: -x
witnesses:
  - kind: sqll
  - kind: http
    url: [x]
  - url: x
fields: [1]
policy: { heartbeatIntervalMs: 1 s, quorumSources: 2.5, nonsense: 1 }
`),
    [
      '1:1 tls.ca: is missing; want a path, absolute or relative to this file',
      '2:17 listen.port: is "80"; want a whole number from 0 to 65535',
      '2:23 listen.adress: unknown key; did you mean address?',
      '3:1 levle: unknown key; did you mean level?',
      '4:7 demo.factor: is missing; want a whole number from 1 to 1000',
      '5:12 users[1]: is "B"; want a user name',
      '5:15 users[2]: is there twice; want it once',
      '6:8 every: is 10; want a duration from 100 ms to 1 d, written like "10 s"',
      '7:8 ratio: is 1.01; want a number from 0 to 1',
      '8:6 note: is empty; want text of 1 to 1000 characters',
      '9:9 strict: is "yes"; want true or false',
      '10:1 cell: is there twice; want each key once',
      '10:7 cell: is "-x"; want cell id: 1 to 63 letters, digits, ".", "_" or "-", starting with a letter or digit',
      '12:11 witnesses[0].kind: is unknown; want one of sql, http',
      '14:10 witnesses[1].url: is a list or a mapping; want text of 1 to 1000 characters',
      '15:5 witnesses[2].kind: is missing; want one of sql, http',
      '16:9 fields: is a list; want a mapping from names to text of 1 to 1000 characters',
      '17:32 policy.heartbeatIntervalMs: is "1 s"; want a duration from 5 s to 1 min, written like "10 s"',
      '17:52 policy.quorumSources: is 2.5; want a whole number from 2 to 8',
      '17:57 policy.nonsense: unknown key; want one of heartbeatIntervalMs, quorumSources, matchShare, cpuPermille',
    ],
  );
  t.end();
});

t.test('nothing is coerced', (t) => {
  const wrong: readonly (readonly [string, string])[] = [
    ['listen: { port: 80.5 }', 'listen.port'],
    ['listen: { port: -1 }', 'listen.port'],
    ['listen: { port: .inf }', 'listen.port'],
    ['listen: { port: 99999999999999999999 }', 'listen.port'],
    ['listen: { port: true }', 'listen.port'],
    ['listen: { port: null }', 'listen.port'],
    ['listen: { address: 7 }', 'listen.address'],
    ['listen: { address: "" }', 'listen.address'],
    ['listen: 5', 'listen'],
    ['listen: [a]', 'listen'],
    ['strict: "true"', 'strict'],
    ['strict: 1', 'strict'],
    ['level: INFO', 'level'],
    ['every: 10s later', 'every'],
    ['every: "10"', 'every'],
    ['every: 1 week', 'every'],
    ['every: -1 s', 'every'],
    ['every: 0.0001 s', 'every'],
    ['users: a', 'users'],
    ['ratio: "0.5"', 'ratio'],
  ];
  for (const [yaml, key] of wrong)
    t.match(errors(`${least}${yaml}\n`).join(), new RegExp(`^5:\\d+ ${key}: is `), yaml);
  t.strictSame(errors(`${least}every: 10s\n`), [], 'a duration without the blank is one');
  t.end();
});

t.test('what is no mapping of keys', (t) => {
  t.match(errors('').length, 4, 'an empty file lacks what is required');
  t.match(errors('- a\n').join(), /^1:1 file: is a list; want a mapping of keys/);
  t.match(errors('just text\n').join(), /^1:1 file: is a single value/);
  t.match(errors('cell: [\n').join(), /^\d:\d file: .*; want YAML 1\.2/);
  t.match(errors('cell: "a\n').join(), /want YAML 1\.2/);
  t.match(errors('cell: a\n---\ncell: b\n').join(), /want YAML 1\.2/, 'two documents');
  t.match(errors('cell: !secret a\n').join(), /want YAML 1\.2/, 'a tag');
  t.match(
    errors(`${least}note: &n x\nlevel: *n\n`).join(),
    /has an alias \(\*\); want every value written out/,
  );
  t.match(errors(`${least}1: x\n`).join(), /5:1 file: has a key that is no text/);
  t.match(errors(`note: ${'x'.repeat(1024 * 1024)}\n`).join(), /at most 1048576/);
  t.match(
    errors(least.replace('[{ kind: http, url: x }]', '[]')).join(),
    /witnesses: has 0 entries; want a list of 1 to 3/,
  );
  t.end();
});

t.test('a group that may be absent is not switched on by its bare key', (t) => {
  t.match(
    errors(`${least}demo:\n`).join(),
    /^5:\d demo: is empty; want a mapping of keys, or no such key at all$/,
  );
  t.end();
});

t.test('an error about a key is one line, whatever the key', (t) => {
  t.match(errors(`${least}"a\\nb": x\n`), [/^5:1 "a\\nb": unknown key; /]);
  t.match(errors(`${least}"": x\n`), [/^5:1 "": unknown key; /]);
  t.match(errors(`${least}? ${'k'.repeat(2000)}\n: x\n`), [/^5:\d "k{100}": unknown key; /]);
  t.end();
});

t.test('rules over several options speak at the place of one', (t) => {
  const file = join(t.testdir(), 'servo.yaml');
  writeFileSync(file, `${least}note: x\n`);
  const load = () =>
    loadOptions(table, file, (values, refuse) => {
      if (values.note === 'x') refuse('note', 'is x', 'something else');
      refuse('witnesses[0].url', 'is odd', 'even');
    });
  t.throws(load, {
    errors: [
      `${file}:3:32 witnesses[0].url: is odd; want even`,
      `${file}:5:7 note: is x; want something else`,
    ],
  });
  t.end();
});

t.test('a file that cannot be read', (t) => {
  const file = join(t.testdir(), 'none.yaml');
  t.throws(() => loadOptions(table, file), {
    name: 'BadOptions',
    message: /none\.yaml:1:1 file: cannot be read \(ENOENT/,
  });
  writeFileSync(file, least);
  chmodSync(file, 0o644);
  t.equal(loadOptions(table, file).tls.ca, join(file, '..', 'ca.pem'));
  t.end();
});

t.test('the sample is a file that the same table reads', (t) => {
  const sample = sampleOf(table);
  t.strictSame(errors(sample), []);
  const values = read(sample);
  t.equal(values.listen.port, 7443);
  t.strictSame(values.witnesses, [{ kind: 'sql', file: '/etc/servo/registry.db', reads: 'primary' }]);
  t.strictSame(
    sample.split('\n').filter((line) => line.length > 100),
    [],
    'at most 100 columns',
  );
  t.strictSame(
    sample.split('\n').filter((line) => line.endsWith(' ')),
    [],
    'no blanks at an end',
  );
  t.match(
    sample,
    /^# The cell that it leads\. Cell id: .*\n# or digit\.\ncell: c1\n\n# Where it listens\.\nlisten:\n\n {2}# Address\./,
  );
  t.end();
});

t.test('the sample holds with everything that is commented out put in', (t) => {
  const all = sampleOf(table).replace(/^( *)#(?! \S)/gm, '$1');
  t.not(all, sampleOf(table));
  t.strictSame(errors(all), []);
  const values = read(all);
  t.strictSame(values.demo, { factor: 10 });
  t.strictSame(values.users, ['www']);
  t.equal(values.note, 'hello');
  t.strictSame(values.witnesses[1], { kind: 'http', url: 'http://localhost/' });
  t.end();
});

t.test('help names every option once, within 100 columns', (t) => {
  const help = helpOf(table);
  for (const name of [
    'cell',
    'listen.port',
    'demo.factor',
    'witnesses[] (kind: sql).file',
    'policy.matchShare',
  ])
    t.equal(help.split('\n').filter((line) => line === name).length, 1, name);
  t.match(help, /listen\.port\n {6}port \(a whole number from 0 to 65535; default 7443\)\n/);
  t.match(help, /note\n {6}a note \(text of 1 to 1000 characters; may be left out\)\n/);
  t.strictSame(
    help.split('\n').filter((line) => line.length > 100),
    [],
  );
  t.end();
});
