// Asks a Docker-compatible API as an operator's tool would: for making and breaking servos in tests. Apart from the
// product's own client, so that a fault of that one does not hide in here.
import { request } from 'node:http';
import { createReadStream } from 'node:fs';
import { text } from 'node:stream/consumers';
import { once } from 'node:events';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Whatever the status is. */
export async function call(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<Answer> {
  const sent = request({ socketPath, method, path, headers: { 'content-type': 'application/json' } });
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  return { status: answer.statusCode ?? 0, text: await text(answer) };
}

/** Throws unless the status is 2xx or 304. */
export async function must(
  socketPath: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<unknown> {
  const answer = await call(socketPath, method, path, body);
  if (answer.status >= 300 && answer.status !== 304)
    throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
  return answer.text.trim() === '' ? undefined : (JSON.parse(answer.text) as unknown);
}

/** Loads an archive of images. */
export async function load(socketPath: string, archive: string): Promise<void> {
  const sent = request({
    socketPath,
    method: 'POST',
    path: '/v1.40/images/load?quiet=1',
    headers: { 'content-type': 'application/x-tar' },
  });
  createReadStream(archive).pipe(sent);
  const [answer] = (await once(sent, 'response')) as [import('node:http').IncomingMessage];
  const said = await text(answer);
  if (answer.statusCode !== 200) throw new Error(`cannot load ${archive}: ${said}`);
}
