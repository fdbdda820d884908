// Stands in front of an engine's socket and passes everything on, but for what a test wants answered otherwise: late, never,
// or with what is not so. Alone, without an engine behind it, it answers everything by itself.
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import type { Test } from 'tap';

/** What becomes of a question: passed on, answered, or left without an answer. */
export type Fate =
  | { readonly kind: 'pass'; readonly afterMs?: number }
  | { readonly kind: 'say'; readonly status: number; readonly text: string }
  | { readonly kind: 'silence' }
  /** The connection breaks. */
  | { readonly kind: 'break' };

export interface Front {
  readonly socket: string;
  /** Method and path without version, in the order in which they came. */
  readonly asked: string[];
  /** Decides; passes on unless changed. */
  fate: (asked: string) => Fate;
}

export const pass: Fate = { kind: 'pass' };

export function say(status: number, value: unknown): Fate {
  return { kind: 'say', status, text: typeof value === 'string' ? value : JSON.stringify(value) };
}

/** @param behind socket of the engine. */
export async function front(t: Pick<Test, 'teardown'>, behind: string): Promise<Front> {
  const directory = mkdtempSync(join(tmpdir(), 'se-'));
  const made: Front = { socket: join(directory, 'front.sock'), asked: [], fate: () => pass };
  const server = createServer((question, answer) => {
    const asked = `${question.method ?? ''} ${(question.url ?? '').replace(/^\/v1\.\d+/, '')}`;
    made.asked.push(asked);
    const fate = made.fate(asked);
    switch (fate.kind) {
      case 'pass':
        setTimeout(() => passOn(behind, question, answer), fate.afterMs ?? 0);
        return;
      case 'say':
        answer.writeHead(fate.status, { 'content-type': 'application/json' }).end(fate.text);
        return;
      case 'silence':
        return;
      case 'break':
        question.socket.destroy();
    }
  });
  server.listen(made.socket);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    rmSync(directory, { recursive: true, force: true });
  });
  return made;
}

function passOn(behind: string, question: IncomingMessage, answer: ServerResponse): void {
  const { method, url, headers } = question;
  const sent = request({ socketPath: behind, method, path: url, headers, agent: false });
  sent.on('error', () => answer.destroy());
  answer.on('close', () => sent.destroy());
  sent.on('response', (response) => {
    answer.writeHead(response.statusCode ?? 500, response.headers);
    answer.flushHeaders();
    response.pipe(answer);
  });
  question.pipe(sent);
}
