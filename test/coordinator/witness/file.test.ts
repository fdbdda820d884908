import { truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ServoUid } from '@servo-auditor/proto/ids.ts';
import { fileWitness } from '../../../coordinator/src/witness/file.ts';
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

t.test('reads JSON and CSV, and looks single uids up by reading anew', async (t) => {
  const { witness, file } = aFile(t, JSON.stringify(good));
  t.match(await readAll(witness), {
    version: 3,
    lineage: 'b',
    rows: 3,
    claims: [{ uid: 'u1', host: 'h1' }, { uid: 'u2' }],
    tombstones: [{ uid: 'u3', projectReleased: true }],
  });
  t.equal((await witness.lookup('u2' as ServoUid, never)).claims.length, 1);
  writeFileSync(file, JSON.stringify({ ...good, rows: 0, claims: [], tombstones: [] }));
  t.equal((await witness.lookup('u2' as ServoUid, never)).claims.length, 0);
  t.strictSame((await readAll(aFile(t, csv, 'csv').witness)).claims, [
    { uid: 'u1', host: 'h1', since: 7 },
    { uid: 'u2' },
  ]);
});

const bad: [name: string, text: string, format: 'json' | 'csv', message: RegExp][] = [
  ['what is no JSON', '<html>', 'json', /is no JSON/],
  ['a list', '[]', 'json', /lineage is undefined/],
  [
    'a count that is not reached',
    JSON.stringify({ ...good, rows: 4 }),
    'json',
    /3 rows, it says itself that it has 4/,
  ],
  ['claims that are no list', JSON.stringify({ ...good, claims: {} }), 'json', /claims is {}; want a list/],
  [
    'a null uid',
    JSON.stringify({ ...good, claims: [{ uid: null }, { uid: 'u2' }] }),
    'json',
    /claims\[0\]: uid is null/,
  ],
  ['no version', JSON.stringify({ ...good, version: undefined }), 'json', /version is undefined/],
  ['an empty file', '', 'csv', /line 1 is ""; want "# lineage/],
  ['unknown columns', csv.replace('host', 'node'), 'csv', /columns are uid, node, since/],
  ['a truncated file', csv.slice(0, csv.indexOf('"u2"')), 'csv', /1 rows, it says itself that it has 2/],
  ['a broken quote', csv.replace('"u2"', '"u2'), 'csv', /is no CSV/],
  ['an empty uid', csv.replace('u1', ''), 'csv', /row 1: uid is ""/],
];
for (const [name, text, format, message] of bad)
  t.test(`fails for ${name}`, async (t) =>
    t.match(await failure(readAll(aFile(t, text, format).witness)), message),
  );

t.test('fails for a missing file, a huge one, and too many rows', async (t) => {
  const { file, witness } = aFile(t, '{}');
  t.match(
    await failure(readAll(fileWitness({ profile, file: `${file}.gone`, format: 'json', maxRows: 1 }))),
    /cannot be read: ENOENT/,
  );
  truncateSync(file, 65 * 1024 * 1024);
  t.match(await failure(readAll(witness)), /want at most/);
  t.match(await failure(readAll(aFile(t, JSON.stringify(good), 'json', 2).witness)), /more than 2 rows/);
});
