// Every message of both protocols, by table: the codecs name exactly the fields of the .proto files; each required field that is
// missing, and each value of another kind, is refused with its path.
import protobuf from 'protobufjs';
import t from 'tap';
import * as replies from '../../proto/src/admin/replies.ts';
import * as requests from '../../proto/src/admin/requests.ts';
import { holdScope } from '../../proto/src/admin/words.ts';
import { adminMethods } from '../../proto/src/admin.ts';
import type { Codec } from '../../proto/src/field.ts';
import { deserialise, descriptor } from '../../proto/src/load.ts';
import { Malformed } from '../../proto/src/malformed.ts';
import * as agent from '../../proto/src/messages.ts';
import { fits, isList, isOneOf, isOptional, mayBeAbsent, rawOf, without } from './support/samples.ts';

type AnyCodec = Codec<never>;
interface Case {
  readonly type: protobuf.Type;
  readonly codec: AnyCodec;
}

const roots: readonly (readonly [string, unknown])[] = [
  ['AgentMessage', agent.agentMessage],
  ['CoordinatorMessage', agent.coordinatorMessage],
  ['ConfirmRequest', agent.confirmRequest],
  ['ConfirmReply', agent.confirmReply],
  ...descriptor
    .lookupService('servo.v1.AdminService')
    .methodsArray.flatMap((method): (readonly [string, unknown])[] => {
      const row = adminMethods[method.name as keyof typeof adminMethods];
      return [
        [method.requestType, row.request],
        [method.responseType, row.reply],
      ];
    }),
];

/** Every message below the roots, with the codec that reads it. */
const cases = new Map<string, Case>();
function collect(type: protobuf.Type, codec: AnyCodec): void {
  if (cases.has(type.name)) return;
  cases.set(type.name, { type, codec });
  for (const field of type.fieldsArray) {
    const inner = codec.shape?.[field.name] as AnyCodec | undefined;
    const own = inner?.of ?? inner;
    if (own !== undefined && field.resolvedType instanceof protobuf.Type) collect(field.resolvedType, own);
  }
}
for (const [name, codec] of roots) collect(descriptor.lookupType(`servo.v1.${name}`), codec as AnyCodec);

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
const decode = (codec: AnyCodec, raw: unknown): unknown =>
  codec.decode(raw, { parent: undefined, name: 'it' });

/** Fields of which a request takes one: with all of them it is refused, so the others are left out. */
function whole(codec: AnyCodec): Record<string, unknown> {
  const raw = rawOf(codec) as Record<string, unknown>;
  if (fits(codec, raw)) return raw;
  const oneLess = without(raw, 'all');
  if (fits(codec, oneLess)) return oneLess;
  const selectors = ['host', 'cell', 'project', 'id'].filter((name) => name in raw);
  return selectors.slice(1).reduce(without, oneLess);
}

t.test('every message of the protocol has a codec', (t) => {
  const namespace = descriptor.lookup('servo.v1') as protobuf.Namespace;
  const types = namespace.nestedArray
    .filter((entry) => entry instanceof protobuf.Type)
    .map((type) => type.name);
  t.strictSame(
    types.filter((name) => !cases.has(name)),
    [],
  );
  t.ok(Object.keys(requests).length + Object.keys(replies).length > 60);
  t.end();
});

for (const [name, { type, codec }] of cases) {
  t.test(name, (t) => {
    t.strictSame(
      new Set(Object.keys(codec.shape ?? {})),
      new Set(type.fieldsArray.map((field) => field.name)),
      'the codec names the fields of the descriptor',
    );
    if (isOneOf(codec)) {
      for (const [kind, inner] of Object.entries(codec.shape ?? {}) as [string, AnyCodec][])
        t.ok(
          fits(codec, { [kind]: whole(inner).constructor === Object ? whole(inner) : rawOf(inner) }),
          kind,
        );
      t.end();
      return;
    }
    const raw = whole(codec);
    t.doesNotThrow(() => decode(codec, raw), 'a whole message is right');
    for (const [field, inner] of Object.entries(codec.shape ?? {}) as [string, AnyCodec][]) {
      if (!(field in raw)) continue;
      const path = new RegExp(`^it\\.${snake(field)}: `);
      if (!mayBeAbsent(inner))
        t.throws(
          () => decode(codec, without(raw, field)),
          { name: 'Malformed', message: path },
          `${field} is missing`,
        );
      const other = isList(inner) ? 'text' : [];
      t.throws(
        () => decode(codec, { ...raw, [field]: other }),
        { name: 'Malformed', message: path },
        `${field} is of another kind`,
      );
    }
    t.throws(() => decode(codec, undefined), { message: /^it: is missing; want a message/ });
    t.throws(() => decode(codec, []), Malformed);
    t.end();
  });

  t.test(`${name} through the wire and back`, (t) => {
    if (isOneOf(codec)) {
      t.end();
      return;
    }
    const value = decode(codec, whole(codec)) as never;
    const encoded = codec.encode(value) as Record<string, unknown>;
    const bytes = type.encode(type.fromObject(encoded)).finish();
    t.strictSame(decode(codec, deserialise(type, bytes)), value);
    t.end();
  });
}

