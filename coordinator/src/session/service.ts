// The AgentService: who calls is what the certificate says, and a host can speak only of itself.
import {
  status,
  type ServerDuplexStream,
  type ServerUnaryCall,
  type sendUnaryData,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { decodeConfirmRequest, Malformed } from '@servo-auditor/proto/decode.ts';
import { encodeConfirmReply } from '@servo-auditor/proto/encode.ts';
import { peerOf, type Peer } from '@servo-auditor/proto/tls.ts';
import { confirm } from '../confirm/confirm.ts';
import type { Coordinator } from '../coordinator.ts';
import type { HostPeer } from './greet.ts';
import { serveSession } from './handler.ts';

export function agentHandlers(coordinator: Coordinator): UntypedServiceImplementation {
  return {
    session: (stream: ServerDuplexStream<unknown, unknown>) => {
      const peer = hostPeer(stream, coordinator);
      if ('problem' in peer) {
        stream.emit('error', { code: status.PERMISSION_DENIED, details: peer.problem });
        return;
      }
      // A broken connection surfaces through the reading loop; without a listener it would end the process.
      stream.on('error', () => undefined);
      void serveSession(stream, peer, coordinator);
    },
    confirm: (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => {
      const peer = hostPeer(call, coordinator);
      if ('problem' in peer) return reply({ code: status.PERMISSION_DENIED, details: peer.problem });
      let question;
      try {
        question = decodeConfirmRequest(call.request);
      } catch (error) {
        if (!(error instanceof Malformed)) throw error;
        return reply({ code: status.INVALID_ARGUMENT, details: error.message });
      }
      void confirm(question, peer.id, coordinator).then((answer) => reply(null, encodeConfirmReply(answer)));
    },
  };
}

function hostPeer(
  call: Parameters<typeof peerOf>[0],
  { trustDomain, log }: Coordinator,
): HostPeer | { readonly problem: string } {
  const refuse = (problem: string): { readonly problem: string } => {
    log.warn({ event: 'session.untrusted', problem });
    return { problem };
  };
  let peer: Peer;
  try {
    peer = peerOf(call, trustDomain);
  } catch (error) {
    return refuse(`not a host of ${trustDomain}: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (peer.kind === 'host') return peer;
  const who = peer.kind === 'operator' ? `operator ${peer.name}` : `coordinator ${peer.id}`;
  return refuse(`the certificate of ${who} cannot speak for a host: use one made by servoctl pki host`);
}
