// Asks an engine that speaks the Docker Engine API over its Unix socket: Docker Engine itself, or Podman's service. The API
// version is agreed on, every answer is bounded in bytes and time, and an engine that does not answer is an error that says so.
import { Agent, request, type IncomingMessage } from 'node:http';
import { codeOf } from '../proc.ts';

/** Versions of the API that this client was tried with, as whole numbers: 1.40 is 40. An engine must speak one of them. */
const oldestApi = 40;
const newestApi = 47;
/** Bytes of one answer: a list of twenty thousand containers with long labels. */
export const maxAnswerBytes = 128 * 1024 * 1024;
/** Bytes of an error's text that are kept. */
const maxErrorChars = 300;
/** Connections to the engine at once: it works a request at a time on most of what matters. */
const maxConnections = 8;

/** The engine did not do what it was asked, or did not answer. */
export class EngineError extends Error {
  override readonly name = 'EngineError';
  /** HTTP status; 0 where there was no answer, 505 where the versions do not meet. */
  readonly status: number;
  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

export interface Asked {
  readonly body?: unknown;
  /** Longest wait for the whole answer, in milliseconds; the client's own unless given. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Statuses beside 2xx that are no error. */
  readonly also?: readonly number[];
}

export interface Answer {
  readonly status: number;
  /** Parsed JSON; undefined where there was none. */
  readonly value: unknown;
}

export interface Client {
  readonly socket: string;
  /** @param path begins with a slash, without the API version. Rejects with `EngineError`, or the signal's reason. */
  ask(method: 'GET' | 'POST', path: string, asked?: Asked): Promise<Answer>;
  /** An answer that does not end. The caller ends it. */
  open(path: string, signal: AbortSignal): Promise<IncomingMessage>;
  close(): void;
}

/** @param timeoutMs longest wait for an answer. */
export function openClient(socket: string, timeoutMs: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: maxConnections, timeout: 30_000 });
  let version: string | undefined;
  /** Asked once; again after the engine was away, since it may have been another one meanwhile. */
  const versionOf = async (signal: AbortSignal): Promise<string> => {
    version ??= agreed(await send('GET', '/version', undefined, signal));
    return version;
  };
  const send = async (
    method: string,
    path: string,
    body: unknown,
    signal: AbortSignal,
    also: readonly number[] = [],
  ): Promise<Answer> => {
    const text = body === undefined ? undefined : JSON.stringify(body);
    const answer = await responseOf({ socket, method, path, text, signal, agent });
    const said = await textOf(answer);
    const status = answer.statusCode ?? 0;
    if ((status < 200 || status > 299) && !also.includes(status))
      throw new EngineError(`${method} ${path} was answered ${status}: ${messageIn(said)}`, status);
    // What an expected refusal says, nobody reads.
    if (status > 299) return { status, value: undefined };
    return { status, value: valueIn(said, status, `${method} ${path}`) };
  };
  /** One deadline over everything that one question takes. */
  const within = async <T>(
    ms: number,
    outer: AbortSignal | undefined,
    work: (s: AbortSignal) => Promise<T>,
  ) => {
    const deadline = AbortSignal.timeout(ms);
    const signal = outer === undefined ? deadline : AbortSignal.any([deadline, outer]);
    try {
      return await work(signal);
    } catch (error) {
      outer?.throwIfAborted();
      if (error instanceof EngineError && error.status > 0) throw error;
      version = undefined;
      if (deadline.aborted)
        throw new EngineError(`the engine on ${socket} did not answer within ${ms} ms`, 0, { cause: error });
      throw new EngineError(unreachable(socket, error), 0, { cause: error });
    }
  };
  return {
    socket,
    ask: (method, path, { body, timeoutMs: own = timeoutMs, signal, also = [] } = {}) =>
      within(own, signal, async (s) => send(method, `${await versionOf(s)}${path}`, body, s, also)),
    open: (path, signal) =>
      within(timeoutMs, signal, async (s) => {
        const full = `${await versionOf(s)}${path}`;
        // Outlives the deadline, so it has a connection of its own and hears the outer signal only.
        const answer = await Promise.race([
          responseOf({ socket, method: 'GET', path: full, text: undefined, signal, agent: undefined }),
          new Promise<never>((_resolve, reject) => {
            s.addEventListener('abort', () => reject(new Error('no answer')), { once: true });
          }),
        ]);
        if (answer.statusCode === 200) return answer;
        answer.destroy();
        throw new EngineError(`GET ${path} was answered ${answer.statusCode}`, answer.statusCode ?? 0);
      }),
    close: () => agent.destroy(),
  };
}

interface Sending {
  readonly socket: string;
  readonly method: string;
  readonly path: string;
  readonly text: string | undefined;
  readonly signal: AbortSignal;
  readonly agent: Agent | undefined;
}

function responseOf({ socket, method, path, text, signal, agent }: Sending): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers = text === undefined ? {} : { 'content-type': 'application/json' };
    const sent = request({ socketPath: socket, method, path, headers, signal, agent: agent ?? false });
    sent.on('error', reject);
    sent.on('response', resolve);
    sent.end(text);
  });
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxAnswerBytes)
      throw new EngineError(`an answer of more than ${maxAnswerBytes} bytes`, answer.statusCode ?? 0);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

function valueIn(text: string, status: number, what: string): unknown {
  if (text.trim() === '') return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    // Some answers that say nothing else are plain words.
    if (text.trim() === 'OK') return undefined;
    throw new EngineError(`${what} was answered with what is no JSON`, status, { cause });
  }
}

function messageIn(text: string): string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value) text = String(value.message);
  } catch {
    // Then the text itself is what it says.
  }
  return text.trim().slice(0, maxErrorChars);
}

/** The newest version that both sides know, as the beginning of a path. */
function agreed({ value }: Answer): string {
  const said = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  const newest = minorOf(said['ApiVersion']);
  const oldest = minorOf(said['MinAPIVersion']) ?? 0;
  if (newest === undefined || newest < oldestApi || oldest > newestApi) {
    const speaks = `${String(said['MinAPIVersion'])} to ${String(said['ApiVersion'])}`;
    throw new EngineError(
      `the engine speaks versions ${speaks} of its API, this agent 1.${oldestApi} to 1.${newestApi}`,
      505,
    );
  }
  return `/v1.${Math.min(newest, newestApi)}`;
}

function minorOf(version: unknown): number | undefined {
  const minor = typeof version === 'string' ? /^1\.(\d{1,3})$/.exec(version)?.[1] : undefined;
  return minor === undefined ? undefined : Number(minor);
}

function unreachable(socket: string, error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return `there is no engine on ${socket}: is it running, is the path right?`;
    case 'ECONNREFUSED':
      return `nobody answers on ${socket}: is the engine running?`;
    case 'EACCES':
    case 'EPERM':
      return `this agent's user may not use ${socket}: put it into the group that owns the socket`;
    case 'ECONNRESET':
    case 'EPIPE':
      return `the engine on ${socket} went away while it was asked`;
    default:
      return `the engine on ${socket} cannot be asked: ${error instanceof Error ? error.message : String(error)}`;
  }
}
