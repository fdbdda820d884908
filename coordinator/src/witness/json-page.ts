// One JSON answer of an HTTP service, or a `WitnessFailed` that says why it is none. Never more than a page in memory, never
// a redirect followed (who answers is configured), never a status but 200 taken for an answer.
import { WitnessFailed } from './port.ts';
import { show } from './rows.ts';
import { checkGoing } from './turns.ts';

export type Json = Readonly<Record<string, unknown>>;

/** Bytes of one page. It is parsed in one piece, in some 10 ms; 10,000 items fit. */
export const maxPageBytes = 1024 * 1024;

/** @param token sent as `authorization: Bearer`; never part of a message. */
export async function getJson(
  address: URL,
  where: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<Json> {
  checkGoing(signal, where);
  const text = await getText(address, where, token, signal);
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Json;
  } catch (cause) {
    throw new WitnessFailed(`${where}: is no JSON: ${show(text)}; want a JSON object`, { cause });
  }
  throw new WitnessFailed(`${where}: is ${show(text)}; want a JSON object`);
}

/** What stands at a JSON pointer, for example `/data/items`; undefined where nothing does. */
export function valueAt(body: Json, pointer: string): unknown {
  let value: unknown = body;
  for (const step of pointer.split('/').slice(1)) {
    const name = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Json)[name];
  }
  return value;
}

async function getText(
  address: URL,
  where: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<string> {
  try {
    const response = await fetch(address, {
      signal,
      redirect: 'manual',
      headers: {
        accept: 'application/json',
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
    });
    const wrong = wrongHead(response);
    if (wrong === undefined) return await bodyText(response, where);
    await response.body?.cancel();
    throw new WitnessFailed(`${where}: ${wrong}`);
  } catch (cause) {
    if (cause instanceof WitnessFailed) throw cause;
    checkGoing(signal, where);
    throw new WitnessFailed(
      `${where}: ${address.origin}${address.pathname} broke off: ${reasonOf(cause)}; want a whole answer`,
      { cause },
    );
  }
}

function wrongHead({ status, headers }: Response): string | undefined {
  if (status >= 300 && status < 400)
    return `HTTP ${status}, a redirect to ${show(headers.get('location'))}; want 200 from the address that is configured`;
  if (status !== 200) return `HTTP ${status}; want 200`;
  const type = headers.get('content-type') ?? 'nothing';
  return /^application\/(\S+\+)?json\b/.test(type)
    ? undefined
    : `content type ${type}; want application/json`;
}

async function bodyText(response: Response, where: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += (piece as Uint8Array).length;
    if (bytes > maxPageBytes)
      throw new WitnessFailed(`${where}: more than ${maxPageBytes} bytes; want smaller pages`);
    pieces.push(piece as Uint8Array);
  }
  return Buffer.concat(pieces).toString('utf8');
}

/** fetch hides what happened behind "fetch failed". */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) return String(cause);
  return cause.cause instanceof Error ? cause.cause.message : cause.message;
}
