// One agent per store and engine: two that serve the same would each count only its own stops.
//
// The lock is a Unix socket in the kernel's abstract namespace, named by a hash of what it locks: it is taken at once or not
// at all, no file stays behind, and the kernel frees it when the agent ends in whatever way. It holds within one network
// namespace: agents in two containers on one store do not see each other.
import { createConnection, createServer, type Server } from 'node:net';
import { once } from 'node:events';
import { sha256Hex } from '@servo-auditor/proto/canonical.ts';
import { codeOf } from './runtime/proc.ts';
import type { Runtime } from './runtime/port.ts';
import type { Store } from './store/port.ts';

export interface Lock {
  close(): Promise<void>;
}

/** How long the holder of a lock may take to say who it is. */
const maxAskMs = 500;
/** Characters of that answer. */
const maxAnswerChars = 100;

/** Locks what a generation reads. Throws when another agent holds a lock of it; says which, and who holds it. */
export async function lockGeneration(store: Store, runtime: Runtime): Promise<Lock> {
  const scopes = [await store.lock(), runtime.lock].filter((scope) => scope !== undefined);
  const servers: Server[] = [];
  const close = async () => {
    await Promise.all(servers.map((server) => server.close() && once(server, 'close')));
  };
  try {
    for (const scope of scopes) servers.push(await lockOne(scope));
  } catch (error) {
    await close();
    throw error;
  }
  return { close };
}

/** Locks one thing, named for people. Throws as `lockGeneration` does. */
export async function lockOne(scope: string): Promise<Server> {
  const path = `\0servo-agent/${sha256Hex(scope).slice(0, 32)}`;
  const server = createServer((socket) => socket.on('error', () => undefined).end(`pid ${process.pid}`));
  try {
    server.listen({ path });
    await once(server, 'listening');
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw new Error(`cannot lock ${scope}`, { cause: error });
    throw new Error(
      `another agent (${await holderOf(path)}) already serves ${scope}: stop it, or configure another scope`,
      {
        cause: error,
      },
    );
  }
  server.unref();
  return server;
}

async function holderOf(path: string): Promise<string> {
  const socket = createConnection({ path, timeout: maxAskMs });
  let answer = '';
  socket.setEncoding('utf8').on('data', (part: string) => {
    answer += part;
    if (answer.length > maxAnswerChars) socket.destroy();
  });
  socket.on('timeout', () => socket.destroy());
  // Whatever goes wrong here only makes the message poorer.
  socket.on('error', () => undefined);
  await once(socket, 'close');
  return /^pid \d+$/.test(answer) ? answer : 'it does not say who it is';
}
