// Stands in front of an engine that speaks gRPC and passes everything on, but for what a test wants answered otherwise: late,
// never, with a refusal, or with a yes that nothing comes of.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import * as h2 from 'node:http2';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

/** What becomes of a question: passed on, answered, or left without an answer. */
export type Fate =
  | { readonly kind: 'pass'; readonly afterMs?: number }
  /** An answer whose message is these bytes. */
  | { readonly kind: 'say'; readonly message: Uint8Array }
  /** A gRPC status other than 0, with its text. */
  | { readonly kind: 'refuse'; readonly code: number; readonly text: string }
  | { readonly kind: 'silence' }
  /** The connection breaks. */
  | { readonly kind: 'break' };

export interface Front {
  readonly socket: string;
  /** Service and call, as `Tasks/Kill`, in the order in which they came. */
  readonly asked: string[];
  /** Decides; passes on unless changed. */
  fate: (asked: string) => Fate;
}

export const pass: Fate = { kind: 'pass' };
/** A yes to what answers with nothing. */
export const yes: Fate = { kind: 'say', message: new Uint8Array() };

export function refuse(text: string): Fate {
  return { kind: 'refuse', code: 2, text };
}

/** @param behind socket of the engine. */
export async function front(t: Pick<Test, 'teardown'>, behind: string): Promise<Front> {
  const directory = mkdtempSync(join(tmpdir(), 'se-'));
  const made: Front = { socket: join(directory, 'front.sock'), asked: [], fate: () => pass };
  const sockets = new Set<Socket>();
  let engine: h2.ClientHttp2Session | undefined;
  const toEngine = () => {
    if (engine === undefined || engine.closed || engine.destroyed) {
      engine = h2.connect('http://localhost', { createConnection: () => connect(behind) });
      engine.on('error', () => undefined);
    }
    return engine;
  };
  const server = h2.createServer();
  server.on('session', (session) => {
    const { socket } = session;
    sockets.add(socket);
    session.on('close', () => sockets.delete(socket));
    session.on('error', () => undefined);
  });
  server.on('stream', (question, headers) => {
    const asked = (headers[':path'] ?? '').split('.').at(-1) ?? '';
    made.asked.push(asked);
    const fate = made.fate(asked);
    question.on('error', () => undefined);
    switch (fate.kind) {
      case 'pass':
        setTimeout(() => passOn(toEngine(), question, headers), fate.afterMs ?? 0);
        return;
      case 'say':
        answer(question, fate.message);
        return;
      case 'refuse':
        question.respond(
          { ...grpc, 'grpc-status': String(fate.code), 'grpc-message': encodeURIComponent(fate.text) },
          { endStream: true },
        );
        return;
      case 'silence':
        return;
      case 'break':
        question.session?.destroy();
    }
  });
  server.listen(made.socket);
  await once(server, 'listening');
  t.teardown(() => {
    engine?.destroy();
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return made;
}

const grpc = { ':status': 200, 'content-type': 'application/grpc' };

/** One message is a byte of flags and four of length before it. */
function answer(question: h2.ServerHttp2Stream, message: Uint8Array): void {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  question.respond(grpc, { waitForTrailers: true });
  question.on('wantTrailers', () => question.sendTrailers({ 'grpc-status': '0' }));
  question.end(Buffer.concat([head, message]));
}

function passOn(
  engine: h2.ClientHttp2Session,
  question: h2.ServerHttp2Stream,
  headers: h2.IncomingHttpHeaders,
): void {
  const sent = engine.request(headers);
  let trailers: h2.IncomingHttpHeaders = {};
  sent.on('error', () => question.close(h2.constants.NGHTTP2_INTERNAL_ERROR));
  question.on('close', () => sent.close(h2.constants.NGHTTP2_CANCEL));
  sent.on('trailers', (came) => (trailers = came));
  sent.on('response', (response, flags) => {
    if (question.closed || question.destroyed) return;
    const endStream = (flags & h2.constants.NGHTTP2_FLAG_END_STREAM) !== 0;
    question.respond(response, endStream ? { endStream } : { waitForTrailers: true });
    if (endStream) return;
    question.on('wantTrailers', () => question.sendTrailers(trailers));
    sent.pipe(question);
  });
  question.pipe(sent);
}
