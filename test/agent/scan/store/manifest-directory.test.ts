import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { maxManifestBytes } from '@servo-auditor/proto/limits.ts';
import { openManifestDirectory } from '../../../../agent/src/scan/store/manifest-directory.ts';
import { never } from '../support.ts';

const fields = { uid: 'uid', project: 'project', argv: 'argv', cwd: 'cwd', env: 'env' };
const good = (uid: string, more: object = {}) =>
  JSON.stringify({ uid, project: 'p-1', argv: ['node', 's.js'], cwd: '/srv', env: { A: '1' }, ...more });
const sha256 = (content: string | Buffer) => createHash('sha256').update(content).digest('hex');

/** A store with one good manifest, and what `add` puts beside it. */
async function readWith(t: Test, add: (root: string) => void, ignore: readonly string[] = []) {
  const root = join(t.testdir(), 'store');
  mkdirSync(join(root, 'p-1'), { recursive: true });
  writeFileSync(join(root, 'p-1', '1.json'), good('u-good'));
  add(root);
  const store = openManifestDirectory({ root, fields, suffix: '.json', ignore });
  return { root, ...(await store.read([], never)) };
}

/** Exactly one problem, and the good manifest is still read. */
async function refuses(
  t: Test,
  code: string,
  message: RegExp,
  item: string,
  content: string | Buffer | undefined,
  add: (root: string) => void,
): Promise<void> {
  const { root, records, problems } = await readWith(t, add);
  t.equal(problems.length, 1);
  const [problem] = problems;
  t.equal(problem?.path, join(root, item));
  t.equal(problem?.code, code);
  t.match(problem?.message, message);
  t.equal(problem?.contentSha256, content === undefined ? undefined : sha256(content));
  t.ok(
    records.some((r) => r.uid === 'u-good'),
    'what could be read is there',
  );
}

t.test('reads every manifest of the tree', async (t) => {
  const { root, records, problems } = await readWith(t, (root) => {
    mkdirSync(join(root, 'p-2'));
    mkdirSync(join(root, 'empty'));
    writeFileSync(join(root, 'p-2', '1.json'), good('u-2', { project: 'p-2', other: 1 }));
    symlinkSync('1.json', join(root, 'p-2', 'link.json'));
    rmSync(join(root, 'p-2', 'link.json'));
  });
  t.strictSame(problems, []);
  t.strictSame(records, [
    {
      uid: 'u-good',
      project: 'p-1',
      argv: ['node', 's.js'],
      cwd: '/srv',
      env: { A: '1' },
      path: join(root, 'p-1/1.json'),
      of: undefined,
    },
    {
      uid: 'u-2',
      project: 'p-2',
      argv: ['node', 's.js'],
      cwd: '/srv',
      env: { A: '1' },
      path: join(root, 'p-2/1.json'),
      of: undefined,
    },
  ]);
});

t.test('an empty store is whole, and has nothing', async (t) => {
  const store = openManifestDirectory({ root: t.testdir(), fields, suffix: '.json', ignore: [] });
  t.strictSame(await store.read([], never), { records: [], problems: [] });
});

t.test('a mapping leads into objects, and finds only what it names', async (t) => {
  const root = t.testdir({
    p: { '1.json': '{"meta":{"id":"u-1","uid":"x"},"uid":"y"}', '2.json': '{"uid":"u-2"}' },
  });
  const store = openManifestDirectory({ root, fields: { uid: 'meta.id' }, suffix: '.json', ignore: [] });
  const { records, problems } = await store.read([], never);
  t.strictSame(
    records.map((r) => r.uid),
    ['u-1'],
  );
  t.strictSame(records[0]?.project, undefined);
  t.match(problems, [{ path: join(root, 'p/2.json'), code: 'missing-field', message: /"meta.id"/ }]);
});

const broken: readonly (readonly [name: string, code: string, message: RegExp, text: string])[] = [
  ['not JSON', 'not-json', /not JSON/, '{"uid":'],
  ['empty', 'not-json', /empty/, ''],
  ['a list', 'missing-field', /"uid" is missing/, '[1]'],
  [
    'no uid',
    'missing-field',
    /"uid" is missing/,
    JSON.stringify({ project: 'p', argv: ['a'], cwd: '/', env: {} }),
  ],
  ['a null uid', 'missing-field', /"uid" is missing/, good('x', { uid: null })],
  ['no project', 'missing-field', /"project" is missing/, good('u-x', { project: undefined })],
  ['a number as uid', 'wrong-type', /"uid" is a number: want a text/, good('x', { uid: 7 })],
  ['an empty uid', 'bad-value', /no servo uid: want 1 to 128/, good('')],
  ['a text as argv', 'wrong-type', /"argv" is a string: want a list/, good('u-x', { argv: 'node s.js' })],
  ['an empty argv', 'bad-value', /names no program/, good('u-x', { argv: [] })],
  ['a relative cwd', 'bad-value', /no absolute path/, good('u-x', { cwd: 'srv' })],
  ['a number in env', 'wrong-type', /"env" holds/, good('u-x', { env: { A: 1 } })],
  [
    'two uids in one manifest',
    'not-json',
    /the key "uid" stands twice/,
    `{"uid":"u-a",${good('u-b').slice(1)}`,
  ],
];
for (const [name, code, message, text] of broken) {
  t.test(`refuses a manifest that is broken: ${name}`, (t) =>
    refuses(t, code, message, 'p-1/2.json', text, (root) => writeFileSync(join(root, 'p-1/2.json'), text)),
  );
}

