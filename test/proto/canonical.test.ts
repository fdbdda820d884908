// The expected digests and bytes were computed from the definition in canonical.ts by a program of another language.
import t from 'tap';
import {
  canonicalJson,
  closeBytes,
  compareServos,
  identityDigest,
  inventoryDigest,
  orderBytes,
  servoBytes,
  sha256Hex,
  yesBytes,
} from '../../proto/src/canonical.ts';
import { parseEpoch, parseId } from '../../proto/src/ids.ts';
import type { Identity, Order } from '../../proto/src/wire.ts';

const generation = parseId('generation', 'sqlite/process');
const identity = (uid: string, incarnation: string, runtimeId: string): Identity => ({
  uid: parseId('servo uid', uid),
  incarnation: parseId('incarnation', incarnation),
  runtimeId: parseId('runtime id', runtimeId),
});
const first = identity('u-1', '1042:77@b1', '1042');
const a = parseId('digest', 'a'.repeat(64));
const b = parseId('digest', 'b'.repeat(64));
const nonce = parseId('nonce', '0123456789abcdef'.repeat(2));
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

const order: Order = {
  id: parseId('order', 'o-1'),
  installation: parseId('installation', 'acme'),
  host: parseId('host', 'h1'),
  epoch: parseEpoch(3),
  decision: { version: Number.MAX_SAFE_INTEGER, hash: a },
  action: 'stop',
  uid: parseId('servo uid', 'u-1'),
  incarnation: parseId('incarnation', 'i1'),
  identity: b,
  agentNonce: nonce,
  livesMs: 120_000,
  acknowledged: [
    { path: '/srv/a.json', contentSha256: a },
    { path: '/srv/ü.json', contentSha256: b },
  ],
  reason: 'released, 3 rounds – grün',
};

t.test('identity digest', (t) => {
  t.equal(
    identityDigest(generation, first),
    '75836dca0f82bb92f0152db7bb688d1ff1281f5f0a8d1fae1e66e8d01bb67b15',
  );
  t.not(identityDigest(parseId('generation', 'labels/process'), first), identityDigest(generation, first));
  t.end();
});

t.test('inventory digest', (t) => {
  t.equal(
    inventoryDigest(generation, []),
    'ba87d21e3b845984e92756df960703d7cc850cd34bc8b4f15188c7bd1ac1ac13',
  );
  t.equal(
    inventoryDigest(generation, [first, identity('u-2', 'i', 'none')]),
    '440d37d3952bbba98efca5b47d31dffa2c614bbaa93e2de5ad98830b56e3f14e',
  );
  const many = Array.from({ length: 3000 }, (_, i) =>
    identity(`servo-${String(i).padStart(6, '0')}`, `i-${i}`, `r-${i}`),
  );
  t.equal(
    inventoryDigest(generation, many),
    '2854441425c1f98a5232ffbf850a15904895800b16f718516d17175d007eeb03',
    'beyond one gathering of bytes',
  );
  t.end();
});

t.test('an inventory out of order, or with one identity twice, has no digest', (t) => {
  const second = identity('u-2', 'i', 'none');
  t.throws(() => inventoryDigest(generation, [second, first]), { message: /servo u-1 is out of place/ });
  t.throws(() => inventoryDigest(generation, [first, first]), RangeError);
  t.end();
});

t.test('fields do not run into each other', (t) => {
  t.not(
    identityDigest(generation, identity('ab', 'c', 'd')),
    identityDigest(generation, identity('a', 'bc', 'd')),
  );
  t.end();
});

t.test('canonical order is bytewise, by uid, incarnation, runtime id', (t) => {
  const rows = [
    identity('a', 'i', 'r'),
    identity('Z', 'i', 'r'),
    identity('a-', 'i', 'r'),
    identity('a', 'i', 'q'),
    identity('a', 'h', 'z'),
  ].sort(compareServos);
  t.strictSame(
    rows.map((row) => `${row.uid} ${row.incarnation} ${row.runtimeId}`),
    ['Z i r', 'a h z', 'a i q', 'a i r', 'a- i r'],
  );
  t.equal(compareServos(first, { ...first }), 0);
  t.end();
});

