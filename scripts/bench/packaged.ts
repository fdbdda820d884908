// Programs of packages that were unpacked into a folder, and the bare Node that they are compared with: started, heard, ended.
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Server, ServerCredentials } from '@grpc/grpc-js';

const maxWaitMs = 120_000;
/** What is to be done at the end, the last first. */
export const undo: (() => unknown)[] = [];

/** Runs a program as /usr/bin has it, from where its package was unpacked. */
export function program(dir: string, name: string, words: readonly string[]) {
  const lib = join(dir, 'root/usr/lib', name);
  const started = /^exec \S+ (.*)$/m.exec(readFileSync(join(dir, 'root/usr/bin', name), 'utf8'))?.[1] ?? '';
  const own = started.split(' ').filter((word) => word.startsWith('--'));
  return spawned(join(lib, 'bin/node'), [...own, join(lib, `lib/${name}.mjs`), ...words]);
}

function spawned(file: string, words: readonly string[]) {
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = spawn(file, words, { stdio: ['ignore', 'pipe', 'pipe'], env });
  undo.push(() => ended(child));
  const said: Readonly<Record<string, unknown>>[] = [];
  let wake = (): void => undefined;
  let last = '';
  for (const stream of [child.stdout, child.stderr])
    createInterface(stream).on('line', (text) => {
      last = text;
      if (text.startsWith('{')) said.push(JSON.parse(text) as Readonly<Record<string, unknown>>);
      wake();
    });
  child.once('exit', () => wake());
  /** The first line of JSON that fits, said already or to come. */
  const line = async (fits: (line: Readonly<Record<string, unknown>>) => boolean) => {
    const late = performance.now() + maxWaitMs;
    for (;;) {
      const found = said.find(fits);
      if (found !== undefined) return found;
      if (child.exitCode !== null || performance.now() > late) throw new Error(`${words.join(' ')}: ${last}`);
      await Promise.race([new Promise<void>((resolve) => (wake = resolve)), sleep(1000)]);
    }
  };
  return { pid: child.pid ?? 0, line, event: (name: string) => line((each) => each['event'] === name) };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await gone;
  clearTimeout(late);
}

/** Pid of a Node from the agent's package that does nothing but hold a stream. */
export async function bareNode(dir: string): Promise<number> {
  const server = new Server();
  const raw = (bytes: Buffer) => bytes;
  const method = { path: '/bench.Idle/Hold', requestStream: true, responseStream: true };
  const wire = {
    requestSerialize: raw,
    requestDeserialize: raw,
    responseSerialize: raw,
    responseDeserialize: raw,
  };
  server.addService(
    { hold: { ...method, ...wire } },
    {
      hold: (call: {
        on: (event: 'data', then: (bytes: Buffer) => void) => void;
        write: (bytes: Buffer) => void;
      }) => call.on('data', (bytes) => call.write(bytes)),
    },
  );
  undo.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    ),
  );
  const bare = join(import.meta.dirname, 'bare.mjs');
  const { pid, line } = spawned(join(dir, 'root/usr/lib/servo-agent/bin/node'), [bare, `127.0.0.1:${port}`]);
  await line((said) => said['held'] === true);
  return pid;
}