t.test('says everything that is wrong with a manifest, and none of its values', async (t) => {
  const { problems } = await readWith(t, (root) =>
    writeFileSync(join(root, 'p-1/2.json'), good('s3cret value', { env: { PASSWORD: 5 }, cwd: 's3cret' })),
  );
  t.equal(problems.length, 1);
  for (const field of ['uid', 'cwd', 'env']) t.match(problems[0]?.message, `"${field}"`);
  t.notMatch(problems[0]?.message, /s3cret/);
});

t.test('refuses bytes that are not UTF-8', (t) => {
  const bytes = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]);
  return refuses(t, 'not-json', /UTF-8/, 'p-1/2.json', bytes, (root) =>
    writeFileSync(join(root, 'p-1/2.json'), bytes),
  );
});

t.test('refuses one uid in two manifests, and returns both', async (t) => {
  const text = good('u-good');
  await refuses(t, 'uid-twice', /stands in .*p-1\/1\.json too/, 'p-1/2.json', text, (root) =>
    writeFileSync(join(root, 'p-1/2.json'), text),
  );
  const { records } = await readWith(t, (root) => writeFileSync(join(root, 'p-1/2.json'), text));
  t.equal(records.filter((r) => r.uid === 'u-good').length, 2);
});

t.test('refuses a link to nowhere, which can be acknowledged by where it leads', (t) =>
  refuses(t, 'dangling', /link to nowhere/, 'p-1/2.json', 'link to ../gone', (root) =>
    symlinkSync('../gone', join(root, 'p-1/2.json')),
  ),
);

t.test('refuses a project link to nowhere, and one to itself', async (t) => {
  await refuses(t, 'dangling', /link to nowhere/, 'p-9', 'link to gone', (root) =>
    symlinkSync('gone', join(root, 'p-9')),
  );
  await refuses(t, 'dangling', /leads to itself/, 'p-9', 'link to p-9', (root) => {
    rmSync(join(root, 'p-9'), { force: true });
    symlinkSync('p-9', join(root, 'p-9'));
  });
});

t.test('a link to a manifest counts as what it leads to', async (t) => {
  const { problems } = await readWith(t, (root) => symlinkSync('1.json', join(root, 'p-1/2.json')));
  t.match(problems, [{ code: 'uid-twice' }]);
});

t.test('refuses what is larger than a manifest may be', async (t) => {
  const text = good('u-x', { pad: ' '.repeat(maxManifestBytes) });
  await refuses(t, 'too-large', new RegExp(`at most ${maxManifestBytes}`), 'p-1/2.json', text, (root) =>
    writeFileSync(join(root, 'p-1/2.json'), text),
  );
});

t.test('hashes no more than it should of a huge file', (t) =>
  refuses(t, 'too-large', /bytes or more/, 'p-1/2.json', undefined, (root) => {
    writeFileSync(join(root, 'p-1/2.json'), '');
    truncateSync(join(root, 'p-1/2.json'), 2 ** 40);
  }),
);

// The memory of a process is a file that nobody can read from its beginning, not even root.
t.test('refuses what cannot be read', (t) =>
  refuses(t, 'unreadable', /cannot be read: EIO/, 'p-1/2.json', 'link to /proc/self/mem', (root) =>
    symlinkSync('/proc/self/mem', join(root, 'p-1/2.json')),
  ),
);

