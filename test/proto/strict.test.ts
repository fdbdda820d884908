import protobuf from 'protobufjs';
import t from 'tap';
import { decodeCoordinatorMessage } from '../../proto/src/decode.ts';
import { deserialise, descriptor } from '../../proto/src/load.ts';
import { Malformed } from '../../proto/src/malformed.ts';

const { Writer } = protobuf;
const hash = 'a'.repeat(64);
const order = {
  id: 'o1',
  installation: 'acme',
  host: 'h1',
  epoch: '3',
  decision: { version: '7', hash },
  action: 'ACTION_STOP',
  uid: 'u1',
  incarnation: 'i1',
  identity: hash,
  agentNonce: 'b'.repeat(32),
  livesMs: 120_000,
  acknowledged: [{ path: '/x', contentSha256: hash }],
  reason: 'released',
  signature: new Uint8Array(64),
};

const typeOf = (name: string) => descriptor.lookupType(`servo.v1.${name}`);
const bytesOf = (name: string, value: Record<string, unknown>) =>
  typeOf(name).encode(typeOf(name).fromObject(value)).finish();
/** Why the bytes are refused, or undefined. */
function refusal(name: string, bytes: Uint8Array): string | undefined {
  const raw = deserialise(typeOf(name), bytes);
  return raw instanceof Malformed ? raw.message : undefined;
}
const join = (...parts: readonly Uint8Array[]) => Buffer.concat(parts);
/** Field 999 with the text "x". */
const unknown = Writer.create().uint32(tag(999, 2)).string('x').finish();
function tag(field: number, wireType: number): number {
  return field * 8 + wireType;
}
/** A message as a field of another. */
const within = (field: number, bytes: Uint8Array) =>
  Writer.create().uint32(tag(field, 2)).bytes(bytes).finish();

const orderBytes = bytesOf('Order', order);

t.test('a whole order passes', (t) => {
  const raw = deserialise(typeOf('CoordinatorMessage'), within(3, orderBytes));
  t.equal(decodeCoordinatorMessage(raw).kind, 'order');
  t.end();
});

t.test('unknown fields are refused in orders, confirms and admin requests, at every depth', (t) => {
  t.match(
    refusal('CoordinatorMessage', within(3, join(orderBytes, unknown))),
    /order: has the unknown field 999/,
  );
  const mark = join(bytesOf('DecisionMark', { version: '7', hash }), unknown);
  const inner = typeOf('Order')
    .encode(typeOf('Order').fromObject({ ...order, decision: null }))
    .finish();
  t.match(
    refusal('CoordinatorMessage', within(3, join(inner, within(5, mark)))),
    /order\.decision: has the unknown field/,
  );
  const item = join(bytesOf('AcknowledgedItem', { path: '/y', contentSha256: hash }), unknown);
  t.match(
    refusal('CoordinatorMessage', within(3, join(orderBytes, within(12, item)))),
    /order\.acknowledged: has/,
  );
  t.match(refusal('CoordinatorMessage', within(4, unknown)), /close_order: has the unknown field 999/);
  t.match(refusal('ConfirmRequest', unknown), /confirm_request: has the unknown field 999/);
  t.match(refusal('ConfirmReply', unknown), /confirm_reply: has/);
  t.match(refusal('ConfirmReply', within(1, unknown)), /confirm_reply\.yes: has/);
  t.match(refusal('ConfirmReply', within(2, unknown)), /confirm_reply\.no: has/);
  for (const method of descriptor.lookupService('servo.v1.AdminService').methodsArray)
    t.match(refusal(method.requestType, unknown), /has the unknown field 999/, method.requestType);
  t.match(refusal('SetHoldRequest', within(1, unknown)), /set_hold_request\.scope: has the unknown field/);
  t.end();
});

t.test('other messages ignore unknown fields of every wire type', (t) => {
  const strange = Writer.create()
    .uint32(tag(900, 0))
    .uint64(7)
    .uint32(tag(901, 1))
    .fixed64(7)
    .uint32(tag(902, 2))
    .string('x')
    .uint32(tag(903, 5))
    .fixed32(7)
    .finish();
  t.equal(refusal('CoordinatorMessage', strange), undefined);
  t.equal(refusal('CoordinatorMessage', within(2, strange)), undefined, 'in an ask');
  t.equal(refusal('AgentMessage', within(1, strange)), undefined, 'in a hello');
  t.equal(refusal('StatusReply', strange), undefined, 'in an answer');
  t.end();
});

t.test('a field twice is refused everywhere', (t) => {
  for (const field of typeOf('Order').fieldsArray) {
    if (field.repeated) continue;
    const value = { [field.name]: (order as Record<string, unknown>)[field.name] };
    const once = bytesOf('Order', value);
    t.equal(refusal('Order', once), undefined, `${field.name} once`);
    t.match(refusal('Order', join(once, once)), /is there twice/, `${field.name} twice`);
  }
  const hello = bytesOf('Hello', { bootId: 'b1' });
  t.match(
    refusal('AgentMessage', within(1, join(hello, hello))),
    /agent_message\.hello\.boot_id: is there twice/,
  );
  t.match(refusal('AgentMessage', join(within(1, hello), within(1, hello))), /hello: is there twice/);
  t.match(
    refusal('AgentMessage', join(within(1, hello), within(4, new Uint8Array()))),
    /snapshot_end: is there twice, or beside/,
  );
  t.equal(
    refusal('Order', join(within(12, new Uint8Array()), within(12, new Uint8Array()))),
    undefined,
    'repeated',
  );
  t.end();
});

