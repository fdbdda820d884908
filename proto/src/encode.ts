// Checked values -> the plain objects that grpc serialises. The reverse of decode.ts, from the same table of fields.
import * as codecs from './messages.ts';
import type { AgentMessage, ConfirmReply, ConfirmRequest, CoordinatorMessage } from './wire.ts';

/** A plain object for grpc. */
export type Plain = Readonly<Record<string, unknown>>;

export function encodeAgentMessage(message: AgentMessage): Plain {
  switch (message.kind) {
    case 'hello':
      return { hello: codecs.hello.encode(message.hello) };
    case 'snapshotBegin':
      return { snapshotBegin: codecs.snapshotBegin.encode(message.begin) };
    case 'snapshotChunk':
      return { snapshotChunk: codecs.snapshotChunk.encode({ servos: message.servos }) };
    case 'snapshotEnd':
      return { snapshotEnd: {} };
    case 'heartbeat':
      return { heartbeat: codecs.heartbeat.encode(message.heartbeat) };
    case 'receipt':
      return { receipt: codecs.receipt.encode(message.receipt) };
  }
}

export function encodeCoordinatorMessage(message: CoordinatorMessage): Plain {
  switch (message.kind) {
    case 'welcome':
      return { welcome: codecs.welcome.encode(message.welcome) };
    case 'ask':
      return { ask: codecs.ask.encode(message.ask) };
    case 'order':
      return { order: codecs.order.encode(message.order) };
    case 'closeOrder':
      return { closeOrder: codecs.closeOrder.encode(message.close) };
    case 'receiptAck':
      return { receiptAck: codecs.receiptAck.encode({ orderId: message.orderId }) };
    case 'goodbye':
      return { goodbye: codecs.goodbye.encode(message.goodbye) };
  }
}

export function encodeConfirmRequest(request: ConfirmRequest): Plain {
  return codecs.confirmRequest.encode(request) as Plain;
}

export function encodeConfirmReply(reply: ConfirmReply): Plain {
  switch (reply.kind) {
    case 'yes':
      return { yes: codecs.yes.encode(reply.yes) };
    case 'no':
      return { no: codecs.no.encode(reply.no) };
  }
}