// Root may read everything, so the reader runs as a user of its own.
t.test('refuses what this user may not read: a manifest, a folder, the store', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'servo-store-'));
  t.teardown(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  mkdirSync(join(root, 'p-1'));
  mkdirSync(join(root, 'p-2'), { mode: 0o000 });
  writeFileSync(join(root, 'p-1/1.json'), good('u-good'));
  writeFileSync(join(root, 'p-1/2.json'), good('u-2'), { mode: 0o000 });
  const source = join(import.meta.dirname, '../../../../agent/src/scan/store/manifest-directory.ts');
  const code = `
    import { openManifestDirectory } from ${JSON.stringify(source)};
    const options = ${JSON.stringify({ root, fields, suffix: '.json', ignore: [] })};
    console.log(JSON.stringify(await openManifestDirectory(options).read([], new AbortController().signal)));`;
  const asOther = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  const read = () =>
    JSON.parse(
      execFileSync(process.execPath, ['--input-type=module', '-e', code], { encoding: 'utf8', ...asOther }),
    ) as unknown;
  t.match(read(), {
    records: [{ uid: 'u-good' }],
    problems: [
      { path: join(root, 'p-2'), code: 'unreadable', message: /may not read it/ },
      { path: join(root, 'p-1/2.json'), code: 'unreadable', message: /may not read it/ },
    ],
  });
  chmodSync(root, 0o700);
  if (process.getuid?.() !== 0) chmodSync(root, 0o000);
  t.match(read(), { records: [], problems: [{ path: root, code: 'unreadable' }] });
  chmodSync(root, 0o755);
  chmodSync(join(root, 'p-2'), 0o755);
});

t.test('does not wait at a pipe', (t) =>
  refuses(t, 'not-a-file', /want a manifest/, 'p-1/2.json', undefined, (root) => {
    execFileSync('mkfifo', [join(root, 'p-1/2.json')]);
  }),
);

t.test('refuses a folder where a manifest should be', (t) =>
  refuses(t, 'not-a-file', /want a manifest/, 'p-1/2.json', undefined, (root) =>
    mkdirSync(join(root, 'p-1/2.json')),
  ),
);

t.test('passes over nothing: entries that are neither folder nor manifest', async (t) => {
  await refuses(t, 'unexpected-entry', /want a folder per project/, 'README', 'hi', (root) =>
    writeFileSync(join(root, 'README'), 'hi'),
  );
  rmSync(join(t.testdirName, 'store'), { recursive: true });
  await refuses(t, 'unexpected-entry', /want only manifests/, 'p-1/1.json~', 'x', (root) =>
    writeFileSync(join(root, 'p-1/1.json~'), 'x'),
  );
  rmSync(join(t.testdirName, 'store'), { recursive: true });
  await refuses(t, 'too-deep', /folder inside/, 'p-1/deeper', undefined, (root) =>
    mkdirSync(join(root, 'p-1/deeper')),
  );
});

t.test('passes over what the configuration names, and nothing else', async (t) => {
  const { root, problems } = await readWith(
    t,
    (root) => {
      writeFileSync(join(root, '.lock'), '');
      writeFileSync(join(root, 'p-1/x.tmp'), '');
      writeFileSync(join(root, 'p-1/xtmp'), '');
    },
    ['.lock', '*.tmp'],
  );
  t.match(problems, [{ path: join(root, 'p-1/xtmp'), code: 'unexpected-entry' }]);
  t.equal(problems.length, 1);
});

t.test('a store that vanished is not an empty one', async (t) => {
  const root = join(t.testdir(), 'store');
  const store = openManifestDirectory({ root, fields, suffix: '.json', ignore: [] });
  const { records, problems } = await store.read([], never);
  t.strictSame(records, []);
  t.match(problems, [{ path: root, code: 'vanished', message: /mounted/ }]);
  t.notOk(problems[0]?.contentSha256, 'nobody can acknowledge it');
});

t.test('a root that is a file is not an empty store', async (t) => {
  const root = join(t.testdir({ store: 'x' }), 'store');
  const { problems } = await openManifestDirectory({ root, fields, suffix: '.json', ignore: [] }).read(
    [],
    never,
  );
  t.match(problems, [{ path: root, code: 'vanished', message: /no folder/ }]);
});

t.test('stops when the scan is over', async (t) => {
  const store = openManifestDirectory({
    root: t.testdir({ p: { '1.json': good('u') } }),
    fields,
    suffix: '.json',
    ignore: [],
  });
  await t.rejects(store.read([], AbortSignal.abort(new Error('over'))), { message: 'over' });
});

t.test('locks where it really is, also before it is there', async (t) => {
  const dir = t.testdir({ a: {} });
  symlinkSync('a', join(dir, 'b'));
  const lockOf = (root: string) =>
    openManifestDirectory({ root, fields, suffix: '.json', ignore: [] }).lock();
  t.equal(await lockOf(join(dir, 'b')), await lockOf(join(dir, 'a')));
  t.equal(await lockOf(join(dir, 'b/later')), await lockOf(join(dir, 'a/later')));
  t.not(await lockOf(join(dir, 'a')), await lockOf(join(dir, 'a/later')));
});
