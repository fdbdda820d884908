// Any checked value of agent.proto, for properties.
import * as fc from 'fast-check';
import { parseEpoch, parseId, type IdKind, type IdKinds } from '../../../proto/src/ids.ts';
import {
  actions,
  activities,
  contradictions,
  outcomes,
  servoStates,
  type AgentMessage,
  type ConfirmReply,
  type ConfirmRequest,
  type CoordinatorMessage,
} from '../../../proto/src/wire.ts';

const hex = (length: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: length, maxLength: length })
    .map((digits) => digits.map((digit) => digit.toString(16)).join(''));

const spelled = (rest: string, max: number) =>
  fc.stringMatching(new RegExp(`^[A-Za-z0-9][A-Za-z0-9${rest}]{0,${max}}$`));

function id<K extends IdKind>(kind: K): fc.Arbitrary<IdKinds[K]> {
  const text =
    kind === 'digest' || kind === 'reader version'
      ? hex(64)
      : kind === 'nonce'
        ? hex(32)
        : kind === 'generation'
          ? fc.stringMatching(/^[a-z][a-z0-9-]{0,9}\/[a-z][a-z0-9-]{0,9}$/)
          : ['servo uid', 'incarnation', 'runtime id', 'project'].includes(kind)
            ? spelled('._:@+/=-', 40)
            : spelled('._-', 40);
  return text.map((value) => parseId(kind, value));
}

const long = fc.maxSafeNat();
const epoch = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }).map(parseEpoch);
const prose = (max: number) =>
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: max }).filter((text) => text.length <= max);
const code = fc.stringMatching(/^[a-z0-9]{1,6}(-[a-z0-9]{1,6}){0,3}$/);
const signature = fc.uint8Array({ minLength: 64, maxLength: 64 });
const oneOf = <T>(values: readonly T[]) => fc.constantFrom(...values);
const requiring = <T, K extends keyof T>(model: { [P in keyof T]: fc.Arbitrary<T[P]> }, ...optional: K[]) =>
  fc.record(model, {
    noNullPrototype: true,
    requiredKeys: (Object.keys(model) as (keyof T)[]).filter((key) => !optional.includes(key as K)),
  }) as unknown as fc.Arbitrary<Omit<T, K> & Partial<Pick<T, K>>>;

const plain = <T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }) =>
  fc.record(model, { noNullPrototype: true });

const journal = plain({ sequence: long, hash: id('digest') });
const decision = plain({ version: long, hash: id('digest') });
const measured = {
  state: oneOf(servoStates),
  activity: oneOf(activities),
  cpuPermille: fc.integer({ min: 0, max: 1_024_000 }),
  connections: fc.integer({ min: 0, max: 10_000_000 }),
};

const hello = fc
  .record({
    protocolMin: fc.integer({ min: 1, max: 500 }),
    protocolMax: fc.integer({ min: 500, max: 1000 }),
    agentVersion: prose(40),
    bootId: id('boot'),
    generation: id('generation'),
    readerVersion: id('reader version'),
    journal,
    demo: fc.boolean(),
    known: fc.option(
      plain({ installation: id('installation'), highestEpoch: long, highestDecision: decision }),
      { nil: undefined },
    ),
  })
  .map(({ known, ...rest }) => ({ ...rest, ...known }));

export const servo = requiring(
  {
    uid: id('servo uid'),
    incarnation: id('incarnation'),
    runtimeId: id('runtime id'),
    project: id('project'),
    contradiction: oneOf(contradictions),
    ...measured,
  },
  'project',
  'cpuPermille',
  'connections',
);

const problem = requiring(
  { path: prose(1024), code, message: prose(500), contentSha256: id('digest') },
  'contentSha256',
);

const begin = plain({
  echoNonce: id('nonce'),
  digest: id('digest'),
  count: fc.integer({ min: 0, max: 20_000 }),
  problems: fc.array(problem, { maxLength: 3 }),
  agentNonce: id('nonce'),
  journal,
});

const heartbeat = plain({
  echoNonce: id('nonce'),
  digest: id('digest'),
  count: fc.integer({ min: 0, max: 20_000 }),
  changes: fc.array(
    requiring({ index: fc.integer({ min: 0, max: 19_999 }), ...measured }, 'cpuPermille', 'connections'),
    { maxLength: 4 },
  ),
  agentNonce: id('nonce'),
  journal,
});

const receipt = requiring(
  {
    orderId: id('order'),
    outcome: oneOf(outcomes),
    code,
    message: prose(500),
    incarnation: id('incarnation'),
    journal,
  },
  'incarnation',
);

export const agentMessage: fc.Arbitrary<AgentMessage> = fc.oneof(
  hello.map((value) => ({ kind: 'hello' as const, hello: value })),
  begin.map((value) => ({ kind: 'snapshotBegin' as const, begin: value })),
  fc
    .array(servo, { minLength: 1, maxLength: 5 })
    .map((servos) => ({ kind: 'snapshotChunk' as const, servos })),
  fc.constant({ kind: 'snapshotEnd' as const }),
  heartbeat.map((value) => ({ kind: 'heartbeat' as const, heartbeat: value })),
  receipt.map((value) => ({ kind: 'receipt' as const, receipt: value })),
);

const ask = plain({ nonce: id('nonce'), full: fc.boolean(), decision });
const welcome = requiring(
  {
    protocol: fc.integer({ min: 1, max: 1000 }),
    installation: id('installation'),
    cell: id('cell'),
    epoch,
    decision,
    hashAtYours: id('digest'),
    heartbeatIntervalMs: fc.integer({ min: 100, max: 600_000 }),
    ask,
  },
  'hashAtYours',
);
export const order = plain({
  id: id('order'),
  installation: id('installation'),
  host: id('host'),
  epoch,
  decision,
  action: oneOf(actions),
  uid: id('servo uid'),
  incarnation: id('incarnation'),
  identity: id('digest'),
  agentNonce: id('nonce'),
  livesMs: fc.integer({ min: 1000, max: 3_600_000 }),
  acknowledged: fc.array(plain({ path: prose(100), contentSha256: id('digest') }), { maxLength: 3 }),
  reason: prose(500),
  signature,
});
const close = plain({
  id: id('order'),
  installation: id('installation'),
  host: id('host'),
  epoch,
  signature,
});
const goodbye = requiring(
  { code, message: prose(500), retryAfterMs: fc.integer({ min: 0, max: 3_600_000 }) },
  'retryAfterMs',
);

export const coordinatorMessage: fc.Arbitrary<CoordinatorMessage> = fc.oneof(
  welcome.map((value) => ({ kind: 'welcome' as const, welcome: value })),
  ask.map((value) => ({ kind: 'ask' as const, ask: value })),
  order.map((value) => ({ kind: 'order' as const, order: value })),
  close.map((value) => ({ kind: 'closeOrder' as const, close: value })),
  id('order').map((orderId) => ({ kind: 'receiptAck' as const, orderId })),
  goodbye.map((value) => ({ kind: 'goodbye' as const, goodbye: value })),
);

const question = { orderId: id('order'), epoch, bootId: id('boot'), nonce: id('nonce') };
export const confirmRequest: fc.Arbitrary<ConfirmRequest> = plain(question);
export const confirmReply: fc.Arbitrary<ConfirmReply> = fc.oneof(
  plain({ ...question, signature }).map((yes) => ({ kind: 'yes' as const, yes })),
  plain({ code, message: prose(500) }).map((no) => ({ kind: 'no' as const, no })),
);
