import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import t from 'tap';
import {
  decodeAgentMessage,
  decodeConfirmReply,
  decodeConfirmRequest,
  decodeCoordinatorMessage,
  Malformed,
} from '../../proto/src/decode.ts';
import {
  encodeAgentMessage,
  encodeConfirmReply,
  encodeConfirmRequest,
  encodeCoordinatorMessage,
  type Plain,
} from '../../proto/src/encode.ts';
import { deserialise, descriptor } from '../../proto/src/load.ts';
import { orderBytes } from '../../proto/src/canonical.ts';
import * as any from './support/arbitraries.ts';

const hash = 'a'.repeat(64);
const nonce = 'b'.repeat(32);

/** Throws when they differ, so that a smaller counterexample is looked for. */
const same = (found: unknown, wanted: unknown) => assert.deepStrictEqual(found, wanted);

/** What a message becomes that was encoded, sent and decoded. */
function sent<T>(type: string, encode: (value: T) => Plain, decode: (raw: unknown) => T) {
  const wire = descriptor.lookupType(`servo.v1.${type}`);
  return (value: T): T => decode(deserialise(wire, wire.encode(wire.fromObject(encode(value))).finish()));
}

t.test('what is encoded, sent and decoded is the same', (t) => {
  const agent = sent('AgentMessage', encodeAgentMessage, decodeAgentMessage);
  fc.assert(fc.property(any.agentMessage, (message) => same(agent(message), message)));
  const coordinator = sent('CoordinatorMessage', encodeCoordinatorMessage, decodeCoordinatorMessage);
  fc.assert(fc.property(any.coordinatorMessage, (message) => same(coordinator(message), message)));
  const question = sent('ConfirmRequest', encodeConfirmRequest, decodeConfirmRequest);
  fc.assert(fc.property(any.confirmRequest, (message) => same(question(message), message)));
  const reply = sent('ConfirmReply', encodeConfirmReply, decodeConfirmReply);
  fc.assert(fc.property(any.confirmReply, (message) => same(reply(message), message)));
  t.pass('for any message');
  t.end();
});

t.test('whatever the bytes, the answer is a message or Malformed', (t) => {
  const wire = descriptor.lookupType('servo.v1.CoordinatorMessage');
  const outcome = (bytes: Uint8Array) => {
    try {
      return decodeCoordinatorMessage(deserialise(wire, bytes)).kind;
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      return 'malformed';
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => typeof outcome(bytes) === 'string'));
  const message = fc.record({
    message: any.coordinatorMessage,
    at: fc.nat(),
    to: fc.integer({ min: 0, max: 255 }),
    cut: fc.nat(),
  });
  fc.assert(
    fc.property(message, ({ message, at, to, cut }) => {
      const bytes = Uint8Array.from(wire.encode(wire.fromObject(encodeCoordinatorMessage(message))).finish());
      bytes[at % bytes.length] = to;
      return typeof outcome(bytes.subarray(0, cut % (2 * bytes.length))) === 'string';
    }),
    { numRuns: 500 },
  );
  t.pass('no other error');
  t.end();
});

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
  agentNonce: nonce,
  livesMs: 120_000,
  acknowledged: [],
  reason: 'released',
  signature: new Uint8Array(64),
};

