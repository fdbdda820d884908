import t from 'tap';
import { isId, parseEpoch, parseId, spellingOf, type IdKind } from '../../proto/src/ids.ts';

const right: Readonly<Record<IdKind, readonly string[]>> = {
  installation: ['acme', 'A.b_c-9', 'x'.repeat(63)],
  cell: ['c1'],
  host: ['h1.example.com'],
  generation: ['manifest-directory/process', 'sqlite/lxc'],
  'reader version': ['0'.repeat(64)],
  'servo uid': ['a', '8f14e45f-ceea', 'ns/name:tag@host+1=2', 'x'.repeat(128)],
  incarnation: ['1042:77@boot-1'],
  'runtime id': ['none', '1042'],
  project: ['p1'],
  witness: ['registry'],
  source: ['db1'],
  order: ['o-1'],
  operator: ['ann'],
  coordinator: ['c1'],
  boot: ['6b1f5a1e-0a5c-4c3e-9c83-7a5a2d1f0b11'],
  digest: ['a'.repeat(64)],
  nonce: ['0f'.repeat(16)],
};
const never = [
  '',
  ' ',
  '-x',
  '.x',
  '_x',
  '/x',
  'a b',
  'a\n',
  'ä',
  'x'.repeat(129),
  '\0',
  'a\u0000b',
  '../x',
  '*',
];

t.test('well-spelled ids, of every kind', (t) => {
  for (const [kind, texts] of Object.entries(right) as [IdKind, readonly string[]][]) {
    for (const text of texts) {
      t.ok(isId(kind, text), `${kind} ${text}`);
      t.equal(parseId(kind, text), text);
    }
    for (const text of never) {
      t.notOk(isId(kind, text), `${kind} ${JSON.stringify(text.slice(0, 10))}`);
      t.throws(() => parseId(kind, text), { name: 'TypeError', message: new RegExp(`is no ${kind}: `) });
    }
    for (const other of [undefined, null, 5, true, [], ['a'], { toString: () => 'a' }])
      t.notOk(isId(kind, other));
    t.ok(spellingOf(kind).length > 10);
  }
  t.end();
});

t.test('hashes and nonces are lower-case hex of their length', (t) => {
  for (const text of ['A'.repeat(64), 'a'.repeat(63), 'a'.repeat(65), 'g'.repeat(64)])
    t.notOk(isId('digest', text));
  for (const text of ['A'.repeat(32), 'a'.repeat(31), 'a'.repeat(33)]) t.notOk(isId('nonce', text));
  for (const text of ['sqlite', 'SQLite/process', 'a/b/c', '/process', 'sqlite/'])
    t.notOk(isId('generation', text));
  t.end();
});

t.test('a refusal shows at most 40 characters', (t) => {
  t.throws(() => parseId('host', '!'.repeat(1000)), { message: new RegExp(`^"!{40}" is no host`) });
  t.throws(() => parseId('host', 7), { message: /^number is no host/ });
  t.end();
});

t.test('epochs', (t) => {
  t.equal(parseEpoch(1), 1);
  t.equal(parseEpoch(Number.MAX_SAFE_INTEGER), Number.MAX_SAFE_INTEGER);
  for (const value of [0, -1, 1.5, 2 ** 53, Number.NaN, '1', undefined])
    t.throws(() => parseEpoch(value), { message: /is no epoch: a whole number from 1/ });
  t.end();
});