t.test('canonical servo', (t) => {
  const servo = {
    ...identity('u-1', 'i1', '7'),
    project: parseId('project', 'shop'),
    state: 'running',
    activity: 'quiet',
    contradiction: 'none',
  } as const;
  t.equal(
    hex(servoBytes(servo)),
    '0000000e736572766f2e76312f736572766f00000003752d31000000026931000000013700000000000000010000000473686f700000000772756e6e696e67000000046e6f6e65',
  );
  t.equal(
    hex(
      servoBytes({
        ...identity('u-1', 'i1', 'none'),
        state: 'stopped',
        activity: 'unknown',
        contradiction: 'no-object',
      }),
    ),
    '0000000e736572766f2e76312f736572766f00000003752d31000000026931000000046e6f6e6500000000000000000000000773746f70706564000000096e6f2d6f626a656374',
  );
  t.end();
});

t.test('what signatures cover', (t) => {
  t.equal(orderBytes(order).length, 463);
  t.equal(sha256Hex(orderBytes(order)), '2a523dace88f8c6099383432f976f0cd70c338a5af298f3ffaa864f228dba015');
  const start: Order = {
    ...order,
    decision: { version: 9, hash: a },
    action: 'start',
    livesMs: 1000,
    acknowledged: [],
    reason: 'restore',
  };
  t.equal(sha256Hex(orderBytes(start)), 'fb0986f964a5b69d0b857fc533cf2bb722118eb55389fbdaed5c0ca3da6ee510');
  t.equal(
    hex(closeBytes(order)),
    '0000000e736572766f2e76312f636c6f7365000000036f2d310000000461636d650000000268310000000000000003',
  );
  t.equal(
    hex(yesBytes({ orderId: order.id, epoch: order.epoch, bootId: parseId('boot', 'boot-1'), nonce })),
    '0000000c736572766f2e76312f796573000000036f2d31000000000000000300000006626f6f742d31000000203031323334353637383961626364656630313233343536373839616263646566',
  );
  t.end();
});

t.test('every field of an order is covered', (t) => {
  const changed: readonly Partial<Order>[] = [
    { id: parseId('order', 'o-2') },
    { installation: parseId('installation', 'acme2') },
    { host: parseId('host', 'h2') },
    { epoch: parseEpoch(4) },
    { decision: { version: 1, hash: a } },
    { decision: { ...order.decision, hash: b } },
    { action: 'start' },
    { uid: parseId('servo uid', 'u-2') },
    { incarnation: parseId('incarnation', 'i2') },
    { identity: a },
    { agentNonce: parseId('nonce', 'f'.repeat(32)) },
    { livesMs: 120_001 },
    { acknowledged: [] },
    { reason: 'other' },
  ];
  t.strictSame(new Set(changed.flatMap(Object.keys)), new Set(Object.keys(order)), 'all fields are tried');
  for (const change of changed)
    t.notSame(orderBytes({ ...order, ...change }), orderBytes(order), Object.keys(change).join());
  t.end();
});

t.test('numbers beyond 2^53 - 1, and fractions, have no bytes', (t) => {
  for (const livesMs of [-1, 1.5, 2 ** 53, Number.NaN])
    t.throws(() => orderBytes({ ...order, livesMs }), RangeError, String(livesMs));
  t.end();
});

t.test('canonical JSON', (t) => {
  t.equal(
    canonicalJson({ b: [1, null, 'ü"'], a: { z: 1, Z: true }, gone: undefined }),
    '{"a":{"Z":true,"z":1},"b":[1,null,"ü\\""]}',
  );
  t.equal(canonicalJson(Object.fromEntries([['k', 1]])), canonicalJson({ k: 1 }));
  for (const value of [
    Number.NaN,
    Infinity,
    1n,
    new Date(0),
    new Map(),
    () => 1,
    undefined,
    [undefined],
    Symbol('x'),
  ])
    t.throws(() => canonicalJson({ value: [value] }), TypeError, typeof value);
  t.end();
});
