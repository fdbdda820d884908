// Every message of agent.proto, field by field: what is required, in which range, with which limit.
import {
  bytes,
  code,
  epoch,
  flag,
  id,
  list,
  long,
  message,
  oneOf,
  optional,
  path,
  refuse,
  ruled,
  sentence,
  text,
  whole,
  word,
  type MessageCodec,
} from './field.ts';
import {
  maxAcknowledgedItems,
  maxChangesPerHeartbeat,
  maxProblems,
  maxServosPerChunk,
  maxServosPerHost,
} from './limits.ts';
import { signatureBytes } from './sign.ts';
import * as wire from './wire.ts';

const maxProtocol = 1000;
const maxCpuPermille = 1_024_000;
const maxConnections = 10_000_000;

export const journalMark: MessageCodec<wire.JournalMark> = message({ sequence: long(0), hash: id('digest') });
export const decisionMark: MessageCodec<wire.DecisionMark> = message({
  version: long(0),
  hash: id('digest'),
});

export const servoState = word('SERVO_STATE', wire.servoStates);
export const activity = word('ACTIVITY', wire.activities);
export const contradiction = word('CONTRADICTION', wire.contradictions);
export const action = word('ACTION', wire.actions);
export const outcome = word('OUTCOME', wire.outcomes);
export const cpuPermille = whole(0, maxCpuPermille);
export const connections = whole(0, maxConnections);

export const hello: MessageCodec<wire.Hello> = ruled(
  message({
    protocolMin: whole(1, maxProtocol),
    protocolMax: whole(1, maxProtocol),
    agentVersion: text(40),
    bootId: id('boot'),
    generation: id('generation'),
    readerVersion: id('reader version'),
    journal: journalMark,
    installation: optional(id('installation')),
    highestEpoch: optional(long(0)),
    highestDecision: optional(decisionMark),
    demo: flag,
  }),
  (value, place) => {
    if (value.protocolMin > value.protocolMax)
      refuse(
        place,
        `protocol_min ${value.protocolMin} is above protocol_max ${value.protocolMax}`,
        'a range',
      );
    const known = [value.installation, value.highestEpoch, value.highestDecision];
    const there = known.filter((item) => item !== undefined).length;
    if (there !== 0 && there !== known.length)
      refuse(
        place,
        `has ${there} of installation, highest_epoch and highest_decision`,
        'all three of them, or none on first contact',
      );
  },
);

export const ask: MessageCodec<wire.Ask> = message({
  nonce: id('nonce'),
  full: flag,
  decision: decisionMark,
});

export const welcome: MessageCodec<wire.Welcome> = message({
  protocol: whole(1, maxProtocol),
  installation: id('installation'),
  cell: id('cell'),
  epoch,
  decision: decisionMark,
  hashAtYours: optional(id('digest')),
  heartbeatIntervalMs: whole(100, 600_000),
  ask,
});

const contentSha256 = optional(id('digest'));
export const problem = message({
  path,
  code,
  message: sentence,
  contentSha256,
}) as MessageCodec<wire.Problem>;

export const snapshotBegin: MessageCodec<wire.SnapshotBegin> = message({
  echoNonce: id('nonce'),
  digest: id('digest'),
  count: whole(0, maxServosPerHost),
  problems: list(problem, maxProblems),
  agentNonce: id('nonce'),
  journal: journalMark,
});

export const servo: MessageCodec<wire.Servo> = message({
  uid: id('servo uid'),
  incarnation: id('incarnation'),
  runtimeId: id('runtime id'),
  project: optional(id('project')),
  state: servoState,
  activity,
  contradiction,
  cpuPermille: optional(cpuPermille),
  connections: optional(connections),
});

export const snapshotChunk = message({ servos: list(servo, maxServosPerChunk, 1) });
export const snapshotEnd = message({});

export const servoChange: MessageCodec<wire.ServoChange> = message({
  index: whole(0, maxServosPerHost - 1),
  state: servoState,
  activity,
  cpuPermille: optional(cpuPermille),
  connections: optional(connections),
});

export const heartbeat: MessageCodec<wire.Heartbeat> = message({
  echoNonce: id('nonce'),
  digest: id('digest'),
  count: whole(0, maxServosPerHost),
  changes: list(servoChange, maxChangesPerHeartbeat),
  agentNonce: id('nonce'),
  journal: journalMark,
});

export const acknowledgedItem: MessageCodec<wire.AcknowledgedItem> = message({
  path,
  contentSha256: id('digest'),
});

const signature = bytes(signatureBytes);

export const order: MessageCodec<wire.SignedOrder> = message({
  id: id('order'),
  installation: id('installation'),
  host: id('host'),
  epoch,
  decision: decisionMark,
  action,
  uid: id('servo uid'),
  incarnation: id('incarnation'),
  identity: id('digest'),
  agentNonce: id('nonce'),
  livesMs: whole(1000, 3_600_000),
  acknowledged: list(acknowledgedItem, maxAcknowledgedItems),
  reason: sentence,
  signature,
});

export const closeOrder: MessageCodec<wire.SignedClose> = message({
  id: id('order'),
  installation: id('installation'),
  host: id('host'),
  epoch,
  signature,
});

export const receipt: MessageCodec<wire.Receipt> = message({
  orderId: id('order'),
  outcome,
  code,
  message: sentence,
  incarnation: optional(id('incarnation')),
  journal: journalMark,
});

export const receiptAck = message({ orderId: id('order') });

export const goodbye: MessageCodec<wire.Goodbye> = message({
  code,
  message: sentence,
  retryAfterMs: optional(whole(0, 3_600_000)),
});

export const confirmRequest: MessageCodec<wire.ConfirmRequest> = message({
  orderId: id('order'),
  epoch,
  bootId: id('boot'),
  nonce: id('nonce'),
});

export const yes: MessageCodec<wire.SignedYes> = message({
  orderId: id('order'),
  epoch,
  bootId: id('boot'),
  nonce: id('nonce'),
  signature,
});

export const no: MessageCodec<wire.No> = message({ code, message: sentence });

export const agentMessage = oneOf({ hello, snapshotBegin, snapshotChunk, snapshotEnd, heartbeat, receipt });
export const coordinatorMessage = oneOf({ welcome, ask, order, closeOrder, receiptAck, goodbye });
export const confirmReply = oneOf({ yes, no });