t.test('refusals say where, what, and what would be right', (t) => {
  const cases: readonly (readonly [object, string])[] = [
    [{}, 'coordinator_message: has none of its kinds; want exactly one of welcome, ask, order'],
    [{ ask: {}, goodbye: {} }, 'coordinator_message: has ask and goodbye; want exactly one of'],
    [
      { order: { ...order, decision: { version: '7', hash: 'A'.repeat(64) } } },
      `coordinator_message.order.decision.hash: is "${'A'.repeat(40)}"...; want digest id: 64 lower-case hex digits`,
    ],
    [
      { order: { ...order, epoch: '0' } },
      'coordinator_message.order.epoch: is "0"; want a whole number from 1 to 9007199254740991',
    ],
    [{ order: { ...order, epoch: '9007199254740992' } }, 'order.epoch: is "9007199254740992"; want'],
    [{ order: { ...order, epoch: '18446744073709551615' } }, 'order.epoch: is "18446744073709551615"; want'],
    [{ order: { ...order, epoch: 3 } }, 'order.epoch: is 3; want'],
    [
      { order: { ...order, livesMs: 999 } },
      'order.lives_ms: is 999; want a whole number from 1000 to 3600000',
    ],
    [{ order: { ...order, action: 'ACTION_UNSPECIFIED' } }, 'want one of ACTION_STOP, ACTION_START'],
    [{ order: { ...order, action: 7 } }, 'order.action: is 7; want one of'],
    [{ order: { ...order, signature: new Uint8Array(63) } }, 'order.signature: has 63 bytes; want 64 bytes'],
    [{ order: { ...order, reason: '' } }, 'order.reason: has 0 characters; want text of 1 to 500 characters'],
    [{ order: { ...order, reason: 'x'.repeat(501) } }, 'order.reason: has 501 characters; want'],
    [{ order: { ...order, uid: '../x' } }, 'order.uid: is "../x"; want servo uid id: 1 to 128 letters'],
    [
      { order: { ...order, acknowledged: [{ path: '/x', contentSha256: hash }, { path: '/y' }] } },
      'coordinator_message.order.acknowledged[1].content_sha256: is missing; want digest id',
    ],
    [
      {
        order: {
          ...order,
          acknowledged: Array.from({ length: 101 }, () => ({ path: '/x', contentSha256: hash })),
        },
      },
      'order.acknowledged: has 101 entries; want 0 to 100 entries',
    ],
    [
      { goodbye: { code: 'Protocol Version', message: 'x' } },
      'goodbye.code: is "Protocol Version"; want 1 to 40',
    ],
  ];
  for (const [raw, message] of cases)
    t.throws(
      () => decodeCoordinatorMessage(raw),
      { name: 'Malformed', message: new RegExp(escape(message)) },
      message,
    );
  t.doesNotThrow(() => decodeCoordinatorMessage({ order }));
  t.end();
});

t.test('a refusal of the deserialiser comes out as it is', (t) => {
  const refusal = new Malformed('order', 'is there twice', 'it once');
  for (const decode of [
    decodeAgentMessage,
    decodeCoordinatorMessage,
    decodeConfirmRequest,
    decodeConfirmReply,
  ])
    t.throws(() => decode(refusal), refusal);
  t.end();
});

t.test('a host that knows an installation says how far it has seen it', (t) => {
  const hello = {
    protocolMin: 1,
    protocolMax: 1,
    agentVersion: '0.1.0',
    bootId: 'boot-1',
    generation: 'sqlite/process',
    readerVersion: hash,
    journal: { sequence: '0', hash },
    demo: false,
  };
  t.doesNotThrow(() => decodeAgentMessage({ hello }));
  const known = { installation: 'acme', highestEpoch: '0', highestDecision: { version: '0', hash } };
  t.doesNotThrow(() => decodeAgentMessage({ hello: { ...hello, ...known } }));
  for (const name of Object.keys(known)) {
    const partial: Record<string, unknown> = { ...known, [name]: undefined };
    t.throws(
      () => decodeAgentMessage({ hello: { ...hello, ...partial } }),
      { message: /all three of them, or none/ },
      name,
    );
  }
  t.throws(() => decodeAgentMessage({ hello: { ...hello, protocolMin: 2 } }), {
    message: /protocol_min 2 is above/,
  });
  t.end();
});

t.test('limits of lists', (t) => {
  const row = {
    uid: 'u',
    incarnation: 'i',
    runtimeId: 'r',
    state: 'SERVO_STATE_RUNNING',
    activity: 'ACTIVITY_QUIET',
    contradiction: 'CONTRADICTION_NONE',
  };
  const chunk = (length: number) => ({ snapshotChunk: { servos: Array.from({ length }, () => row) } });
  t.doesNotThrow(() => decodeAgentMessage(chunk(500)));
  t.throws(() => decodeAgentMessage(chunk(501)), { message: /servos: has 501 entries; want 1 to 500/ });
  t.throws(() => decodeAgentMessage(chunk(0)), { message: /servos: has 0 entries/ });
  t.end();
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

t.test(
  'an order whose reason was cut in the middle of a character arrives, and its signature still holds',
  (t) => {
    const type = descriptor.lookupType('servo.v1.CoordinatorMessage');
    const [sample] = fc.sample(any.order, { seed: 1, numRuns: 1 });
    if (sample === undefined) throw new Error('no sample');
    const sent = { ...sample, reason: `${'x'.repeat(499)}\u{1f600}`.slice(0, 500) };
    const wire = type
      .encode(type.fromObject(encodeCoordinatorMessage({ kind: 'order', order: sent })))
      .finish();
    const came = decodeCoordinatorMessage(deserialise(type, wire));
    if (came.kind !== 'order') throw new Error(came.kind);
    t.equal(came.order.reason, `${'x'.repeat(499)}\ufffd`);
    t.strictSame(orderBytes(came.order), orderBytes(sent));
    t.end();
  },
);
