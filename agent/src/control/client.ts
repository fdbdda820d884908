// A command's side of the control socket.
import { createConnection } from 'node:net';
import { codeOf } from '../scan/runtime/proc.ts';
import { maxLineChars, withSocketPath, type Reply, type Request } from './socket.ts';

/** How long an agent may take: what is under way, a scan, a start. */
const maxAnswerMs = 120_000;

/** No agent listens on this state directory. */
export class NoAgent extends Error {
  override readonly name = 'NoAgent';
}

/** The running agent's answer. Throws `NoAgent`, or an error with what the agent said. */
export async function askAgent(directory: string, request: Request): Promise<unknown> {
  let line: string;
  try {
    line = await withSocketPath(directory, (path) => exchange(path, `${JSON.stringify(request)}\n`));
  } catch (cause) {
    if (['ENOENT', 'ECONNREFUSED'].includes(codeOf(cause)))
      throw new NoAgent(`no agent runs on ${directory}`, { cause });
    throw new Error(`cannot ask the agent on ${directory}`, { cause });
  }
  const reply = JSON.parse(line) as Reply;
  if (!reply.ok) throw new Error(reply.message);
  return reply.value;
}

function exchange(path: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(path);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(maxAnswerMs, () => socket.destroy(new Error(`no answer within ${maxAnswerMs} ms`)));
    socket.on('connect', () => socket.write(text));
    socket.on('data', (part: string) => {
      answer += part;
      if (answer.length > maxLineChars) socket.destroy(new Error('an answer without end'));
    });
    socket.on('error', reject);
    socket.on('close', () =>
      answer.endsWith('\n') ? resolve(answer) : reject(new Error('the agent ended without an answer')),
    );
  });
}
