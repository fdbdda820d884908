// AdminService on the operator's side: one typed function per kind of call.
import {
  makeGenericClientConstructor,
  status,
  type ChannelCredentials,
  type Client,
  type ClientOptions,
  type ClientReadableStream,
  type ServiceError,
} from '@grpc/grpc-js';
import type { Codec } from '../field.ts';
import { adminService } from '../load.ts';
import {
  adminMethods,
  type MethodName,
  type ReplyOf,
  type RequestOf,
  type StreamName,
  type UnaryName,
} from './methods.ts';

/** The coordinator said no, or could not be reached. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  /** Name of grpc's status, for example `FAILED_PRECONDITION`. */
  readonly status: string;

  constructor(method: MethodName, error: ServiceError) {
    super(error.details === '' ? error.message : error.details, { cause: error });
    this.status = status[error.code] ?? `${method}: ${error.code}`;
  }
}

export interface AdminClient {
  /** Rejects with `CallFailed`, or `Malformed` when the answer is not what admin.proto says. */
  call<M extends UnaryName>(method: M, request: RequestOf<M>, timeoutMs?: number): Promise<ReplyOf<M>>;
  /** Ends when the coordinator ends it, or when the signal aborts. Throws as `call` does. */
  stream<M extends StreamName>(
    method: M,
    request: RequestOf<M>,
    signal?: AbortSignal,
  ): AsyncIterable<ReplyOf<M>>;
  close(): void;
}

/** Longest that one call may take, unless its caller says otherwise. */
const defaultTimeoutMs = 30_000;

/** @param options `adminChannelOptions()` of tls.ts. */
export function adminClient(
  address: string,
  credentials: ChannelCredentials,
  options: ClientOptions,
): AdminClient {
  const Stub = makeGenericClientConstructor(adminService, 'AdminService');
  const stub: Client = new Stub(address, credentials, options);
  return {
    call: (method, request, timeoutMs = defaultTimeoutMs) => unary(stub, method, request, timeoutMs),
    stream: (method, request, signal) => streamed(stub, method, request, signal),
    close: () => stub.close(),
  };
}

function wireOf(method: MethodName) {
  const definition = adminService[method];
  if (definition === undefined) throw new Error(`admin.proto has no ${method}`);
  return definition;
}

function unary<M extends UnaryName>(
  stub: Client,
  method: M,
  request: RequestOf<M>,
  timeoutMs: number,
): Promise<ReplyOf<M>> {
  const { path, requestSerialize, responseDeserialize } = wireOf(method);
  const codecs = adminMethods[method] as unknown as {
    request: Codec<RequestOf<M>>;
    reply: Codec<ReplyOf<M>>;
  };
  return new Promise((resolve, reject) => {
    const done = (error: ServiceError | null, raw: unknown) => {
      if (error !== null) {
        reject(new CallFailed(method, error));
        return;
      }
      try {
        resolve(codecs.reply.decode(raw, { parent: undefined, name: method }));
      } catch (malformed) {
        reject(malformed);
      }
    };
    const deadline = Date.now() + timeoutMs;
    stub.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      codecs.request.encode(request),
      { deadline },
      done,
    );
  });
}

async function* streamed<M extends StreamName>(
  stub: Client,
  method: M,
  request: RequestOf<M>,
  signal: AbortSignal | undefined,
): AsyncIterable<ReplyOf<M>> {
  const { path, requestSerialize, responseDeserialize } = wireOf(method);
  const codecs = adminMethods[method] as unknown as {
    request: Codec<RequestOf<M>>;
    reply: Codec<ReplyOf<M>>;
  };
  const call: ClientReadableStream<unknown> = stub.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    codecs.request.encode(request),
  );
  const cancel = () => call.cancel();
  signal?.addEventListener('abort', cancel);
  try {
    if (signal?.aborted === true) cancel();
    for await (const raw of call) yield codecs.reply.decode(raw, { parent: undefined, name: method });
  } catch (error) {
    if (signal?.aborted === true) return;
    throw isServiceError(error) ? new CallFailed(method, error) : error;
  } finally {
    signal?.removeEventListener('abort', cancel);
    call.cancel();
  }
}

function isServiceError(error: unknown): error is ServiceError {
  return error instanceof Error && 'code' in error && 'details' in error;
}