t.test('unknown enum numbers are refused everywhere', (t) => {
  const action = (value: number) => Writer.create().uint32(tag(6, 0)).int32(value).finish();
  t.equal(refusal('Order', action(1)), undefined);
  t.match(refusal('Order', action(3)), /order\.action: is the unknown number 3; want/);
  t.match(refusal('Order', action(-1)), /order\.action: is the unknown number/);
  const state = Writer.create().uint32(tag(5, 0)).int32(99).finish();
  t.match(
    refusal('AgentMessage', within(3, within(1, state))),
    /snapshot_chunk\.servos\.state: is the unknown number 99/,
  );
  const states = Writer.create().uint32(tag(4, 2)).fork().int32(1).int32(77).ldelim().finish();
  t.match(refusal('ListCasesRequest', states), /states: is the unknown number 77/, 'packed');
  t.match(
    refusal('ListCasesRequest', Writer.create().uint32(tag(4, 0)).int32(77).finish()),
    /number 77/,
    'unpacked',
  );
  t.end();
});

t.test('numbers that do not fit are refused, not cut', (t) => {
  const lives = (value: number) => Writer.create().uint32(tag(11, 0)).uint64(value).finish();
  t.equal(refusal('Order', lives(0xffff_ffff)), undefined);
  t.match(
    refusal('Order', lives(2 ** 32 + 5000)),
    /order\.lives_ms: is 4294972296; want a number of 32 bits/,
  );
  const epoch = (...bytes: readonly number[]) => Uint8Array.of(tag(4, 0), ...bytes);
  t.equal(refusal('Order', epoch(3)), undefined);
  const beyond64Bits = epoch(0x83, ...Array.from({ length: 8 }, () => 0x80), 0x02);
  t.match(refusal('Order', beyond64Bits), /order\.epoch: is too large; want a whole number up to 2\^53 - 1/);
  const tagBeyond32Bits = Uint8Array.of(0x8a, 0x80, 0x80, 0x80, 0x10, 1, 0x78);
  t.match(
    refusal('Ask', tagBeyond32Bits),
    /ask: has a field with the number 536870913; want numbers from 1 to/,
  );
  const demo = Writer.create().uint32(tag(11, 0)).uint32(2).finish();
  t.match(refusal('Hello', demo), /hello\.demo: is 2; want 0 or 1/);
  t.end();
});

t.test('wrong wire types, groups, field 0 and broken frames are refused', (t) => {
  t.match(
    refusal('Order', Writer.create().uint32(tag(1, 0)).uint32(5).finish()),
    /order\.id: is of the wire type 0; want the wire type 2/,
  );
  t.match(
    refusal('Order', Writer.create().uint32(tag(4, 2)).string('3').finish()),
    /order\.epoch: is of the wire type 2/,
  );
  t.match(
    refusal('Order', Writer.create().uint32(tag(6, 5)).fixed32(1).finish()),
    /order\.action: is of the wire type 5/,
  );
  t.match(refusal('Ask', Writer.create().uint32(tag(99, 3)).finish()), /wire type 3/);
  t.match(refusal('Ask', Uint8Array.of(0)), /number 0/);
  t.match(refusal('Ask', Uint8Array.of(0x80)), /ends in the middle of a number/);
  t.match(refusal('Ask', new Uint8Array(11).fill(0xff)), /more than 10 bytes/);
  t.match(refusal('Ask', Uint8Array.of(tag(1, 2), 5, 65)), /ends 4 bytes too early/);
  t.match(refusal('Ask', Uint8Array.of(tag(15, 1), 1, 2)), /ends in the middle of a number/);
  for (let end = 1; end < orderBytes.length; end++) {
    const raw = deserialise(typeOf('CoordinatorMessage'), within(3, orderBytes.subarray(0, end)));
    t.throws(() => decodeCoordinatorMessage(raw), Malformed, `cut after ${end} bytes`);
  }
  t.end();
});

t.test('text that is not UTF-8 is refused', (t) => {
  t.match(refusal('Order', within(13, Uint8Array.of(0xc3, 0x28))), /order\.reason: is not UTF-8/);
  t.match(
    refusal('Order', within(13, Uint8Array.of(0xed, 0xa0, 0x80))),
    /order\.reason: is not UTF-8/,
    'a lone surrogate',
  );
  t.equal(refusal('Order', within(13, Buffer.from('grün'))), undefined);
  t.end();
});

t.test('maps hold one key and one value per entry', (t) => {
  const entry = (...fields: readonly Uint8Array[]) => within(6, join(...fields));
  const key = within(1, Buffer.from('ageMs'));
  const value = within(2, Buffer.from('5'));
  t.equal(refusal('Gate', join(entry(key, value), entry(within(1, Buffer.from('b')), value))), undefined);
  t.match(refusal('Gate', entry(key, value, value)), /gate\.numbers: has an entry that is not/);
  t.match(refusal('Gate', entry(key, value, unknown)), /gate\.numbers/);
  t.match(refusal('Gate', entry(key, within(2, Uint8Array.of(0xff)))), /not UTF-8/);
  t.end();
});

t.test('what is larger than a message may be is refused', (t) => {
  t.match(refusal('Ask', new Uint8Array(1024 * 1024 + 1)), /has 1048577 bytes; want at most 1048576/);
  t.end();
});
