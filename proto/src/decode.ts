// The one place where what came over the wire becomes checked values. Each function throws `Malformed`, which says the
// field's path, what is wrong and what would be right; then nothing of the message may be used.
import type { Codec } from './field.ts';
import * as codecs from './messages.ts';
import type { AgentMessage, ConfirmReply, ConfirmRequest, CoordinatorMessage } from './wire.ts';

export { Malformed } from './malformed.ts';

/** @param raw what the deserialiser of load.ts made of the bytes. */
export function decodeAgentMessage(raw: unknown): AgentMessage {
  const message = decode(codecs.agentMessage, raw, 'agent_message');
  switch (message.kind) {
    case 'hello':
      return { kind: 'hello', hello: message.value };
    case 'snapshotBegin':
      return { kind: 'snapshotBegin', begin: message.value };
    case 'snapshotChunk':
      return { kind: 'snapshotChunk', servos: message.value.servos };
    case 'snapshotEnd':
      return { kind: 'snapshotEnd' };
    case 'heartbeat':
      return { kind: 'heartbeat', heartbeat: message.value };
    case 'receipt':
      return { kind: 'receipt', receipt: message.value };
  }
}

export function decodeCoordinatorMessage(raw: unknown): CoordinatorMessage {
  const message = decode(codecs.coordinatorMessage, raw, 'coordinator_message');
  switch (message.kind) {
    case 'welcome':
      return { kind: 'welcome', welcome: message.value };
    case 'ask':
      return { kind: 'ask', ask: message.value };
    case 'order':
      return { kind: 'order', order: message.value };
    case 'closeOrder':
      return { kind: 'closeOrder', close: message.value };
    case 'receiptAck':
      return { kind: 'receiptAck', orderId: message.value.orderId };
    case 'goodbye':
      return { kind: 'goodbye', goodbye: message.value };
  }
}

export function decodeConfirmRequest(raw: unknown): ConfirmRequest {
  return decode(codecs.confirmRequest, raw, 'confirm_request');
}

export function decodeConfirmReply(raw: unknown): ConfirmReply {
  const reply = decode(codecs.confirmReply, raw, 'confirm_reply');
  switch (reply.kind) {
    case 'yes':
      return { kind: 'yes', yes: reply.value };
    case 'no':
      return { kind: 'no', no: reply.value };
  }
}

function decode<T>(codec: Codec<T>, raw: unknown, name: string): T {
  return codec.decode(raw, { parent: undefined, name });
}