t.test('every field has explicit presence', (t) => {
  for (const { type } of cases.values())
    for (const field of type.fieldsArray)
      t.ok(
        field.repeated || field.map || field.partOf !== null || field.resolvedType instanceof protobuf.Type,
        `${type.name}.${field.name}`,
      );
  t.end();
});

t.test('a zero enum value is refused everywhere', (t) => {
  for (const { type, codec } of cases.values())
    for (const field of type.fieldsArray) {
      const inner = codec.shape?.[field.name] as AnyCodec | undefined;
      if (inner === undefined || !(field.resolvedType instanceof protobuf.Enum)) continue;
      const zero = field.resolvedType.valuesById[0];
      t.notOk(fits(inner, isList(inner) ? [zero] : zero), `${type.name}.${field.name}: ${zero}`);
      for (const word of Object.keys(field.resolvedType.values).filter((value) => value !== zero))
        t.ok(fits(inner, isList(inner) ? [word] : word), `${type.name}.${field.name}: ${word}`);
    }
  t.end();
});

t.test('an act needs a reason', (t) => {
  for (const [name, method] of Object.entries(adminMethods)) {
    if (method.reply !== replies.actReply && method.reply !== replies.restoreReply) continue;
    const codec = method.request as unknown as AnyCodec;
    const raw = whole(codec);
    for (const reason of [undefined, '', '   ', 'x'.repeat(501)])
      t.throws(
        () => decode(codec, { ...raw, reason }),
        { message: /^it\.reason: / },
        `${name} ${String(reason).slice(0, 9)}`,
      );
  }
  t.end();
});

t.test('an empty selector, and one of two minds, is refused', (t) => {
  const page = { pageSize: 10 };
  const bad: readonly (readonly [string, unknown, unknown])[] = [
    ['hosts, nothing', requests.listHosts, page],
    ['hosts, two', requests.listHosts, { ...page, host: 'h1', cell: 'c1' }],
    ['hosts, all: false', requests.listHosts, { ...page, all: false }],
    ['hosts, all and one', requests.listHosts, { ...page, all: true, host: 'h1' }],
    ['hosts, empty id', requests.listHosts, { ...page, host: '' }],
    ['hosts, no page size', requests.listHosts, { all: true }],
    ['hosts, page size 0', requests.listHosts, { all: true, pageSize: 0 }],
    ['hosts, page size 1001', requests.listHosts, { all: true, pageSize: 1001 }],
    ['servos, nothing', requests.listServos, page],
    ['servos, all and one', requests.listServos, { ...page, all: true, host: 'h1' }],
    ['cases, empty states', requests.listCases, { states: [], limit: 5 }],
    ['quarantine, nothing', requests.listQuarantine, { limit: 5 }],
    ['plans, nothing', requests.listPlans, {}],
    ['orders, nothing', requests.listOrders, {}],
    ['hold on nothing', requests.setHold, { scope: {}, reason: 'x' }],
    ['hold on two', requests.setHold, { scope: { uid: 'u', host: 'h' }, reason: 'x' }],
    ['release of hold 0', requests.releaseHold, { id: '0', reason: 'x' }],
  ];
  for (const [name, codec, raw] of bad) t.notOk(fits(codec as AnyCodec, raw), name);
  const good: readonly (readonly [string, unknown, unknown])[] = [
    ['hosts, all', requests.listHosts, { ...page, all: true }],
    ['servos, two that must both fit', requests.listServos, { ...page, host: 'h1', verdict: 'VERDICT_LIVE' }],
    ['servos, all', requests.listServos, { ...page, all: true }],
    ['cases, states', requests.listCases, { states: ['CASE_STATE_ORPHAN'], limit: 5 }],
    [
      'hold on a generation',
      requests.setHold,
      { scope: { generation: { cell: 'c', generation: 'a/b' } }, reason: 'x' },
    ],
  ];
  for (const [name, codec, raw] of good) t.ok(fits(codec as AnyCodec, raw), name);
  t.ok(fits(holdScope as AnyCodec, { cell: 'c1' }));
  t.ok(isOptional(requests.listHosts.shape['all'] as AnyCodec));
  t.end();
});
