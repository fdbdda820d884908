import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { parseId } from '@servo-auditor/proto/ids.ts';
import { BadOptions, listOf, readOptions } from '@servo-auditor/proto/options.ts';
import { openWitness, type WitnessOptions } from '../../../coordinator/src/witness/open.ts';
import { witnessOptions } from '../../../coordinator/src/witness/options.ts';
import { createRegistry, registryQueries } from '../../../scripts/demo/registry.ts';
import { readAll } from '../../support/witness.ts';

const common = { id: parseId('witness', 'w'), source: parseId('source', 's'), authority: true };
type Of<K extends WitnessOptions['kind']> = Extract<WitnessOptions, { kind: K }>;
const sql: Of<'sql'> = {
  ...common,
  kind: 'sql',
  reads: 'primary',
  file: '/x/registry.db',
  queries: { tombstones: undefined, lookup: undefined, state: 'a', claims: 'b' },
};
const http: Of<'http'> = {
  ...common,
  kind: 'http',
  url: 'http://127.0.0.1:1/routes',
  fields: { uid: 'uid', host: undefined, incarnation: undefined, project: undefined, since: undefined },
  answer: undefined,
  lookup: true,
  tokenFile: undefined,
};
const file: Of<'file'> = {
  ...common,
  kind: 'file',
  reads: 'primary',
  file: '/x/claims.json',
  format: 'json',
};
const hashOf = (options: WitnessOptions): string => openWitness(options, 10).profile.mappingHash;

t.test(
  'the mapping hash covers what decides how rows are understood, and nothing of where they come from',
  (t) => {
    const same: [WitnessOptions, WitnessOptions][] = [
      [sql, { ...sql, file: '/elsewhere.db', reads: 'replica' }],
      [http, { ...http, url: 'https://router.internal:9000/routes' }],
      [file, { ...file, file: '/elsewhere.json' }],
    ];
    for (const [a, b] of same) t.equal(hashOf(a), hashOf(b));
    const different = [
      sql,
      { ...sql, queries: { ...sql.queries, claims: 'c' } },
      { ...sql, queries: { ...sql.queries, tombstones: 'c' } },
      { ...sql, queries: { ...sql.queries, lookup: 'c' } },
      http,
      { ...http, url: 'http://127.0.0.1:1/staging/routes' },
      { ...http, url: 'http://127.0.0.1:1/routes?active=1' },
      { ...http, fields: { ...http.fields, uid: 'name' } },
      { ...http, fields: { ...http.fields, host: 'host' } },
      file,
      { ...file, format: 'csv' as const },
    ].map(hashOf);
    t.equal(new Set(different).size, different.length);
    t.ok(different.every((hash) => /^[0-9a-f]{64}$/.test(hash)));
    t.end();
  },
);

t.test('a profile says what the witness can', (t) => {
  t.match(openWitness(sql, 10).profile, { ...common, reads: 'primary', hasLookup: false });
  t.match(openWitness({ ...sql, queries: { ...sql.queries, lookup: 'c' } }, 10).profile, { hasLookup: true });
  t.match(openWitness(http, 10).profile, { reads: 'replica', hasLookup: true });
  t.match(openWitness({ ...http, lookup: false }, 10).profile, { hasLookup: false });
  t.match(openWitness(file, 10).profile, { reads: 'primary', hasLookup: true });
  t.end();
});

t.test('a token is read from a file that nobody else may read, sent, and never told', async (t) => {
  const tokenFile = join(t.testdir({ token: 'hush-hush\n' }), 'token');
  const headers: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    headers.push(request.headers.authorization);
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ lineage: 'r', sequence: 1, total: 0, items: [], next: null }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  t.teardown(() => server.closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/routes`;
  const open = () => openWitness({ ...http, url, tokenFile }, 10);
  chmodSync(tokenFile, 0o644);
  t.throws(open, /mode 644 lets others read or write a secret; run: chmod 600/);
  chmodSync(tokenFile, 0o600);
  await readAll(open());
  t.strictSame(headers, ['Bearer hush-hush']);
  for (const wrong of ['', 'hush hush', 'hush\r\nx: y', 'hüsh']) {
    writeFileSync(tokenFile, wrong);
    t.throws(open, /token: holds no token; want one line/);
    t.throws(open, { message: /^((?!h.sh).)*$/ }, 'without a letter of it');
  }
});

const yaml = (witness: string): string => `witnesses:\n  - ${witness.trim().split('\n').join('\n    ')}\n`;
const table = { witnesses: listOf(witnessOptions, { help: 'witnesses', min: 1 }) };
const optionsOf = (witness: string) => readOptions(table, yaml(witness), '/etc/servo/c.yaml').witnesses;
const wrong = (witness: string): string => {
  try {
    optionsOf(witness);
  } catch (error) {
    if (error instanceof BadOptions) return error.message;
    throw error;
  }
  throw new Error('was let through');
};

t.test(
  'from a configuration file: what is not said has its default, and the registry is read with it',
  async (t) => {
    const [plain] = optionsOf(
      'kind: http\nid: w\nsource: s\nauthority: false\nurl: http://127.0.0.1:1/routes\nfields: {host: host}',
    );
    const mapped = optionsOf(
      'kind: http\nid: w\nsource: s\nauthority: false\nurl: http://127.0.0.1:1/routes\nfields: {host: host}\nanswer: {items: /data/list}',
    )[0];
    t.match(plain, { kind: 'http', authority: false, fields: { uid: 'uid', host: 'host' }, lookup: true });
    if (plain?.kind !== 'http' || mapped?.kind !== 'http') throw new Error('no http');
    t.match(mapped.answer, { items: '/data/list', next: '/next', cursorParameter: 'cursor' });
    t.not(hashOf(plain), hashOf(mapped));
    const explicit = { ...mapped, answer: { ...mapped.answer, items: '/items' } as typeof mapped.answer };
    t.equal(hashOf(plain), hashOf(explicit), 'a default that is spelled out is the same mapping');

    const path = join(t.testdir(), 'registry.db');
    const registry = createRegistry(path);
    t.teardown(() => registry.close());
    registry.claim('p', 'u1', 'h1');
    const [options] = optionsOf(
      `kind: sql\nid: w\nsource: s\nauthority: true\nreads: primary\nfile: ${path}\nqueries: ${JSON.stringify(registryQueries)}`,
    );
    if (options === undefined) throw new Error('none');
    t.equal((await readAll(openWitness(options, 10))).claims.length, 1);
  },
);

t.test('a configuration that cannot be right names the key and what would be', (t) => {
  const httpWith = (more: string): string =>
    wrong(`kind: http\nid: w\nsource: s\nauthority: false\nfields: {}\n${more}`);
  t.match(
    httpWith('url: ftp://x/'),
    /c\.yaml:\d+:\d+ witnesses\[0\]\.url: is "ftp:\/\/x\/".*starts with http/,
  );
  t.match(httpWith('url: http://user:pass@x/'), /url: .*without user, password/);
  t.match(httpWith('url: http://x/\nanswer: {items: items}'), /answer\.items: is "items".*JSON pointer/);
  t.match(wrong('kind: carrier-pigeon'), /witnesses\[0\]\.kind: is unknown.*sql, http, file/);
  t.match(wrong('kind: sql\nid: w\nsource: s\nfile: x\nqueries: {claims: x}'), /queries\.state: is missing/);
  t.match(wrong('kind: file\nid: w\nsource: s\nfile: x\nformat: xml'), /format: is "xml".*json/);
  t.end();
});
