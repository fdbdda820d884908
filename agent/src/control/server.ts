// The agent's side of the control socket.
import { chmodSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { createServer, type Socket } from 'node:net';
import { isId } from '@servo-auditor/proto/ids.ts';
import type { Logger } from '@servo-auditor/proto/log.ts';
import type { Agent } from '../agent.ts';
import { acceptOffer, quarantineOf, statusOf } from './answers.ts';
import { withSocketPath, type Reply, type Request } from './socket.ts';

/** Characters of a request: a reason, and little else. */
const maxRequestChars = 4096;
/** How long a caller may take to ask. */
const maxAskMs = 5000;

export interface Control {
  close(): Promise<void>;
}

/** To be called by the holder of the state directory's lock: whatever socket is there is nobody's. */
export async function serveControl(directory: string, agent: Agent, log: Logger): Promise<Control> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    serveOne(socket, agent, log);
  });
  const plain = join(directory, 'control.sock');
  rmSync(plain, { force: true });
  await withSocketPath(directory, async (path) => {
    server.listen(path);
    await once(server, 'listening');
  });
  chmodSync(plain, 0o600);
  return {
    async close() {
      for (const socket of open) socket.destroy();
      server.close();
      await once(server, 'close');
      rmSync(plain, { force: true });
    },
  };
}

function serveOne(socket: Socket, agent: Agent, log: Logger): void {
  let text = '';
  let asked = false;
  socket.setEncoding('utf8');
  socket.setTimeout(maxAskMs, () => asked || socket.destroy());
  // A caller that goes away early misses its answer, and nothing else.
  socket.on('error', () => undefined);
  socket.on('data', (part: string) => {
    text += part;
    if (text.length > maxRequestChars) return void socket.destroy();
    if (asked || !text.includes('\n')) return;
    asked = true;
    void answer(text, agent, log).then((reply) => socket.end(`${JSON.stringify(reply)}\n`));
  });
}

async function answer(text: string, agent: Agent, log: Logger): Promise<Reply> {
  try {
    const request = requestOf(JSON.parse(text));
    if (request === undefined) return { ok: false, message: 'not a request that this agent knows' };
    return { ok: true, value: await valueOf(request, agent, log) };
  } catch (error) {
    return { ok: false, message: error instanceof Error ? error.message : String(error) };
  }
}

async function valueOf(request: Request, agent: Agent, log: Logger): Promise<unknown> {
  const { bench, offers, host } = agent;
  switch (request.do) {
    case 'status':
      return statusOf(bench.journal, bench.holds, offers, {
        host,
        standing: agent.standing(),
        running: true,
      });
    case 'quarantine':
      return quarantineOf(bench.journal, bench.clock.now().waitMs);
    case 'restore':
      return await bench.executor.restore(request.uid, request.why);
    case 'accept':
      return acceptOffer(request.installation, bench, offers, log);
  }
}

function requestOf(value: unknown): Request | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { do: what, uid, why, installation } = value as Readonly<Record<string, unknown>>;
  if (what === 'status' || what === 'quarantine') return { do: what };
  if (what === 'restore' && isId('servo uid', uid) && typeof why === 'string') return { do: what, uid, why };
  if (what === 'accept' && isId('installation', installation)) return { do: what, installation };
  return undefined;
}
