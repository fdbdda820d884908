// Asks containerd over its Unix socket. Every question has a deadline of its own, every answer a bound, and an engine that
// does not answer is an error that says so. The clock of this machine has no part in a deadline: it may jump.
import {
  Client as GrpcClient,
  credentials,
  Metadata,
  status as code,
  type ServiceError,
} from '@grpc/grpc-js';
import { methodOf, type CallName, type Calls, type Method } from './api.ts';

/** Bytes of one message: a thousand tasks, or one container with the longest labels and specification. */
const maxMessageBytes = 16 * 1024 * 1024;
/** Messages of one answer that is a stream: containers of one namespace. */
export const maxListed = 20_000;
/** Waits between attempts to reach an engine that is away, in milliseconds: soon, since a restart takes a second. */
const reconnectMs = { first: 100, most: 1000 } as const;
/** Characters of an error's text that are kept. */
const maxErrorChars = 300;

/** The engine did not do what it was asked, or did not answer. */
export class ContainerdError extends Error {
  override readonly name = 'ContainerdError';
  /** `away`: no answer. `gone`: what was asked for is not there. `refused`: anything else that it says. */
  readonly kind: 'away' | 'gone' | 'refused';
  constructor(message: string, kind: ContainerdError['kind'], options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

export interface Asked {
  /** Longest wait for the whole answer, in milliseconds; the client's own unless given. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** A stream of what happens. */
export interface Watched {
  end(): void;
}

export interface Client {
  readonly socket: string;
  /** Writes the question in the caller's turn. Rejects with `ContainerdError`, or the signal's reason. */
  ask<C extends CallName>(
    call: C,
    namespace: string,
    request: Calls[C][0],
    asked?: Asked,
  ): Promise<Calls[C][1]>;
  /** Like `ask`, undefined where there is no such thing. */
  find<C extends CallName>(
    call: C,
    namespace: string,
    request: Calls[C][0],
    asked?: Asked,
  ): Promise<Calls[C][1] | undefined>;
  /** Every message of an answer that is a stream. */
  collect<C extends CallName>(
    call: C,
    namespace: string,
    request: Calls[C][0],
    asked?: Asked,
  ): Promise<readonly Calls[C][1][]>;
  /** A stream that does not end by itself; `over` is called once when it does after all, unless the caller ends it. */
  watch<C extends CallName>(
    call: C,
    request: Calls[C][0],
    told: (message: Calls[C][1]) => void,
    over: () => void,
  ): Watched;
  close(): void;
}

/** @param timeoutMs longest wait for an answer. */
export function openClient(socket: string, timeoutMs: number): Client {
  let grpc: GrpcClient | undefined;
  const methods = new Map<CallName, Method>();
  const method = (call: CallName): Method => {
    const known = methods.get(call) ?? methodOf(call);
    methods.set(call, known);
    return known;
  };
  const open = (): GrpcClient =>
    (grpc ??= new GrpcClient(`unix:${socket}`, credentials.createInsecure(), {
      'grpc.default_authority': 'localhost',
      'grpc.max_receive_message_length': maxMessageBytes,
      'grpc.initial_reconnect_backoff_ms': reconnectMs.first,
      'grpc.max_reconnect_backoff_ms': reconnectMs.most,
      'grpc.enable_retries': 0,
    }));
  const ask: Client['ask'] = (call, namespace, request, { timeoutMs: own = timeoutMs, signal } = {}) => {
    const { path, serialise, deserialise } = method(call);
    return within(socket, path, own, signal, (done, fail) =>
      open().makeUnaryRequest(
        path,
        serialise,
        deserialise,
        request,
        inNamespace(namespace),
        (error: ServiceError | null, answer?: unknown) =>
          error === null ? done(answer as Calls[typeof call][1]) : fail(error),
      ),
    );
  };
  return {
    socket,
    ask,
    async find(call, namespace, request, asked) {
      try {
        return await ask(call, namespace, request, asked);
      } catch (error) {
        if (error instanceof ContainerdError && error.kind === 'gone') return undefined;
        throw error;
      }
    },
    collect(call, namespace, request, { timeoutMs: own = timeoutMs, signal } = {}) {
      const { path, serialise, deserialise } = method(call);
      return within(socket, path, own, signal, (done, fail) => {
        const all: Calls[typeof call][1][] = [];
        const stream = open().makeServerStreamRequest(
          path,
          serialise,
          deserialise,
          request,
          inNamespace(namespace),
        );
        stream.on('data', (message: Calls[typeof call][1]) => {
          if (all.push(message) <= maxListed) return;
          fail(
            new ContainerdError(`namespace ${namespace} has more than ${maxListed} containers`, 'refused'),
          );
          stream.cancel();
        });
        stream.on('error', fail);
        stream.on('end', () => done(all));
        return stream;
      });
    },
    watch(call, request, told, over) {
      const { path, serialise, deserialise } = method(call);
      const stream = open().makeServerStreamRequest(path, serialise, deserialise, request, new Metadata());
      let ended = false;
      const end = () => {
        if (!ended) over();
        ended = true;
      };
      stream.on('data', told);
      stream.on('error', end);
      stream.on('end', end);
      return {
        end() {
          ended = true;
          stream.cancel();
        },
      };
    },
    close() {
      grpc?.close();
      grpc = undefined;
    },
  };
}

function inNamespace(namespace: string): Metadata {
  const metadata = new Metadata();
  if (namespace !== '') metadata.set('containerd-namespace', namespace);
  return metadata;
}

/** One deadline over everything that one question takes. */
function within<T>(
  socket: string,
  path: string,
  ms: number,
  outer: AbortSignal | undefined,
  begin: (done: (value: T) => void, fail: (error: Error) => void) => { cancel(): void },
): Promise<T> {
  return new Promise((resolve, reject) => {
    outer?.throwIfAborted();
    const settle = (then: () => void) => {
      clearTimeout(timer);
      outer?.removeEventListener('abort', onAbort);
      then();
    };
    const call = begin(
      (value) => settle(() => resolve(value)),
      (error) => settle(() => reject(meaning(socket, path, error))),
    );
    const onAbort = () =>
      settle(() => {
        reject(outer?.reason as Error);
        call.cancel();
      });
    const timer = setTimeout(
      () =>
        settle(() => {
          reject(new ContainerdError(`containerd on ${socket} did not answer within ${ms} ms`, 'away'));
          call.cancel();
        }),
      ms,
    );
    outer?.addEventListener('abort', onAbort, { once: true });
  });
}

function meaning(socket: string, path: string, error: Error): ContainerdError {
  if (error instanceof ContainerdError) return error;
  const { code: status, details } = error as Partial<ServiceError>;
  const text = (details ?? error.message).slice(0, maxErrorChars);
  const what = path.slice(path.lastIndexOf('.') + 1);
  const options = { cause: error };
  if (status === code.UNAVAILABLE) return new ContainerdError(unreachable(socket, text), 'away', options);
  if (status === code.CANCELLED || status === code.DEADLINE_EXCEEDED)
    return new ContainerdError(`containerd on ${socket} broke off ${what}: ${text}`, 'away', options);
  const kind = status === code.NOT_FOUND ? 'gone' : 'refused';
  return new ContainerdError(`containerd answered ${what}: ${text}`, kind, options);
}

function unreachable(socket: string, text: string): string {
  if (text.includes('ENOENT'))
    return `there is no containerd on ${socket}: is it running, is the path right?`;
  if (text.includes('ECONNREFUSED')) return `nobody answers on ${socket}: is containerd running?`;
  if (text.includes('EACCES') || text.includes('EPERM'))
    return `this agent's user may not use ${socket}: run it as root, or as the group in grpc.gid of containerd's config.toml`;
  return `containerd on ${socket} went away while it was asked: ${text}`;
}
