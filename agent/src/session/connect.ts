// Keeps a session with the coordinator: one after the other, with a random, growing pause after those that came to nothing.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClientOptions } from '@grpc/grpc-js';
import { decodeConfirmReply } from '@servo-auditor/proto/decode.ts';
import { encodeConfirmRequest } from '@servo-auditor/proto/encode.ts';
import { agentClient, type AgentClient } from '@servo-auditor/proto/load.ts';
import { channelOptions, clientCredentials, type Tls } from '@servo-auditor/proto/tls.ts';
import type { ConfirmReply, ConfirmRequest } from '@servo-auditor/proto/wire.ts';
import { backoffMs } from './backoff.ts';
import type { Party } from './party.ts';
import { runSession, type SessionEnd } from './session.ts';

/** @param uri the only coordinator to speak to; undefined: any of the trust domain. */
export function connect(address: string, tls: Tls, uri: string | undefined): AgentClient {
  const options: ClientOptions = channelOptions();
  return agentClient(address, clientCredentials(tls, uri), options);
}

/** Runs sessions until `stop`. `random` is from 0 to 1. */
export async function keepSessions(
  client: Pick<AgentClient, 'session'>,
  party: Party,
  stop: AbortSignal,
  random: () => number,
): Promise<void> {
  let failures = 0;
  while (!stop.aborted) {
    const end = await runSession(client.session(), party, stop);
    if (stop.aborted) return;
    failures = end.healthy ? 0 : failures + 1;
    const leastMs = end.kind === 'goodbye' ? end.goodbye.retryAfterMs : undefined;
    const pauseMs = Math.round(backoffMs(failures, leastMs, random()));
    tell(end, pauseMs, party);
    await sleep(pauseMs, undefined, { signal: stop }).catch(() => undefined);
  }
}

function tell(end: SessionEnd, pauseMs: number, party: Party): void {
  const { log } = party;
  party.told(`no session: ${end.kind === 'goodbye' ? end.goodbye.message : end.message}`);
  switch (end.kind) {
    case 'goodbye':
      return log.warn({
        event: 'session.goodbye',
        code: end.goodbye.code,
        message: end.goodbye.message,
        pauseMs,
      });
    case 'refused':
      return log.error({ event: 'session.refused', code: end.code, message: end.message, pauseMs });
    case 'broken':
      return log.warn({ event: 'session.broken', message: end.message, pauseMs });
  }
}

/** The last question, on the same connection. Rejects when there is no answer in time, or one that cannot be read. */
export function ask(
  client: Pick<AgentClient, 'confirm'>,
  question: ConfirmRequest,
  timeoutMs: number,
): Promise<ConfirmReply> {
  return new Promise((resolve, reject) => {
    client.confirm(encodeConfirmRequest(question), { deadline: Date.now() + timeoutMs }, (error, reply) => {
      if (error !== null) return reject(error);
      try {
        resolve(decodeConfirmReply(reply));
      } catch (malformed) {
        reject(malformed instanceof Error ? malformed : new Error(String(malformed)));
      }
    });
  });
}
