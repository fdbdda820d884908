import { appendFileSync, mkdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { fileWitness } from '../../../coordinator/src/witness/file.ts';
import { WitnessChanged } from '../../../coordinator/src/witness/port.ts';
import { failure, never, profile, readAll } from '../../support/witness.ts';

type Test = typeof t;
function aFile(
  t: Pick<Test, 'testdir' | 'teardown'>,
  text: string,
  format: 'json' | 'csv' = 'json',
  maxRows = 100,
) {
  const file = join(t.testdir(), `claims.${format}`);
  writeFileSync(file, text);
  return { file, witness: fileWitness({ profile, file, format, maxRows }) };
}
const good = {
  lineage: 'b',
  version: 3,
  rows: 3,
  claims: [{ uid: 'u1', host: 'h1' }, { uid: 'u2' }],
  tombstones: [{ uid: 'u3', project_released: true }],
};
const csv = '# lineage=b version=3 rows=2\nuid,host,since\nu1,h1,7\n"u2",,\n';
const u2 = 'u2' as ServoUid;

t.test('reads JSON and CSV, and looks single uids up by reading anew', async (t) => {
  const { witness, file } = aFile(t, JSON.stringify(good));
  t.match(await readAll(witness), {
    version: 3,
    lineage: 'b',
    rows: 3,
    claims: [{ uid: 'u1', host: 'h1' }, { uid: 'u2' }],
    tombstones: [{ uid: 'u3', projectReleased: true }],
  });
  t.equal((await witness.lookup(u2, never)).claims.length, 1);
  writeFileSync(file, JSON.stringify({ ...good, rows: 0, claims: [], tombstones: [] }));
  t.equal((await witness.lookup(u2, never)).claims.length, 0);
  t.strictSame((await readAll(aFile(t, csv, 'csv').witness)).claims, [
    { uid: 'u1', host: 'h1', since: 7 },
    { uid: 'u2' },
  ]);
});

const json = (more: object): string => JSON.stringify({ ...good, ...more });
const bad: [name: string, text: string, format: 'json' | 'csv', message: RegExp][] = [
  ['what is no JSON', '<html>', 'json', /is no JSON/],
  ['JSON that was cut off', JSON.stringify(good).slice(0, -20), 'json', /is no JSON/],
  ['a list', '[]', 'json', /is \[\]; want an object/],
  ['a count that is not reached', json({ rows: 4 }), 'json', /3 rows, it says itself that it has 4/],
  ['claims that are no list', json({ claims: {} }), 'json', /claims is {}; want a list/],
  [
    'a null uid',
    json({ claims: [{ uid: null }, { uid: 'u2' }] }),
    'json',
    /claims\[0\]: uid is null; want 1/,
  ],
  [
    'a column with another name, which would release a uid on all hosts',
    json({ tombstones: [{ uid: 'u3', node: 'h1' }] }),
    'json',
    /tombstones\[0\]: the columns are uid, node: "node" is unknown; want uid, and of host/,
  ],
  [
    'an unknown flag',
    json({ tombstones: [{ uid: 'u3', project_released: null }] }),
    'json',
    /project_released is null; want 0 or 1/,
  ],
  ['no version', json({ version: undefined }), 'json', /"version" is missing/],
  ['a version of text', json({ version: '3' }), 'json', /version is "3"; want a whole number/],
  ['an empty file', '', 'csv', /line 1 is ""; want "# lineage/],
  [
    'no line of column names',
    '# lineage=b version=3 rows=0\n',
    'csv',
    /has no line of column names; want one/,
  ],
  ['a long name', json({ ['x'.repeat(100_000)]: 1 }), 'json', /^.{1,1001}$/],
  ['unknown columns', csv.replace('host', 'node'), 'csv', /columns are uid, node, since: "node" is unknown/],
  ['a column that is there twice', csv.replace('host', 'since'), 'csv', /"since" is there twice/],
  ['no uid column', csv.replace('uid', 'host'), 'csv', /"uid" is missing/],
  ['missing rows', csv.slice(0, csv.indexOf('"u2"')), 'csv', /1 rows, it says itself that it has 2/],
  [
    'a last uid that was cut off, though the count is right',
    '# lineage=b version=3 rows=2\nuid\nu1\nu2',
    'csv',
    /does not end with a line break: cut off/,
  ],
  ['a row that was cut off', `${csv.slice(0, -2)}\n`, 'csv', /is no CSV/],
  ['a broken quote', csv.replace('"u2"', '"u2'), 'csv', /is no CSV/],
  ['an endless row', csv.replace('h1', 'h'.repeat(5000)), 'csv', /is no CSV: .*[Mm]ax/],
  ['an empty uid', csv.replace('u1', ''), 'csv', /row 1: uid is ""/],
  ['a version that is no number', csv.replace(',7', ',7e1'), 'csv', /row 1: since is "7e1"; want a whole/],
];
for (const [name, text, format, message] of bad)
  t.test(`fails for ${name}`, async (t) => {
    const { witness } = aFile(t, text, format);
    t.match(await failure(readAll(witness)), message);
    t.match(await failure(witness.lookup(u2, never)), message, 'and calls nothing released');
  });

t.test('fails for a missing file, a directory, a huge one, and too many rows', async (t) => {
  const { file, witness } = aFile(t, '{}');
  const at = (path: string) => readAll(fileWitness({ profile, file: path, format: 'json', maxRows: 1 }));
  t.match(await failure(at(`${file}.gone`)), /cannot be read: ENOENT/);
  mkdirSync(`${file}.dir`);
  t.match(await failure(at(`${file}.dir`)), /is no file; want one/);
  truncateSync(file, 2 * 1024 * 1024);
  t.match(await failure(readAll(witness)), /2097152 bytes; want at most 1048576, or CSV/);
  t.match(await failure(readAll(aFile(t, JSON.stringify(good), 'json', 2).witness)), /3 rows, more than 2/);
  t.match(await failure(readAll(aFile(t, csv, 'csv', 1).witness)), /row 2: more than 1 rows/);
});

t.test(
  'a file that changes while it is read is to be read again; one that is replaced is not mixed',
  async (t) => {
    const { file, witness } = aFile(t, csv, 'csv');
    const reading = (act: () => void) =>
      witness.read({ claim: (claim) => claim.uid === 'u1' && act(), tombstone: () => undefined }, never);
    const appended = reading(() => appendFileSync(file, 'u3,,\n'));
    await t.rejects(appended, WitnessChanged);
    await t.rejects(appended, /changed while it was read; want a new file/);

    writeFileSync(file, csv);
    writeFileSync(`${file}.new`, '# lineage=b version=4 rows=0\nuid\n');
    t.equal((await reading(() => renameSync(`${file}.new`, file))).version, 3);
    t.equal((await readAll(witness)).version, 4);
  },
);

t.test('gives way while it reads a long file, and ends when it is told to', async (t) => {
  const rows = 20_000;
  const text = `# lineage=b version=1 rows=${rows}\nuid,host\n${Array.from({ length: rows }, (_, i) => `u${i},h1\n`).join('')}`;
  const { file } = aFile(t, text, 'csv');
  const witness = fileWitness({ profile, file, format: 'csv', maxRows: rows });
  let turns = 0;
  const count = setInterval(() => turns++, 1);
  t.equal((await readAll(witness)).claims.length, rows);
  clearInterval(count);
  t.ok(turns > 2, `others had ${turns} turns`);
  t.match(await failure(readAll(witness, AbortSignal.abort(new Error('enough')))), /was given up: enough/);
  const abort = new AbortController();
  const sink = { claim: () => abort.abort(new Error('enough')), tombstone: () => undefined };
  t.match(await failure(witness.read(sink, abort.signal)), /was given up: enough/);
});
